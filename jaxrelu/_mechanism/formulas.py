"""The mathematics of a declaration: value and slope as functions of `x` and the parameters.

Formulas are computed in float32 for 8- and 16-bit floats, else in the dtype of `x`, and rounded once.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._kernels.formats import Arithmetic, computing, rounds_to_short
from .._kernels.platforms import by_platform
from .._kernels.selection import looked_up
from .._kernels.sharding import explicit_sharding

Formula = Callable[..., Array]
Level = Array | float

_MOST_SELECTED = 4  # levels; more are looked up in a table


@dataclasses.dataclass(frozen=True)
class Steps:
    """A slope of few values: `levels(*parameters)[index(x, *parameters)]`."""

    index: Formula
    levels: Callable[..., tuple[Level, ...]]

    def at(self, x: Array, *args: Any, **kwargs: Any) -> Array:
        """The slope itself."""
        levels = [jnp.asarray(v, x.dtype) for v in self.levels(*args, **kwargs)]
        return _selected(self.index(x, *args, **kwargs), levels)


@dataclasses.dataclass(frozen=True)
class Formulas:
    """The mathematics of a declaration, as functions of `x, *parameters`, all options fixed.

    Formulas are written for compute-dtype arrays; the methods take and return any float dtype.
    """

    value: Formula
    slope: Formula | Steps
    slope_from_output: Formula | None
    parameter_slopes: Mapping[int, Formula]
    selects: bool
    exponential: bool = False

    def output(self, x: Array, *parameters: Array) -> Array:
        """The value, rounded once to the dtype of x."""
        return _rounded(self._compute(self.value, x, *parameters, slopes=False), x.dtype)

    def slope_at(self, x: Array, *parameters: Array) -> Array:
        """The slope in the compute dtype or, for a slope of few values, the index of its level."""
        formula = self.slope.index if isinstance(self.slope, Steps) else self.slope
        return self._compute(formula, x, *parameters)

    def slope_at_output(self, y: Array, *parameters: Array) -> Array:
        """The same from the output."""
        assert self.slope_from_output is not None  # with_residual has made sure
        return self._compute(self.slope_from_output, y, *parameters)

    def levels(self, *parameters: Array) -> tuple[Level, ...]:
        assert isinstance(self.slope, Steps)
        return self.slope.levels(*parameters)

    def scaled(self, g: Array, slope: Array, *parameters: Array) -> Array:
        """The cotangent or tangent `g` times the slope, rounded once to the dtype of `g`."""
        if not isinstance(self.slope, Steps):
            return _rounded(g.astype(slope.dtype) * slope, g.dtype)
        levels = self.levels(*parameters)
        wide = compute_dtype(g.dtype)
        if len(levels) > _MOST_SELECTED:  # so many are plain numbers
            return _rounded(g.astype(wide) * looked_up(levels, slope, wide), g.dtype)
        scaling = g if all(map(_selects, levels)) else g.astype(wide)
        return _rounded(_selected(slope, [_times(level, scaling) for level in levels]), g.dtype)

    def parameter_slope(self, position: int, x: Array, *parameters: Array) -> Array:
        """The derivative by one parameter, in the compute dtype: as declared, or derived from the value."""
        formula = self.parameter_slopes.get(position, functools.partial(self._derived, position))
        return self._compute(formula, x, *parameters)

    def _derived(self, position: int, x: Array, *parameters: Array) -> Array:
        def value(parameter: Array) -> Array:
            return self.value(x, *parameters[:position], parameter, *parameters[position + 1 :])

        parameter = jnp.broadcast_to(parameters[position], x.shape, out_sharding=explicit_sharding(x))
        return jax.jvp(value, (parameter,), (jnp.ones_like(parameter),))[1]

    def _compute(self, formula: Formula, x: Array, *parameters: Array, slopes: bool = True) -> Array:
        exact = self.selects and jnp.finfo(x.dtype).bits >= 16
        dtype = x.dtype if exact else compute_dtype(x.dtype)
        short = rounds_to_short(x.dtype, slopes)

        def traced(native: bool, x: Array, *parameters: Array) -> Array:
            with computing(Arithmetic(short, native)):
                return formula(x, *parameters)

        own, native = functools.partial(traced, False), functools.partial(traced, True)
        operands = (x.astype(dtype), *(cast(p, dtype) for p in parameters))
        if not self.exponential or dtype != jnp.float32:
            return own(*operands)
        if short:
            return by_platform("cpu", own, native, *operands)
        return by_platform("tpu", native, own, *operands)


def _selected(code: Array, values: Sequence[Array]) -> Array:
    """`values[code]`, by comparisons."""
    chosen, *others = values
    for i, value in enumerate(others, start=1):
        chosen = jnp.where(code if code.dtype == bool else code == i, value, chosen)
    return chosen


def compute_dtype(dtype: Any) -> Any:
    return dtype if jnp.finfo(dtype).bits >= 32 else jnp.dtype("float32")


def _rounded(values: Array, dtype: Any) -> Array:
    """Rounded once; a format without infinity (float8_e4m3fn) saturates, where a cast would give NaN."""
    if not np.isinf(np.asarray(np.inf).astype(dtype)):
        limit = float(jnp.finfo(dtype).max)
        values = jnp.clip(values, -limit, limit)
    return values.astype(dtype)


def cast(parameter: Array, dtype: Any) -> Array:
    """Floats in the compute dtype; a random key as it is."""
    return parameter.astype(dtype) if jnp.issubdtype(parameter.dtype, jnp.floating) else parameter


def _selects(level: Level) -> bool:
    """Whether a product with the level takes no arithmetic."""
    return isinstance(level, (int, float)) and level in (0, 1)


def _times(level: Level, g: Array) -> Array:
    """`level * g`; levels 0 and 1 select, so that 0 times infinity is 0."""
    if _selects(level):
        return g if level else jnp.zeros_like(g)
    return jnp.asarray(level, g.dtype) * g


def sum_to(shape: Sequence[int], values: Array) -> Array:
    """The sum over the axes along which an array of this shape was broadcast."""
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and values.shape[i] != 1)
    return values.sum(axes, keepdims=True) if axes else values
