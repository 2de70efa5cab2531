"""Any expression or grammar is refused in words that are not the client's, or followed within bounds.

The bounds are of memory and of the thread's own time, so a busy machine changes nothing.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher

from service.engine.protocol.grammar_limits import parser_limits
from service.errors import InvalidOption
from service.tasks.structure.structure import Structure
from tests.fuzz.conftest import EXAMPLES
from tests.tasks.structure.accepting import byte_tokens

pytestmark = pytest.mark.fuzz

SECRET = "zebrafish"
MOST_STEPS = 120
CHECK_SECONDS = 1.0
STEP_SECONDS = 0.5
MEBIBYTES = 200
Notation = Literal["regex", "lark", "gbnf"]

CLASSES = [".", r"\d", r"\p{L}", r"\P{Greek}", "[^a]", "[a-z0-9_]"]
ASSERTIONS = [r"\b", "(?=a)", "(?<!a)", r"\1", "^", "$"]
ATOMS = st.sampled_from([SECRET, "a", "é", "枫", *CLASSES, *ASSERTIONS])
COUNTS = st.sampled_from(["*", "+", "?", "{3}", "{0,40}", "{2,}", "{1000}", "{0,100000}", "{5,2}", "*?"])
REGEXES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda part, count: f"(?:{part}){count}", inner, COUNTS),
        st.builds("|".join, st.lists(inner, min_size=1, max_size=4)),
        st.builds("".join, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda part: f"(?i:{part})", inner),
    ),
    max_leaves=12,
)
NAMES = ["root", "a1", "b2", "c3"]


def bodies(atoms: list[str], counts: list[str]) -> st.SearchStrategy[str]:
    """What stands behind the name of a rule."""
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.builds(lambda part, count: f"({part}){count}", inner, st.sampled_from(counts)),
            st.builds(" | ".join, st.lists(inner, min_size=1, max_size=3)),
            st.builds(" ".join, st.lists(inner, min_size=1, max_size=8)),
        ),
        max_leaves=10,
    )


GBNF_TEXTS = [f'"{SECRET}"', '"a"', '""', "[a-z]", "[^\\x00-\\x1F]", '"\\U0001F600"', ".", "# x"]
GBNF_BODIES = bodies(
    [*NAMES, *GBNF_TEXTS, '"\\q"', "<[1]>", "zebra-fish"], ["*", "+", "?", "{3}", "{0,50}", "{999999}", "**"]
)
LARK_TEXTS = [f'"{SECRET}"', '"a"', "/[a-z]+/", "/.*/", "INT", "/(?=a)/", "~B"]
LARK_PARTS = ["@zebrafish", '%json {"type": "null"}', '%regex {"substring_words": "a b"}', '%lark { start: "a" }']
LARK_BODIES = bodies(
    ["start", "a1", "B", "C", *LARK_TEXTS, *LARK_PARTS, "<|end|>", "<[0-9]>"],
    ["*", "+", "?", "{3}", "{0,50}", "{999999}"],
)


def gbnf(rules: list[str]) -> str:
    return "\n".join(f"{name} ::= {body}" for name, body in zip(NAMES, rules, strict=False))


def lark(rules: list[str]) -> str:
    names = ["start", "a1", "B", "C"]
    head = "%import common.INT\n%ignore / +/\n" if len(rules[0]) % 2 else ""
    return head + "\n".join(f"{name}: {body}" for name, body in zip(names, rules, strict=False))


def resident() -> int:
    """Mebibytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20


def follow(notation: Notation, text: str, seed: int) -> None:
    """Check the grammar and take random steps in it, within the bounds."""
    memory, start, refusal, source = resident(), time.thread_time(), "", ""
    try:
        structure = Structure.regex(text, "f") if notation == "regex" else Structure.grammar(text, "f", notation)
        source = structure.check().source
    except InvalidOption as error:
        refusal = str(error)
    assert time.thread_time() - start < CHECK_SECONDS
    assert resident() - memory < MEBIBYTES
    if refusal:
        assert refusal.startswith("f: ")
        assert "zebra" not in refusal
        return
    matcher, draw = LLMatcher(byte_tokens(), source, log_level=0, limits=parser_limits()), random.Random(seed)
    for _ in range(MOST_STEPS):
        start = time.thread_time()
        if matcher.is_stopped() or matcher.is_error():
            break
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
        tokens = np.flatnonzero(bits).tolist()
        if tokens:
            matcher.consume_token(draw.choice(tokens))
        assert tokens or matcher.is_error() or matcher.is_accepting()
        assert time.thread_time() - start < STEP_SECONDS
    assert resident() - memory < MEBIBYTES


