"""The mathematics of a declaration: value and slope as functions of `x` and the parameters.

Formulas are computed in float32 for 8- and 16-bit floats, else in the dtype of `x`, and rounded once.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._kernels.formats import Arithmetic, rounds_to_short
from .._kernels.platforms import by_platform
from .._kernels.selection import looked_up
from .._kernels.sharding import explicit_sharding
from .arguments import Stack

Formula = Callable[..., Array]
Level = Array | float
Exponentials = Literal["own", "platform"]
ParameterSlopes = Mapping[str, Callable[..., Stack] | None]  # None: it is 0 everywhere
Parameters = Mapping[str, Any]  # by name: an array, a tuple of arrays, or a random key

_MOST_SELECTED = 4  # levels; more are looked up in a table


@dataclasses.dataclass(frozen=True)
class Steps:
    """A slope of few values: `levels(x, **parameters)[index(x, **parameters)]`.

    Of x the levels may depend on the shape and the dtype only: in the backward pass they get the cotangent.
    """

    index: Formula
    levels: Callable[..., tuple[Level, ...]]

    def at(self, x: Array, **parameters: Any) -> Array:
        """The slope itself."""
        levels = [jnp.asarray(v, x.dtype) for v in self.levels(x, **parameters)]
        return _selected(self.index(x, **parameters), levels)


@dataclasses.dataclass(frozen=True)
class Formulas:
    """The mathematics of a declaration: functions of `x` and the parameters and options by name.

    Formulas are written for compute-dtype arrays; the methods take and return any float dtype. They get the
    parameters as a dictionary. With an `exponential`, formulas also get the keyword `arithmetic`; levels do
    not.
    """

    value: Formula
    slope: Formula | Steps
    slope_from_output: Formula | None
    parameter_slopes: ParameterSlopes
    selects: bool
    exponential: Exponentials | None

    def with_options(self, options: Mapping[str, Any]) -> Self:
        """The same with these arguments filled in."""
        if not options:
            return self

        def filled(formula: Any) -> Any:
            return formula and functools.partial(formula, **options)

        slope = self.slope
        return dataclasses.replace(
            self,
            value=filled(self.value),
            slope=Steps(filled(slope.index), filled(slope.levels))
            if isinstance(slope, Steps)
            else filled(slope),
            slope_from_output=filled(self.slope_from_output),
            parameter_slopes={name: filled(formula) for name, formula in self.parameter_slopes.items()},
        )

    def output(self, x: Array, parameters: Parameters) -> Array:
        """The value, rounded once to the dtype of x."""
        return _rounded(self._compute(self.value, x, parameters, slopes=False), x.dtype)

    def slope_at(self, x: Array, parameters: Parameters) -> Array:
        """The slope in the compute dtype or, for a slope of few values, the index of its level."""
        formula = self.slope.index if isinstance(self.slope, Steps) else self.slope
        return self._compute(formula, x, parameters)

    def slope_at_output(self, y: Array, parameters: Parameters) -> Array:
        """The same from the output."""
        assert self.slope_from_output is not None  # with_residual has made sure
        return self._compute(self.slope_from_output, y, parameters)

    def levels(self, x: Array, parameters: Parameters) -> tuple[Level, ...]:
        """The few values of the slope, in the compute dtype; `x` is any array of the shape and dtype of x."""
        assert isinstance(self.slope, Steps)
        wide = compute_dtype(x.dtype)
        return self.slope.levels(x.astype(wide), **_cast(parameters, wide))

    def scaled(self, g: Array, slope: Array, parameters: Parameters) -> Array:
        """The cotangent or tangent `g` times the slope, rounded once to the dtype of `g`."""
        if not isinstance(self.slope, Steps):
            wide = g.astype(slope.dtype)
            is_gated = any(jnp.shape(p) == g.shape for p in jax.tree.leaves(parameters))
            product = wide * slope if is_gated else _using_twice(wide, slope, wide * slope)
            return _rounded(product, g.dtype)
        wide = g.astype(compute_dtype(g.dtype))
        levels = self.levels(g, parameters)
        if len(levels) > _MOST_SELECTED:  # of `with_residual(bits=k)`: these are plain numbers
            return _rounded(wide * looked_up(levels, slope, wide.dtype), g.dtype)
        if all(map(_selects, levels)):
            return _selected(slope, [_times(level, g) for level in levels])
        product = _selected(slope, [_times(level, wide) for level in levels])
        if not any(_selects(level) and level == 0 for level in levels):
            slopes = _selected(slope, [level * jnp.ones_like(wide) for level in levels])
            product = _using_twice(wide, slopes, product)
        return _rounded(product, g.dtype)

    def learns(self, name: str) -> bool:
        """Whether the derivative by a parameter is not 0 everywhere."""
        return name not in self.parameter_slopes or self.parameter_slopes[name] is not None

    def parameter_slope(self, name: str, x: Array, parameters: Parameters) -> Any:
        """The derivative by one parameter, in the compute dtype: as declared, or derived from the value.

        By a stacked parameter it is a tuple.
        """
        formula = self.parameter_slopes.get(name) or functools.partial(self._derived, name)
        return self._compute(formula, x, parameters)

    def _derived(self, name: str, x: Array, **parameters: Any) -> Array:
        def value(parameter: Array) -> Array:
            return self.value(x, **{**parameters, name: parameter})

        parameter = jnp.broadcast_to(parameters[name], x.shape, out_sharding=explicit_sharding(x))
        return jax.jvp(value, (parameter,), (jnp.ones_like(parameter),))[1]

    def _compute(
        self, formula: Callable[..., Any], x: Array, parameters: Parameters, slopes: bool = True
    ) -> Any:
        exact = self.selects and jnp.finfo(x.dtype).bits >= 16
        dtype = x.dtype if exact else compute_dtype(x.dtype)
        operands = x.astype(dtype), _cast(parameters, dtype)

        def computed(x: Array, parameters: Parameters, **arithmetic: Arithmetic) -> Any:
            return formula(x, **parameters, **arithmetic)

        if self.exponential is None:
            return computed(*operands)
        short = rounds_to_short(x.dtype, slopes)
        own, native = (functools.partial(computed, arithmetic=Arithmetic(short, n)) for n in (False, True))
        if self.exponential == "own" or dtype != jnp.float32:
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


def _cast(parameters: Parameters, dtype: Any) -> dict[str, Any]:
    """Floats in the compute dtype; a random key as it is."""
    return jax.tree.map(lambda p: p.astype(dtype) if is_float(p) else p, dict(parameters))


def is_float(parameter: Array) -> bool:
    """Whether a parameter is a number, and not a random key."""
    return jnp.issubdtype(parameter.dtype, jnp.floating)


def _using_twice(g: Array, slope: Array, product: Array) -> Array:
    """The product of `g` and the slope; on a TPU `g` is used twice, without an effect on the result.

    Where layers are scanned and weights are frozen, XLA for a TPU v6e then computes the product and the
    matmuls around it in one kernel. If `g` is used once, XLA stores it transposed, and copies what was
    kept to that layout. Where a second tensor enters the slope, as in a gated unit, it makes no difference.
    """

    def there(g: Array, slope: Array, _: Array) -> Array:
        return jnp.where(slope != slope, g + g * slope, g * slope)

    return by_platform("tpu", there, lambda g, slope, product: product, g, slope, product)


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
