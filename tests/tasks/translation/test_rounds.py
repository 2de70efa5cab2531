"""The rounds of a translation, as parts of its request's span."""

from tests.fakes.spans import recorded_span
from tests.tasks.translation.scripted_model import accented, scripted, start, translations
from tests.tasks.translation.test_segment_candidates import LATE, LIKELY, RIGHT, branching

FIRST, BRANCHES, RETRIES = (f"translation {name}" for name in ("first candidates", "branches", "retries"))


async def test_branches_and_retries_are_rounds() -> None:
    engine = branching(LATE, {4: (f"{LATE[:4]}plane was late.", LIKELY)}, retry=RIGHT)
    with recorded_span() as span:
        await translations(engine, LATE, quality="high")
    rounds = [part for part in span.parts if part.name.startswith("translation")]
    assert [part.name for part in rounds] == [FIRST, BRANCHES, RETRIES]
    times = [part.begun_at or 0.0 for part in rounds]
    assert times == sorted(times)
    assert all(part.is_ended for part in rounds)


async def test_a_round_counts_its_segments() -> None:
    engine = scripted(
        lambda text, request: text if request.params.temperature == 0 and text == LATE else accented(text)
    )
    with recorded_span() as span:
        await translations(engine, LATE, "The bridge is old.", "The river is long.")
    counts = {part.name: part.attributes["trivium.segments"] for part in span.parts if "translation" in part.name}
    assert counts == {FIRST: 3, RETRIES: 1}


async def test_a_run_that_is_left_tells_of_its_rounds_once() -> None:
    with recorded_span() as span:
        run = await start(scripted(accented), LATE)
        run.close()
        run.close()
    assert span.names.count(FIRST) == 1
