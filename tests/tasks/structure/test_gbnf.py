"""llama.cpp's grammar notation: which texts a grammar has."""

import pytest
from llguidance import LLMatcher, LLTokenizer

from service.engine.protocol.grammar_limits import parser_limits
from service.errors import InvalidOption
from service.tasks.structure.gbnf import lark_from_gbnf
from tests.engine.tiny_models import tokenizer

JSON = r"""
root ::= value # a comment
value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array ::= "[" ws (
    value ("," ws value)*
  )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

ws ::= | " " | "\n" [ \t]{0,20}
"""


@pytest.fixture(scope="module")
def tokens() -> LLTokenizer:
    return LLTokenizer(tokenizer().to_str())


def accepts(tokens: LLTokenizer, grammar: str, text: str) -> bool:
    """Whether ``text`` is one of the grammar's."""
    source = LLMatcher.grammar_from_lark(lark_from_gbnf(grammar, "grammar"))
    matcher = LLMatcher(tokens, source, log_level=0, limits=parser_limits())
    assert not matcher.is_error(), matcher.get_error()
    ids = tokens.tokenize_str(text)
    return matcher.validate_tokens(ids) == len(ids) and matcher.consume_tokens(ids) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("grammar", "inside", "outside"),
    [
        (JSON, ['{"a": [1, -2.5e+3, "x\\u00e9"], "b":{} }', "true", "[\n\t]"], ["{", "{a:1}", "01", '"\x01"', "tru"]),
        ('root ::= [a-z]* "b"', ["b", "ab", "bbb"], ["", "a", "ba"]),
        ('root ::= ("a" | "ab") "bc"', ["abc", "abbc"], ["ab", "bc"]),
        ('root ::= "(" root ")" | [a-z]* "b"', ["ab", "((bb))"], ["a", "((b)", "()"]),
        ('root ::= root "a" | "b"', ["b", "baaa"], ["a", "ab"]),
        ('root ::= fooBar foo-bar foo_bar\nfooBar ::= "x"\nfoo-bar ::= "y"\nfoo_bar ::= "z"', ["xyz"], ["xxx"]),
        ('root ::= start 1a\nstart ::= "x"\n1a ::= "y"', ["xy"], ["yx"]),
        ('root ::= "x" none\nnone ::= ', ["x"], [""]),
        ('root ::= x\nx ::= "a"\nx ::= "b"', ["b"], ["a"]),
        (r'root ::= "\u0041\U0001F600\x42\t\r\n\"\\\[\]"', ['A😀B\t\r\n"\\[]'], ["A"]),
        (r"root ::= [\]\[^/&-]{2}", ["][", "^/", "&-"], ["ab", "]"]),
        (r"root ::= [^] [^a-c] .", ["\nd\n"], ["xax"]),
        ('root ::= "a"{2} "b"{1,} "c"{0,2} "d"{1,2}?', ["aab", "aabbcc", "aabdd"], ["ab", "aabccc", "aabddd"]),
        ('root ::= "a" |\n  "b" # one\r\n# another\r\n', ["a", "b"], ["c"]),
        ('root ::= ""', [""], ["a"]),
        ("root ::= [ぁ-ゟ]+", ["ひらがな"], ["漢"]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_grammar_means_what_llama_cpp_says(
    tokens: LLTokenizer, grammar: str, inside: list[str], outside: list[str]
) -> None:
    assert [text for text in inside if not accepts(tokens, grammar, text)] == []
    assert [text for text in outside if accepts(tokens, grammar, text)] == []


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        ("", "there is no rule root"),
        ('a ::= "x"', "there is no rule root"),
        ('root ::= a\n\na ::= "x" b', "line 3 of the grammar: there is no rule of this name"),
        ('root = "x"', "::= is expected"),
        ('root ::= "x', "a literal or a class has no end"),
        ("root ::= [x", "a literal or a class has no end"),
        ("root ::= []", "a class has no characters"),
        ("root ::= [z-a]", "a range ends before it begins"),
        (r'root ::= "\q"', "an escape that is not known"),
        (r'root ::= "\uD800"', "an escape that is not known"),
        ('root ::= "a"\\', "the end of the rule is expected"),
        ('root ::= ("a"', ") is expected"),
        ('root ::= "a"{,3}', "the end of the rule is expected"),
        ('root ::= * "a"', "the end of the rule is expected"),
        ('root ::= <think> "a"', "a grammar cannot name tokens, only texts"),
        ("root ::= " + "(" * 5000 + '"a"' + ")" * 5000, "groups are nested in more than 64 levels"),
    ],
    ids=lambda value: value[:40],
)
def test_a_grammar_that_cannot_be_read_is_refused(grammar: str, message: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        lark_from_gbnf(grammar, "guided_grammar")
    assert str(caught.value).startswith("guided_grammar: line ")
    assert str(caught.value).endswith(message)
    assert caught.value.param == "guided_grammar"
