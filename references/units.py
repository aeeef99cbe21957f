"""References of what joins several numbers: maxout, glu, and the gated units of two arguments.

A formula takes the pieces that are joined, one float64 array each: for maxout and glu the pieces of the
channel axis, for the others gate and value. It gives the value and the slopes by each piece.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from .entry import PairFormula, in_float64
from .gates import GATES, logistic
from .piecewise import PIECEWISE

Three = tuple[Array, Array, Array]
UnitFormula = Callable[[Array, Array], Three]


def value_and_slopes(name: str, first: Any, second: Any) -> tuple[np.ndarray, ...]:
    """The value, and the slopes by both pieces, in float64."""
    return in_float64(UNITS[name], first, second)


def product(factor: Array, value: Array) -> Array:
    """A shut gate lets nothing through, not even infinity."""
    return _finite(factor, value) * _finite(value, factor)


def _finite(value: Array, factor: Array) -> Array:
    limit = np.finfo(float).max / 4
    return jnp.where(factor == 0.0, jnp.clip(value, -limit, limit), value)


def gated_by(activation: PairFormula) -> UnitFormula:
    """activation(gate) times value."""

    def unit(gate: Array, value: Array) -> Three:
        factor, slope = activation(gate)
        return product(factor, value), product(slope, value), factor

    return unit


def glu(value: Array, gate: Array) -> Three:
    """The gate comes second."""
    result, by_gate, by_value = gated_by(logistic_and_slope)(gate, value)
    return result, by_value, by_gate


def logistic_and_slope(x: Array) -> tuple[Array, Array]:
    s, high, low = logistic(x)
    return s, high * low


def clamped_swiglu(gate: Array, value: Array, limit: float = 7.0, alpha: float = 1.702) -> Three:
    """At the limit the slopes are those of the inside; one is added to the value."""
    gate_inside, value_inside = jnp.minimum(gate, limit), jnp.clip(value, -limit, limit)
    factor, slope = GATES["parametric_swish"].formula(gate_inside, jnp.asarray(alpha, gate.dtype))
    by_gate = jnp.where(gate > limit, 0.0, slope) * (value_inside + 1.0)
    return factor * (value_inside + 1.0), by_gate, jnp.where(jnp.abs(value) > limit, 0.0, factor)


def maxout(first: Array, second: Array) -> Three:
    """The first of equals; a NaN, and the first of two, wins."""
    wins = (first >= second) | jnp.isnan(first)
    return jnp.maximum(first, second), jnp.where(wins, 1.0, 0.0), jnp.where(wins, 0.0, 1.0)


UNITS: dict[str, UnitFormula] = {
    "maxout": maxout,
    "glu": glu,
    "reglu": gated_by(PIECEWISE["relu"].formula),
    "geglu": gated_by(GATES["gelu"].formula),
    "swiglu": gated_by(GATES["silu"].formula),
    "clamped_swiglu": clamped_swiglu,
    "bilinear": gated_by(lambda gate: (gate, jnp.ones_like(gate))),
}
