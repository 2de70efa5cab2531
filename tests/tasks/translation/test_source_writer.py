"""Translation with a translation model: what it reads, and what it cannot be asked for."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.engine.protocol.beam_params import BeamParams
from service.errors import InvalidOption, PromptTooLong, UnsupportedPair
from service.tasks.encoder_decoder.generation_defaults import GenerationDefaults
from service.tasks.encoder_decoder.language_pairs import find_language_pairs
from service.tasks.encoder_decoder.source_frame import TranslationFrames
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY
from service.tasks.text.piece_tokenizer import load_tokenizer
from service.tasks.translation import Flag, Term, Translation, Translator
from tests.fakes.engine import ScriptedEngine
from tests.tasks.translation.scripted_model import order
from tests.tasks.translation.scripted_translation_model import BEAM_SCORE, FRENCH, PAD, engine, save_translation_model


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_translation_model(tmp_path_factory.mktemp("models") / "opus")


def translator(path: Path, scripted: ScriptedEngine) -> Translator:
    tokenizer, pairs, defaults = load_tokenizer(path), find_language_pairs(path), GenerationDefaults.read(path)
    assert pairs is not None
    generator = Generator(scripted.client, tokenizer, forbidden=defaults.forbidden)
    return Translator(generator, frames=TranslationFrames(path, tokenizer, pairs, defaults))


async def translated(path: Path, scripted: ScriptedEngine, *texts: str, **fields: Any) -> list[Translation]:
    with await translator(path, scripted).translate(order(*texts, **fields), options=GREEDY) as run:
        return await run.collect()


async def test_each_sentence_is_a_source_behind_the_token_of_its_target(path: Path) -> None:
    scripted, tokenizer = engine(path, lambda _: FRENCH), load_tokenizer(path)
    [translation] = await translated(path, scripted, "The quick brown fox. The lazy dog.")
    assert translation.text == f"{FRENCH} {FRENCH}"
    first = scripted.requests[0]
    assert first.source == (tokenizer.token_id(">>fra<<"), *tokenizer.encode("The quick brown fox."), 0)
    assert first.prompt == (PAD,)
    assert first.params.forbidden is not None
    assert first.params.forbidden.sequences == ((PAD,),)


async def test_marks_terms_and_texts_like_control_tokens_survive(path: Path) -> None:
    scripted = engine(path, lambda text: text.replace("The fox", "Ça"))
    texts, terms = ("The fox <b>is</b> quick.", "The fox >>deu<< </s> is"), (Term("is", "va"),)
    [html, told] = await translated(path, scripted, *texts, format="html", glossary=terms)
    assert html.text == "Ça <b>va</b> quick."
    assert html.terms_applied == ("is",)
    assert Flag.PLACEHOLDER not in told.flags
    control = {load_tokenizer(path).token_id(token) for token in (">>deu<<", "</s>")}
    sources = [request.source for request in scripted.requests if isinstance(request.source, tuple)]
    assert len(sources) == len(scripted.requests)
    assert all(control.isdisjoint(source[1:-1]) for source in sources)


def without_markers_and(words: dict[str, str]) -> Callable[[str], str]:
    """Loses all markers, and writes some words for others."""
    return lambda text: " ".join(words.get(word, word) for word in re.sub(r"\[.\]", "", text).split(" "))


async def test_what_is_between_lost_marks_is_translated_apart_after_samples(path: Path) -> None:
    words = {"The": "Ça", "fox": "va", "quick": "bien"}
    scripted = engine(path, without_markers_and(words))
    [translation] = await translated(path, scripted, "The fox <b>quick</b> lazy {name}.", format="html")
    assert translation.text == "Ça va <b>bien</b> lazy {name}."
    assert set(translation.flags) >= {Flag.PLACEHOLDER, Flag.RETRIED}
    first, samples, parts = scripted.requests[:1], scripted.requests[1:5], scripted.requests[5:]
    assert all(each.params.temperature > 0 for each in samples)
    assert [each.params.beams for each in (*first, *parts)] == [BeamParams(num_beams=4)] * 4
    tokenizer = load_tokenizer(path)
    assert [each.source[1:-1] for each in parts if isinstance(each.source, tuple)] == [
        tuple(tokenizer.encode(text)) for text in ("The fox", "quick", "lazy")
    ]


async def test_lost_marks_are_put_back_if_the_parts_are_worse(path: Path) -> None:
    def answer(text: str) -> str:
        whole = "the" in text
        return re.sub(r"\[.\]", "", text) if whole else "lazy dog over the lazy dog " * 9

    scripted = engine(path, answer)
    [translation] = await translated(path, scripted, "The fox <b>is</b> over the dog.", format="html")
    assert translation.text.count("<b>") == translation.text.count("</b>") == 1
    assert translation.text.replace("<b>", "").replace("</b>", "") == "The fox is over the dog."
    assert Flag.PLACEHOLDER in translation.flags


async def test_alternatives_are_the_next_hypotheses_of_one_search(path: Path) -> None:
    scripted = engine(path, lambda _: FRENCH, further=("Ça va.", FRENCH, "Ça va bien.", "Très bien."))
    [translation] = await translated(path, scripted, "The fox.", alternatives=4)
    assert translation.text == FRENCH
    assert translation.alternatives == ("Ça va.", "Ça va bien.", "Très bien.")
    [request] = scripted.requests
    assert request.params.beams == BeamParams(num_beams=5, num_return=5)


async def test_a_search_with_more_beams_than_alternatives_is_the_one_without_alternatives(path: Path) -> None:
    scripted = engine(path, lambda _: FRENCH, further=("Ça va.",) * 3)
    await translated(path, scripted, "The fox.", alternatives=1)
    assert [request.params.beams for request in scripted.requests] == [BeamParams(num_beams=4, num_return=2)]


async def test_a_search_may_find_fewer_alternatives(path: Path) -> None:
    scripted = engine(path, lambda text: text.replace("fox", "renard"), further=("Ça va.",))
    [one, two] = await translated(path, scripted, "The fox.", "The fox. The dog.", alternatives=3)
    assert one.alternatives == ("Ça va.",)
    assert two.alternatives == ("Ça va. Ça va.",)


async def test_marks_and_terms_are_in_alternatives_too(path: Path) -> None:
    further = ("Ça [2]va[3] [1].",)
    scripted = engine(path, lambda text: text, further=further)
    fields: dict[str, Any] = {"format": "html", "glossary": (Term("fox", "très"),), "alternatives": 1}
    [translation] = await translated(path, scripted, "The fox is <b>quick</b>.", **fields)
    assert translation.alternatives == ("Ça <b>va</b> très.",)


async def test_more_alternatives_than_beams_run_at_once_are_refused(path: Path) -> None:
    with pytest.raises(InvalidOption, match="5 beams are more than the 4 sequences") as refused:
        await translated(path, engine(path, str, max_num_seqs=4), "The fox.", alternatives=4)
    assert refused.value.param == "alternatives"


async def test_alternatives_to_a_sample_are_samples(path: Path) -> None:
    scripted = engine(path, lambda _: FRENCH)
    options = GREEDY.with_values(temperature=0.7)
    with await translator(path, scripted).translate(order("The fox.", alternatives=2), options=options) as run:
        await run.collect()
    assert [request.params.beams for request in scripted.requests] == [None] * 3
    assert len({request.source for request in scripted.requests}) == 1


async def test_the_cost_of_a_search_counts_its_beams_once(path: Path) -> None:
    prepared = [
        await translator(path, engine(path, str)).prepare(order("The fox.", **fields), options=GREEDY)
        for fields in ({}, {"alternatives": 3}, {"alternatives": 7})
    ]
    assert [each.cost.sequences for each in prepared] == [4, 4, 8]


async def test_ngrams_are_the_clients_or_the_checkpoints(path: Path) -> None:
    scripted = engine(path, lambda _: FRENCH)
    options = GREEDY.with_values(no_repeat_ngram_size=3)
    with await translator(path, scripted).translate(order("The fox."), options=options) as run:
        await run.collect()
    assert scripted.requests[0].params.no_repeat_ngram_size == 3


@pytest.mark.parametrize(("quality", "most", "beams"), [("standard", 8, 4), ("high", 8, 6), ("high", 3, 3)])
async def test_the_first_candidate_is_searched_with_beams(path: Path, quality: str, most: int, beams: int) -> None:
    scripted = engine(path, lambda _: FRENCH, max_num_seqs=most)
    [translation] = await translated(path, scripted, "The fox.", quality=quality)
    assert translation.segments[0].score == BEAM_SCORE
    assert translation.segments[0].confidence is None
    assert [request.params.beams for request in scripted.requests] == [BeamParams(num_beams=beams)]


async def test_a_sample_has_no_beams(path: Path) -> None:
    scripted = engine(path, lambda _: FRENCH)
    options = GREEDY.with_values(temperature=0.7)
    with await translator(path, scripted).translate(order("The fox."), options=options) as run:
        [translation] = await run.collect()
    assert translation.segments[0].score == -0.5
    assert scripted.requests[0].params.beams is None


@pytest.mark.parametrize(
    ("fields", "param"), [({"target": "zh"}, "target_lang"), ({"source": "de", "target": "fr"}, "source_lang")]
)
async def test_a_pair_that_the_model_does_not_know_is_refused(path: Path, fields: dict[str, str], param: str) -> None:
    with pytest.raises(UnsupportedPair, match="translates en to fr, de") as refused:
        await translated(path, engine(path, str), "The fox.", **fields)
    assert refused.value.param == param


@pytest.mark.parametrize("fields", [{"context": "a tale"}, {"formality": "more"}, {"output_prefix": "Ça"}])
async def test_an_instruction_is_refused(path: Path, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidOption, match="reads no instruction"):
        await translated(path, engine(path, str), "The fox.", **fields)


async def test_a_sentence_that_the_encoder_cannot_read_is_refused(path: Path) -> None:
    with pytest.raises(PromptTooLong, match="at most 8 tokens"):
        await translated(path, engine(path, str, max_source_len=8), "The quick brown fox jumps over the lazy dog.")
