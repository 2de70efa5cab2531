"""The task of neighbours: its prompts are the service's own."""

from pathlib import Path

from benchmarks.quality.client import QualityClient
from benchmarks.quality.neighbours import measure_scores
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def test_every_prompt_asks_for_a_translation_and_the_neighbours_come_last(data: Path) -> None:
    engine = ScriptedEngine(text="Bien.")
    with scripted_service(engine) as service:
        scores = list(measure_scores(QualityClient(service.url, 1), data, 1))
    prompts = [engine.tokenizer.decode(request.prompt) for request in engine.requests[:4]]
    assert [score.way for score in scores[:3]] == [
        "alone",
        "line before, as the last turn",
        "two lines before, as context",
    ]
    assert {prompt.count("Translate the following text from English to Chinese.") for prompt in prompts} == {5, 6}
    assert [prompt.startswith("system: ") for prompt in prompts] == [False, False, False, True]
