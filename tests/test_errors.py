"""The tree in the docstring of ``service.errors`` is the tree of its classes."""

from service import errors
from service.errors import ServiceError
from tests.error_trees import class_parents, drawn_parents


def test_the_drawing_shows_every_error_under_its_base_class() -> None:
    assert drawn_parents(errors, ServiceError) == class_parents(errors, ServiceError)
