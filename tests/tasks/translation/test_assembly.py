"""The assembly of translations: order, streams, alternatives, prefixes and white space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.protocol.request import Request
from service.tasks.translation import Flag
from tests.tasks.translation.scripted_model import accented, always, deltas, scripted, translate, translations


async def test_alternatives_differ_from_the_translation_and_from_each_other() -> None:
    def answer(text: str, request: Request) -> str:
        prompt, choice = request.id.split("-")[-2:]
        return accented(text) + ("" if int(prompt) < 2 else f" {choice}")

    engine = scripted(answer)
    [translation] = await translations(engine, "Once. Gone.", alternatives=2)
    assert translation.text == "Óncé. Góné."
    assert translation.alternatives == ("Óncé. 0 Góné. 0", "Óncé. 1 Góné. 1")
    assert len(engine.streams) == 1
    [translation] = await translations(scripted(accented), "Once. Gone.", alternatives=2)
    assert translation.alternatives == ()


async def test_a_stream_has_the_same_translations_as_the_whole_answer() -> None:
    texts = ["One came. Two went.", "", " Three?\n"]
    found = await deltas(scripted(accented), *texts)
    assert [delta.index for delta in found] == sorted(delta.index for delta in found)
    whole = await translations(scripted(accented), *texts)
    for index, translation in enumerate(whole):
        mine = [delta for delta in found if delta.index == index]
        assert "".join(delta.delta for delta in mine) == translation.text
        assert [delta.done for delta in mine] == [None] * (len(mine) - 1) + [translation]
        assert [delta.end for delta in mine if delta.end] == list(translation.segments)
        assert [delta.segment for delta in mine if delta.end] == list(range(len(translation.segments)))


async def test_a_long_segment_is_streamed_while_it_is_written() -> None:
    text = "a long way to go " * 20
    engine = always(" Un long chemin \n à faire")
    found = await deltas(engine, text)
    mine = [delta for delta in found if delta.segment == 0]
    assert len(mine) > 3
    assert "".join(delta.delta for delta in mine) == "Un long chemin \n à faire"
    assert not any(delta.delta.endswith((" ", "\n")) for delta in mine[:-1])
    assert len(engine.requests) == 1  # it was sent already, so it is not retried, although it is flagged
    [translation] = await translations(always("Un long chemin"), text)
    assert Flag.LENGTH in translation.flags


async def test_a_text_without_pauses_is_cut_between_words() -> None:
    engine = scripted(accented)
    text = " ".join(f"word{i}" for i in range(1000))
    [translation] = await translations(engine, text)
    assert translation.text == accented(text)
    assert len(engine.requests) > 4


@pytest.mark.parametrize(
    ("prefix", "answer", "expected"),
    [
        ("你好", "，世界！", "你好，世界！"),
        ("Bonjour", " le monde", "Bonjour le monde"),
        ("Bonjour ", " le monde", "Bonjour le monde"),
        ("Bonjour ", "le monde", "Bonjour le monde"),
        ("  Oh\n", "là", "  Oh\nlà"),
        ("Bonjour", "", "Bonjour"),
        (" ", "Oui", " Oui"),
    ],
)
async def test_the_translation_begins_with_exactly_the_prefix(prefix: str, answer: str, expected: str) -> None:
    assert await translate("Hello", answer, output_prefix=prefix) == expected


@given(
    prefix=st.text(alphabet="a \n你", max_size=5), answer=st.text(alphabet="b \n好"), text=st.text("x \n", min_size=1)
)
async def test_the_prefix_comes_first_whatever_the_model_writes(prefix: str, answer: str, text: str) -> None:
    result = await translate(text, answer, output_prefix=prefix)
    assert result.startswith(prefix) if text.strip() else result == text


async def test_the_white_space_around_a_text_is_kept() -> None:
    assert await translate("\n  Hello\n\n", " Bonjour \n") == "\n  Bonjour\n\n"


async def test_a_sentence_around_a_message_stays_in_the_target_language_and_is_written_behind_its_last_segment() -> (
    None
):
    german = "Wir gehen heute {n, plural, one {in den # Wald} other {in die # Wälder}} mit allen Kindern."
    english = "The weather is {n, plural, one {fine for # walk} other {fine for # long walks}} with the children."
    texts, wanted = (f"{german} {english} {german}",), {"source": None, "target": "de"}
    [translation] = await translations(scripted(accented), *texts, **wanted)
    sentences = [f"The weather is fine for # {walk} with the children." for walk in ("walk", "long walks")]
    written = f"{{n, plural, one {{{accented(sentences[0])}}} other {{{accented(sentences[1])}}}}}"
    assert translation.text == f"{german} {written} {german}"
    assert [segment.source for segment in translation.segments] == sentences
    found = await deltas(scripted(accented), *texts, **wanted)
    assert "".join(delta.delta for delta in found) == translation.text
    assert [delta.delta for delta in found if delta.segment is not None] == ["", ""]
