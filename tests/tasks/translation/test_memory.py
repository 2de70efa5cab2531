"""A translation memory: which segments it translates, and the run around them."""

import pytest

from service.engine.protocol.request import Request
from service.tasks.translation import Flag, MemoryPair
from tests.tasks.translation.scripted_model import accented, always, deltas, prompt_of, scripted, start, translations

HELLO = MemoryPair("Hello, {name}!", "Salut {name} !")
RULES = MemoryPair("R&D rules.", "La R&D règne.")
OF = MemoryPair("{n} of {all}.", "Sur {all} : {n}.")
BOLD = MemoryPair("See <b>this</b>.", "Voyez <b>ceci</b>.")
MEMORY = (MemoryPair("See you.", "Adieu."), MemoryPair("See  you.", "À bientôt."), HELLO, RULES, OF, BOLD)


@pytest.mark.parametrize(
    ("format", "text", "translated"),
    [
        ("text", "See you.", "À bientôt."),
        ("text", "- See   you.", "- À bientôt."),
        ("text", "Hello, {name}!", "Salut {name} !"),
        ("html", "<p>Hello, {{ x|y }}!</p>", "<p>Salut {{ x|y }} !</p>"),
        ("text", "%1$s of %2$s.", "Sur %2$s : %1$s."),
        ("markdown", "# *See you.*", "# *À bientôt.*"),
        ("html", "<p>R&amp;D\nrules.</p>", "<p>La R&amp;D règne.</p>"),
        ("xml", "<p>Hello, {name}!</p>", "<p>Salut {name} !</p>"),
        ("html", "<p>See <b>this</b>.</p>", "<p>Voyez <b>ceci</b>.</p>"),
        ("xml", "<p>See <b>this</b>.</p>", "<p>Voyez <b>ceci</b>.</p>"),
    ],
)
async def test_a_segment_of_the_memory_is_not_asked_of_the_model(format: str, text: str, translated: str) -> None:
    engine = scripted(accented)
    [translation] = await translations(engine, text, format=format, memory=MEMORY)
    assert engine.requests == []
    assert (translation.text, translation.flags, translation.finish_reason) == (translated, (), "stop")
    assert [(segment.remembered, segment.score) for segment in translation.segments] == [(True, None)]


@pytest.mark.parametrize(
    ("format", "text", "pair"),
    [
        ("text", "see you.", MEMORY[0]),  # another case
        ("text", "Hello, {name}!", MemoryPair("Hello, {name}!", "Salut !")),  # the placeholder is lost
        ("text", "Hello, {name}!", MemoryPair("Hello, {name}!", "Salut {name} {0} !")),
        ("xml", "<p>See <b>this</b>.</p>", MemoryPair("See <b>this</b>.", "Voyez <b>ceci.")),
        ("html", "<p>See <b>this</b>.</p>", MemoryPair("See this.", "Voyez ceci.")),
    ],
)
async def test_what_does_not_fit_exactly_is_translated(format: str, text: str, pair: MemoryPair) -> None:
    engine = scripted(accented)
    [translation] = await translations(engine, text, format=format, memory=(pair,))
    assert engine.requests
    assert not any(segment.remembered for segment in translation.segments)


async def test_what_would_break_the_markup_is_escaped() -> None:
    pair = MemoryPair("See <b>this</b>.", "Voyez <b>ceci</b> & <.")
    [translation] = await translations(scripted(accented), "<p>See <b>this</b>.</p>", format="xml", memory=(pair,))
    assert translation.text == "<p>Voyez <b>ceci</b> &amp; &lt;.</p>"


async def test_remembered_segments_stand_between_others_in_order() -> None:
    engine = scripted(accented)
    texts = ("Good cats. See you. Bad cats.", "See you.", "Bad cats.")
    one, other, last = await translations(engine, *texts, memory=MEMORY, alternatives=1)
    assert one.text == "Góód cáts. À bientôt. Bád cáts."
    assert [segment.remembered for segment in one.segments] == [False, True, False]
    assert (one.segments[1].source, one.segments[1].start, one.segments[1].end) == ("See you.", 11, 19)
    assert (other.text, other.alternatives, last.text) == ("À bientôt.", (), "Bád cáts.")
    parts = await deltas(scripted(accented), texts[0], memory=MEMORY)
    assert "".join(part.delta for part in parts) == one.text
    assert [part.segment for part in parts if part.end is not None] == [0, 1, 2]


async def test_alternatives_keep_remembered_segments() -> None:
    engine = scripted(lambda text, request: accented(text) if request.params.temperature == 0 else "Méchants chats.")
    [translation] = await translations(engine, "See you. Bad cats.", memory=MEMORY, alternatives=1)
    assert translation.alternatives == ("À bientôt. Méchants chats.",)


async def test_the_memory_costs_no_tokens() -> None:
    with await start(scripted(accented), "See you.", memory=MEMORY) as run:
        await run.collect()
        assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (0, 0)


async def test_a_similar_pair_is_the_last_example() -> None:
    pair = MemoryPair("The red house of {x} is\nold.", "La maison rouge de {x}\nest vieille.")
    engine = scripted(accented)
    await translations(engine, "The red house of {y} is new.", "Nothing like it.", memory=(pair, *MEMORY))
    one, other = map(prompt_of, engine.requests[:2])
    assert "only.\n\nThe red house of [1] is old.<|im_end|>" in one
    assert one.rpartition("<|im_start|>assistant\nLa maison")[2].startswith(" rouge de [1] est vieille.<|im_end|>")
    assert one.count("<|im_start|>") == other.count("<|im_start|>") + 2
    assert "maison" not in other


async def test_an_example_that_is_repeated_for_another_text_is_left_out_of_the_second_prompt() -> None:
    pair = MemoryPair("The red house is old.", "La maison rouge est vieille.")
    new = "La maison rouge est neuve."

    def repeats_what_it_sees(_: str, request: Request) -> str:
        return pair.target if pair.target in prompt_of(request) else new

    engine = scripted(repeats_what_it_sees)
    [translation] = await translations(engine, "The red house is new.", memory=(pair,))
    assert (translation.text, translation.flags) == (new, (Flag.RETRIED,))
    assert [pair.target in prompt_of(request) for request in engine.requests] == [True] + [False] * 4
    # A translation that the model makes without the example is its own.
    engine = always(pair.target)
    [translation] = await translations(engine, "The red house is new.", memory=(pair,))
    assert (translation.text, translation.flags) == (pair.target, (Flag.RETRIED,))
    # A second attempt for another reason has the example.
    engine = always("Où est la vieille maison rouge ?")
    [translation] = await translations(engine, "The red house is new.", memory=(pair,))
    assert Flag.QUESTION in translation.flags
    assert [pair.target in prompt_of(request) for request in engine.requests] == [True] * 5


async def test_a_prefix_comes_before_the_memory() -> None:
    engine = scripted(lambda *_: "tôt.")
    [translation] = await translations(engine, "See you.", memory=MEMORY, output_prefix="À plus ")
    assert translation.text == "À plus tôt."
    assert "See you." in prompt_of(engine.requests[0])
