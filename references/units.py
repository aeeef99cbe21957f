"""References of what joins several numbers: maxout, glu, and the gated units of two arguments.

`value` and `slopes` are functions of the pieces that are joined, in float64, one array each: for maxout and
glu the pieces of the channel axis, for the others gate and value. The slopes are those by each piece.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from .piecewise import PIECEWISE
from .smooth import SMOOTH


class Unit(NamedTuple):
    value: Callable[..., Any]
    slopes: Callable[..., tuple[Any, ...]]


def finite(value: Any, factor: Any) -> Any:
    """A shut gate lets nothing through, not even infinity."""
    limit = np.finfo(float).max / 4
    return np.where(factor == 0.0, np.clip(value, -limit, limit), value)


def gated(activation: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Unit:
    def product(factor: Any, value: Any) -> Any:
        return finite(factor, value) * finite(value, factor)

    return Unit(
        value=lambda gate, value: product(activation(gate), value),
        slopes=lambda gate, value: (product(slope(gate), value), activation(gate)),
    )


def swapped(unit: Unit) -> Unit:
    """With the gate second."""
    return Unit(
        value=lambda value, gate: unit.value(gate, value),
        slopes=lambda value, gate: unit.slopes(gate, value)[::-1],
    )


def named(name: str) -> Unit:
    reference = {**PIECEWISE, **SMOOTH}[name]
    return gated(reference.value, reference.slope)


def maxout_slopes(first: Any, second: Any) -> tuple[Any, Any]:
    """The first of equals; a NaN, and the first of two, wins."""
    wins = (first >= second) | np.isnan(first)
    return np.where(wins, 1.0, 0.0), np.where(wins, 0.0, 1.0)


UNITS: dict[str, Unit] = {
    "maxout": Unit(value=np.maximum, slopes=maxout_slopes),
    "glu": swapped(gated(expit, lambda x: expit(x) * expit(-x))),
    "reglu": named("relu"),
    "geglu": named("gelu"),
    "swiglu": named("silu"),
    "bilinear": gated(lambda gate: gate, np.ones_like),
}
