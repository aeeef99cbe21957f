"""Functions that are made of other variants, such as `crelu` and `glu`."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array

from .declaration import Check, Public, declaration_of, declared_as, rebuilt
from .differentiation import Differentiation
from .formulas import Formula


@dataclasses.dataclass(frozen=True)
class Composition:
    """The declaration of a function made of other variants: `formula(*parts, x, **arguments)`."""

    name: str
    parts: tuple[Formula, ...]
    formula: Formula
    static: tuple[str, ...]
    check: Check | None

    def apply(self, differentiation: Differentiation, x: Array, **arguments: Any) -> Array:
        parts = (rebuilt(part, differentiation) for part in self.parts)
        return self.formula(*parts, x, **arguments)

    def residuals(self) -> frozenset[str]:
        return frozenset.intersection(*(declaration_of(part).residuals() for part in self.parts))


def composed(
    *parts: Formula, formula: Formula, static: tuple[str, ...] = (), check: Check | None = None
) -> Callable[[Public], Public]:
    """Declares a function made of other variants, which are given to `formula` before `x`."""

    def declare(signature: Public) -> Public:
        return declared_as(Composition(signature.__name__, parts, formula, static, check))(signature)

    return declare
