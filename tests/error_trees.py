"""The tree of errors in a module's docstring, and the tree of its classes."""

import re
from types import ModuleType


def drawn_parents(module: ModuleType, root: type[Exception]) -> dict[str, str]:
    """Each error in the drawing, with the error above it."""
    parents: dict[str, str] = {}
    path = [root.__name__]
    for branch, name in re.findall(r"^([│ ]*[├└]── )(\w+)", module.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        parents[name] = path[depth - 1]
        path[depth:] = [name]
    return parents


def class_parents(module: ModuleType, root: type[Exception]) -> dict[str, str]:
    """Each error class of the module except the root, with its base class."""
    classes = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, root)]
    return {each.__name__: each.__bases__[0].__name__ for each in classes if each is not root}
