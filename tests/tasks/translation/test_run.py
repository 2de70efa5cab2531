"""The run of a translation: retries, loops, limits, failures, and its end."""

import pytest

from service.engine.protocol.outputs import FinishReason
from service.errors import ProcessError, ProcessUnavailable
from service.tasks.generation.options import GREEDY, Options
from service.tasks.translation import Flag, Term, Translator
from tests.fakes.engine import says
from tests.tasks.translation.scripted_model import (
    TOKEN_LOGPROB,
    always,
    engine_with,
    generator,
    order,
    prompt_of,
    scripted,
    source_of,
    start,
    translations,
)

LATE = "The train was late again today."


async def test_a_flagged_segment_is_retried_and_the_better_candidate_is_chosen() -> None:
    engine = scripted(lambda text, request: text if request.params.temperature == 0 else "Le train était en retard.")
    [translation] = await translations(engine, LATE)
    assert translation.text == "Le train était en retard."
    assert translation.flags == (Flag.RETRIED,)
    assert [request.params.temperature > 0 for request in engine.requests] == [False] + [True] * 4


async def test_the_first_candidate_is_kept_if_the_retry_is_worse() -> None:
    engine = scripted(lambda text, request: text if request.params.temperature == 0 else "")
    [translation] = await translations(engine, LATE)
    assert (translation.text, translation.flags) == (LATE, (Flag.COPIED,))


async def test_the_observer_gets_each_segment_and_whether_it_was_retried() -> None:
    observed: list[tuple[tuple[Flag, ...], bool]] = []

    class Recorder:
        def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
            observed.append((flags, retried))

    engine = scripted(lambda text, _: text if text == LATE else "Oui.")
    translator = Translator(generator(engine), observer=Recorder())
    with await translator.translate(order("Yes.", LATE), options=GREEDY) as run:
        await run.collect()
    assert observed == [((), False), ((Flag.COPIED,), True)]


async def test_an_empty_translation_leaves_the_source_in_its_place() -> None:
    [translation] = await translations(always(" \n"), "Hi there, George. Roy, got to talk to you.")
    assert translation.text == "Hi there, George. Roy, got to talk to you."
    assert translation.flags == (Flag.EMPTY,)


async def test_a_loop_is_stopped_while_it_is_written() -> None:
    engine = always("salade " * 500)
    with await start(engine, "I would like a salad.") as run:
        [translation] = await run.collect()
    assert Flag.REPETITION in translation.flags
    assert engine.streams[0].aborted
    assert run.usage.completion_tokens < 200


async def test_a_translation_that_the_client_limited_is_flagged_and_not_retried() -> None:
    engine = always("Un deux trois quatre cinq six sept huit neuf dix")
    options = Options.from_values(temperature=0, max_tokens=5)
    [translation] = await translations(engine, "One two three four", options=options)
    assert translation.finish_reason == "length"
    assert Flag.TRUNCATED in translation.flags
    assert len(engine.requests) == 1


async def test_the_score_is_the_mean_log_probability() -> None:
    [translation] = await translations(always("Bonjour"), "Hello")
    assert [segment.score for segment in translation.segments] == [TOKEN_LOGPROB]


async def test_placeholders_and_tags_are_kept_or_put_back() -> None:
    text = "<p>Dear <b>{name}</b>, see %1$s.</p>"
    engine = scripted(lambda text, _: text.replace("Dear", "Cher").replace("see", "voyez"))
    [translation] = await translations(engine, text, format="html")
    assert (translation.text, translation.flags) == ("<p>Cher <b>{name}</b>, voyez %1$s.</p>", ())
    engine = always("Cher ami, voyez & lisez ici.")
    [translation] = await translations(engine, text, format="html")
    for kept in ("<b>", "{name}", "</b>", "%1$s", "&amp;"):
        assert translation.text.count(kept) == 1
    assert Flag.PLACEHOLDER in translation.flags


async def test_glossary_terms_are_in_the_prompt_and_become_marks_in_the_retry() -> None:
    terms = (Term("invoice", "Rechnung"), Term("Chat", "Gespräch"), Term("absent", "weg"))
    engine = scripted(
        lambda text, _: text.replace("The invoice is in the", "Die Faktura ist im").replace("chat", "Gespräch")
    )
    fields = {"target": "de", "glossary": terms}
    [translation] = await translations(engine, "The invoice is in the chat.", **fields)
    assert "invoice = Rechnung; Chat = Gespräch" in prompt_of(engine.requests[0])
    assert (translation.terms_applied, translation.terms_missed) == (("Chat",), ("invoice",))
    assert Flag.TERM in translation.flags
    retried = source_of(engine.requests[1])
    assert not {"invoice", "chat"} & set(retried.replace(".", "").split())

    engine = scripted(lambda text, _: text.replace("The", "Die").replace("is in the", "ist im"))
    [translation] = await translations(engine, "The invoice is in the chat.", **fields)
    assert translation.text == "Die Rechnung ist im Gespräch."
    assert (translation.flags, translation.terms_missed) == ((Flag.RETRIED,), ())


async def test_a_term_that_must_not_be_translated_is_never_in_the_prompt() -> None:
    engine = scripted(lambda text, _: text.replace("is fast", "est rapide"))
    [translation] = await translations(engine, "Acme Drive is fast.", do_not_translate=("Acme Drive",))
    assert translation.text == "Acme Drive est rapide."
    assert "Acme" not in prompt_of(engine.requests[0])


@pytest.mark.parametrize(
    ("finish", "kind"), [(FinishReason.ERROR, ProcessError), (FinishReason.ABORT, ProcessUnavailable)]
)
async def test_a_sequence_that_fails_fails_the_run(finish: FinishReason, kind: type[Exception]) -> None:
    engine = engine_with(says([5], finish))
    with await start(engine, "Hi") as run, pytest.raises(kind):
        await run.collect()
    assert engine.streams[0].closed


async def test_leaving_early_aborts_the_rest() -> None:
    engine = always("one two three")
    with await start(engine, "Hi there.") as run:
        async for _ in run:
            break
    assert engine.streams[0].closed
