"""Which class is meant by the name of an activation."""

import inspect
from types import ModuleType
from typing import Any

from .._catalogue.lookup import look_up, plain_name


def classes_in(*files: ModuleType) -> dict[str, Any]:
    """The module classes of these files by their plain names, without those that are only bases of others."""
    members = [(name, member, file) for file in files for name, member in vars(file).items()]
    return {
        plain_name(name): member
        for name, member, file in members
        if inspect.isclass(member) and member.__module__ == file.__name__ and not member.__subclasses__()
    }


def class_of(classes: dict[str, Any], activation: str, library: str | None) -> Any:
    """The class of this name, or of the function that the name means; None if the function has none."""
    if library is None and isinstance(activation, str) and plain_name(activation) in classes:
        return classes[plain_name(activation)]
    return classes.get(plain_name(look_up("module", activation, library, {}).__name__))
