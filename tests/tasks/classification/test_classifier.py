"""The classifier over a scripted encoder: labels, functions, pairs."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.encoder.messages import EncoderInput, Head
from service.errors import InputTooLong
from service.tasks.classification.classifier import ClassificationOptions, Classifier
from service.tasks.classification.output_function import OutputFunction
from service.tasks.encoding.truncation import Truncation
from tests.encoder.tiny_readers import tiny_reader
from tests.fakes.encoder import ScriptedEncoder

LABELS = ("no", "perhaps", "yes")
SOFTMAX = {"yes": 0.6652409557748219, "no": 0.24472847105479767, "perhaps": 0.09003057317038046}


def logits(each: EncoderInput) -> list[float]:
    return [1.0, 0.0, 2.0]


def classifier(path: Path, **config: Any) -> Classifier:
    tiny_reader("bert", path)
    own = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(own | {"id2label": dict(enumerate(LABELS))} | config))
    return Classifier.load(ScriptedEncoder(logits, head=Head.CLASSIFICATION, labels=LABELS).client, path)


async def labels(task: Classifier, texts: list[Any], **options: Any) -> list[dict[str, float]]:
    prepare: Any = task.prepare if isinstance(texts[0], str) else task.prepare_pairs
    prepared = await prepare(texts, ClassificationOptions(**options), request_id="class-1", param="inputs")
    with await prepared.start() as encoding:
        return [{each.label: each.score for each in ranked} for ranked in await encoding.result()]


async def test_labels_are_ranked_by_probability(tmp_path: Path) -> None:
    for texts in (["a", "b"], [("a", "b"), ("c", "d")]):
        for found in await labels(classifier(tmp_path / str(type(texts[0]))), texts):
            assert list(found) == ["yes", "no", "perhaps"]
            assert found == pytest.approx(SOFTMAX, abs=1e-6)


@pytest.mark.parametrize(
    ("config", "function"),
    [
        ({}, OutputFunction.SOFTMAX),
        ({"problem_type": "single_label_classification"}, OutputFunction.SOFTMAX),
        ({"problem_type": "multi_label_classification"}, OutputFunction.SIGMOID),
        ({"problem_type": "regression"}, OutputFunction.NONE),
        ({"id2label": {"0": "LABEL_0"}}, OutputFunction.SIGMOID),
    ],
)
async def test_the_function_fits_the_problem(tmp_path: Path, config: dict[str, Any], function: OutputFunction) -> None:
    task = classifier(tmp_path, **config)
    assert await labels(task, ["a"]) == await labels(task, ["a"], function=function)
    assert (await labels(task, ["a"], function=OutputFunction.NONE))[0] == {"yes": 2.0, "no": 1.0, "perhaps": 0.0}
    sigmoid = {"yes": 0.8807970779778823, "no": 0.7310585786300049, "perhaps": 0.5}
    assert (await labels(task, ["a"], function=OutputFunction.SIGMOID))[0] == pytest.approx(sigmoid, abs=1e-6)


async def test_long_texts_are_refused_or_cut(tmp_path: Path) -> None:
    task = classifier(tmp_path)
    with pytest.raises(InputTooLong):
        await labels(task, ["Ada " * 200])
    assert await labels(task, ["Ada " * 200], truncation=Truncation.END)
