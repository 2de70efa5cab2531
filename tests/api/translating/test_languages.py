"""The languages of a service that has translation models only."""

from pathlib import Path

import pytest

from service.api.compat.deepl.languages import formal_bases, target_variants
from service.api.translating.languages import (
    languages_of_all,
    pivots_between,
    readable_by_all,
    sources_of_all,
    targets_of_all,
)
from service.metrics import Metrics
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.settings import Settings
from service.tasks.text.languages import find_language
from tests.fakes.served_model import scripted_encoder_decoder
from tests.tasks.translation.scripted_translation_model import engine, save_translation_model


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path = tmp_path_factory.mktemp("models")
    languages: dict[str, tuple[str, tuple[str, ...]]] = {"is-en": ("isl", ("eng",)), "en-zh": ("eng", ("cmn_Hans",))}
    metrics, settings = Metrics(), Settings()
    models = [_model(path / name, *pair, settings, metrics) for name, pair in languages.items()]
    return Registry(models)


def _model(path: Path, source: str, targets: tuple[str, ...], settings: Settings, metrics: Metrics) -> ServedModel:
    save_translation_model(path, source, targets)
    return scripted_encoder_decoder(engine(path, str), path, settings, metrics, name=path.name)


def test_there_are_only_their_pairs(registry: Registry) -> None:
    found = {source.code: [each.code for each in targets] for source, targets in languages_of_all(registry).items()}
    assert found == {"is": ["en"], "en": ["zh-Hans"]}
    assert [each.code for each in sources_of_all(registry)] == ["is", "en"]
    assert [each.code for each in targets_of_all(registry)] == ["en", "zh-Hans"]


def test_deepl_has_the_variants_that_are_written_and_no_formality(registry: Registry) -> None:
    assert [each.code for each in target_variants(registry)] == ["en-GB", "en-US", "zh", "zh-Hans"]
    assert formal_bases(registry) == frozenset()


def test_a_text_may_be_found_to_be_in_their_languages(registry: Registry) -> None:
    assert {"is", "en", "zh"} <= readable_by_all(registry)
    assert "eo" not in readable_by_all(registry)


@pytest.mark.parametrize(("source", "target", "pivots"), [("is", "zh", ["en"]), ("zh", "is", []), ("is", "en", [])])
def test_pivots_lead_from_the_source_to_the_target(
    registry: Registry, source: str, target: str, pivots: list[str]
) -> None:
    found = pivots_between(registry, find_language(source), find_language(target))
    assert [each.code for each in found] == pivots
