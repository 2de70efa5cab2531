"""The errors of the model store: their tree, and the message that lists all sources."""

from model_store import errors
from model_store.errors import ModelStoreError, NoSource
from tests.error_trees import class_parents, drawn_parents


def test_the_drawing_shows_every_error_under_its_base_class() -> None:
    assert drawn_parents(errors, ModelStoreError) == class_parents(errors, ModelStoreError)


def test_every_failed_source_has_a_line() -> None:
    error = NoSource("tiny", [("hub org/tiny", "404"), ("package index", "offline")])
    assert str(error) == "cannot get tiny, every source failed:\n  hub org/tiny: 404\n  package index: offline"
    assert error.failures == (("hub org/tiny", "404"), ("package index", "offline"))
