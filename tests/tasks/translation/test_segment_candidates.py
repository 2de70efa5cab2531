"""High quality: branches of the first candidate, the choice between them, and what it changes."""

from collections.abc import Mapping

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.generation.options import GREEDY, Options
from service.tasks.translation import Flag
from tests.fakes.engine import ScriptedEngine
from tests.tasks.translation.scripted_model import (
    CHAT,
    TOKEN_LOGPROB,
    always,
    deltas,
    engine_with,
    order,
    start,
    translations,
    translator,
)

LATE = "The train was late again today."
RIGHT = "Le train était encore en retard aujourd'hui."
FIRST = "Le wagon fut tardif ce jour."
END = 0
LIKELY, UNLIKELY = TOKEN_LOGPROB / 2, TOKEN_LOGPROB * 4


def branching(first: str, branches: Mapping[int, tuple[str, float]], retry: str = "") -> ScriptedEngine:
    """A model that writes ``first``, and ``retry`` when it samples.

    At some places, by their number of characters, it nearly wrote other texts, with these log probabilities of a token.
    Each text has the characters before the place too, and differs there.
    """
    heads = {tuple(CHAT.encode(text[: place + 1])): (text, each) for place, (text, each) in branches.items()}
    places = {len(head) - 1: head[-1] for head in heads}

    def script(request: Request) -> list[TokenOutput | Exception]:
        text, logprob = heads.get(request.generated, (first, TOKEN_LOGPROB))
        if request.params.temperature:
            text = retry
        tokens = [*CHAT.encode(text), END][len(request.generated) :]
        outputs: list[TokenOutput | Exception] = []
        for place, token in enumerate(tokens, len(request.generated)):
            top = [(token, logprob)]
            if not request.generated and place in places:
                top.append((places[place], logprob - 1 - place / 100))
            finish = FinishReason.STOP if token == END else None
            outputs.append(TokenOutput(request.id, token, TokenLogprob(token, logprob, tuple(top)), finish=finish))
        return outputs

    return engine_with(script)


async def test_the_likeliest_of_the_branches_is_chosen() -> None:
    engine = branching(FIRST, {3: (RIGHT, LIKELY), 9: (f"{FIRST[:9]}est en retard.", UNLIKELY)})
    [translation] = await translations(engine, LATE, quality="high")
    assert translation.text == RIGHT
    first, *others = engine.requests
    assert {request.prompt for request in others} == {first.prompt}
    assert [CHAT.decode(request.generated) for request in others] == ["Le t", "Le wagon e"]


async def test_the_first_candidate_stays_if_no_branch_is_likelier() -> None:
    engine = branching(FIRST, {3: (RIGHT, UNLIKELY)})
    [translation] = await translations(engine, LATE, quality="high")
    assert translation.text == FIRST


async def test_flags_count_more_than_the_likelihood() -> None:
    engine = branching("C'est là.", {0: ("Où est-ce ?", UNLIKELY)})
    [translation] = await translations(engine, "Where is it?", quality="high")
    assert (translation.text, translation.flags) == ("Où est-ce ?", ())
    assert len(engine.requests) == 2  # no retry: one candidate has no flag


async def test_a_segment_is_retried_if_every_candidate_is_flagged() -> None:
    engine = branching(LATE, {4: (f"{LATE[:4]}plane was late.", LIKELY)}, retry=RIGHT)
    [translation] = await translations(engine, LATE, quality="high")
    assert (translation.text, translation.flags) == (RIGHT, (Flag.RETRIED,))
    assert [request.params.temperature > 0 for request in engine.requests] == [False] * 2 + [True] * 4


async def test_a_loop_ends_one_branch_and_not_the_others() -> None:
    engine = branching(RIGHT, {0: ("salade " * 500, LIKELY), 3: (f"{RIGHT[:3]}wagon est en retard.", UNLIKELY)})
    with await start(engine, LATE, quality="high") as run:
        [translation] = await run.collect()
    assert (translation.text, translation.flags) == (RIGHT, ())
    assert run.usage.completion_tokens < 500


async def test_the_prompt_counts_once_and_a_beginning_that_is_computed_again_does_not_count() -> None:
    engine = branching(FIRST, {3: (RIGHT, LIKELY)})
    with await start(engine, LATE, quality="high") as run:
        await run.collect()
    assert run.usage.prompt_tokens == len(engine.requests[0].prompt)
    first, branch = (len([*CHAT.encode(text), END]) for text in (FIRST, RIGHT))
    assert run.usage.completion_tokens == first + branch - len(CHAT.encode("Le t"))


async def test_no_branch_has_a_token_that_the_client_rules_out() -> None:
    engine = branching(FIRST, {3: (RIGHT, LIKELY)})
    options = {"logit_bias": {CHAT.encode("t")[0]: -100.0}}
    for fields in (options, {"min_tokens": 2}):
        with await start(engine, LATE, quality="high", options=GREEDY.with_values(**fields)) as run:
            [translation] = await run.collect()
        assert translation.text == FIRST


async def test_with_standard_quality_there_is_no_branch() -> None:
    engine = branching(FIRST, {3: (RIGHT, LIKELY)})
    [translation] = await translations(engine, LATE)
    assert (translation.text, len(engine.requests)) == (FIRST, 1)


async def test_a_long_segment_is_sent_when_it_is_chosen() -> None:
    long = " ".join(["The train was late again today"] * 10)
    engine = branching(RIGHT * 8, {3: (f"{RIGHT[:3]}wagon. {RIGHT * 8}", UNLIKELY)})
    parts = [delta.delta for delta in await deltas(engine, long, quality="high") if delta.delta]
    assert parts == [RIGHT * 8]


async def test_the_cost_counts_the_branches() -> None:
    engine = always("x")
    costs = []
    for quality in ("standard", "high"):
        prepared = await translator(engine).prepare(order(LATE, quality=quality), options=Options.from_values())
        costs.append(prepared.cost)
    standard, high = costs
    assert (high.sequences, high.tokens) == (7 * standard.sequences, 7 * standard.tokens)
