"""What a row of the catalogue says of a variant."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from .._mechanism.bound import bound
from .._mechanism.declaration import declaration_of
from .._mechanism.rules import FUNCTION, MAPPING, NAME, TEXT, TEXTS

_RULES = {
    **dict.fromkeys(("name", "family", "formula", "reference"), NAME),
    "function": FUNCTION,
    **dict.fromkeys(("kinks", "arguments", "example"), MAPPING),
    "partners": TEXTS,
    "peer": TEXT.or_none(),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the catalogue.

    Attributes:
      name: the name it is looked up by.
      function: the public function.
      family: the group it is listed in.
      formula: the value, in plain text for tables.
      reference: the paper that introduced it.
      kinks: the slope at each point where left and right slopes differ, at the defaults.
      arguments: arguments that make this variant of the function.
      example: values for arguments without a default, for tests and benchmarks.
      partners: required array arguments of the shape of the first one.
      peer: its name in `jax.nn`, where it takes the same arguments.

    Raises:
      TypeError: if an attribute has another type than it must have.
      ValueError: if a text is empty.
    """

    name: str
    function: Callable[..., Array]
    family: str
    formula: str
    reference: str
    kinks: Mapping[float, float] = dataclasses.field(default_factory=dict)
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    example: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    partners: tuple[str, ...] = ()
    peer: str | None = None

    def __post_init__(self) -> None:
        for field, rule in _RULES.items():
            rule.apply("Variant", field, getattr(self, field))

    @property
    def bound(self) -> Callable[..., Array]:
        """The function, with the arguments that make this variant."""
        return bound(self.function, self.arguments, self.name)

    @property
    def defaults(self) -> dict[str, Any]:
        """Every argument but x that has a default, with it."""
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        declared = {p.name: p.default for p in parameters if p.default is not p.empty}
        return {**declared, **self.arguments}

    @property
    def residuals(self) -> tuple[str, ...]:
        """What it can keep for the backward pass, its own choice first."""
        possible = declaration_of(self.function).residuals()
        own = "mask" if "mask" in possible else "input"
        return (own, *sorted(possible - {own}))
