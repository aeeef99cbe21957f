"""The settings of a module are the fields of a dataclass, declared once for both Flax interfaces."""

import dataclasses
from typing import Any, TypeVar, dataclass_transform

from .checks import check

Class = TypeVar("Class", bound=type)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(dataclasses.field,))
def settings(cls: Class) -> Class:
    """The class as a dataclass. Its fields are given by keyword, unless they say otherwise."""
    return dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)


def names(module: Any) -> list[str]:
    """The names of a module's settings."""
    return [field.name for field in dataclasses.fields(module) if field.init]


def check_settings(module: Any) -> None:
    """Every setting of a module that has a rule follows it; `_check_together` has the rules of several."""
    check(type(module).__name__, **{name: getattr(module, name) for name in names(module)})
    if hasattr(module, "_check_together"):
        module._check_together()
