"""The tree in the docstring of ``service.errors`` is the tree of its classes."""

import re

from service import errors
from service.errors import ServiceError


def drawn_parents() -> dict[str, str]:
    """Each error in the drawing, with the error above it."""
    parents: dict[str, str] = {}
    path = ["ServiceError"]
    for branch, name in re.findall(r"^([│ ]*[├└]── )(\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        parents[name] = path[depth - 1]
        path[depth:] = [name]
    return parents


def test_the_drawing_shows_every_error_under_its_base_class() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ServiceError)]
    parents = {each.__name__: each.__bases__[0].__name__ for each in classes if each is not ServiceError}
    assert drawn_parents() == parents