def fuzzed(notation: Notation, texts: st.SearchStrategy[str]) -> Callable[[], None]:
    @settings(max_examples=EXAMPLES or 40, suppress_health_check=list(HealthCheck))
    @given(text=texts, seed=st.integers(0, 9))
    def test(text: str, seed: int) -> None:
        follow(notation, text, seed)

    return test


test_regexes = fuzzed("regex", REGEXES)
test_gbnf = fuzzed("gbnf", st.builds(gbnf, st.lists(GBNF_BODIES, min_size=1, max_size=4)))
test_lark = fuzzed("lark", st.builds(lark, st.lists(LARK_BODIES, min_size=1, max_size=4)))


def doubling(name: str, means: str, end: str, *, wide: int, deep: int) -> str:
    rules = [f"{name}{i} {means} " + " ".join([f"{name}{i + 1}"] * wide) for i in range(deep)]
    return "\n".join([*rules, f"{name}{deep} {means} {end}"])


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("regex", "(((a*)*)*)*b"),
        ("regex", "((a{0,50}){0,50}){0,50}"),
        ("regex", "(.*a.{12}|.*b.{13})*"),
        ("regex", "[a-z]{1,60000}"),
        ("regex", r"(?i)\p{L}{1,500}"),
        ("regex", "|".join(f"word{i}" for i in range(6000))),
        ("regex", "(" * 20_000 + "a" + ")" * 20_000),
        ("regex", r"[^\x{0}-\x{10FFFF}]"),
        ("gbnf", 'root ::= "a" root'),
        ("gbnf", "root ::= a\na ::= b\nb ::= a"),
        ("gbnf", 'root ::= root root | "a"'),
        ("gbnf", "root ::= (x*)*\nx ::= (y?)*\ny ::= "),
        ("gbnf", 'root ::= ("a"{1,1000}){1,1000}'),
        ("gbnf", 'root ::= "a"' + "*" * 1000),
        ("gbnf", "root ::= a0\n" + doubling("a", "::=", '"x"', wide=8, deep=8)),
        ("lark", "start: A0\n" + doubling("A", ":", '"x"', wide=8, deep=8)),
        ("lark", "start: A0\n" + doubling("A", ":", "/x/", wide=2, deep=13)),
        ("lark", "start: a0\n" + doubling("a", ":", '"x"', wide=8, deep=8)),
        ("lark", 'start: start start start | start start | "a"'),
        ("lark", "start: " + "(" * 15_000 + '"a"' + ")" * 15_000),
        ("lark", 'start: ("a"{0,1000}){0,1000}'),
        ("lark", "start: A\nA: /.*/ & ~/.*secret.*/ & ~/(a|b)*a(a|b){15}/"),
        ("lark", "start: %json " + '{"items":' * 100 + "{}" + "}" * 100),
    ],
    ids=lambda value: value[:30],
)
def test_known_explosions(notation: Notation, text: str) -> None:
    follow(notation, text, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('start[temperature=0.5]: "a"', "temperature"),
        ('start: x\nx [max_tokens=3, temperature = 1]: "a"', "temperature"),
        ("start: A0\n" + doubling("A", ":", '"x"', wide=2, deep=40), "too large"),
        ('start: %lark { start[temperature=1]: "a" }', "temperature"),
        ("start: <|end|>", "cannot name tokens"),
        ("start: <[0-9]>", "cannot name tokens"),
        ("start: <[*]>", "cannot name tokens"),
        ('start: "a" %lark {\nstart: <[^1]>\n}', "cannot name tokens"),
    ],
    ids=lambda value: value[:30],
)
def test_what_no_client_may_say(text: str, reason: str) -> None:
    with pytest.raises(InvalidOption, match=reason):
        Structure.grammar(text, "f", "lark").check()


def test_a_text_or_an_expression_may_say_temperature() -> None:
    Structure.grammar('start: "[temperature=1]:" /[temperature=:]/ // temperature=', "f", "lark").check()
