"""What the entry of a variant is, and how its formulas are evaluated."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .digits import exactly

Both = tuple[Any, Any]
PairFormula = Callable[..., Both]
Points = Callable[..., tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What a variant should return.

    The slope is the cotangent of x where the cotangent of the result is all ones. At a kink and at NaN it is
    what the convention says. Slopes by parameters are derived from the value by JAX.

    Attributes:
      formula: value and slope, a function of x and of every parameter by name, in `jnp` on float64 arrays. It
        shares nothing with the kernels; nothing in it cancels or multiplies infinity by zero.
      textbook: value and slope at one point as the paper writes them, for mpmath.
      antiderivative: of what the slope is the derivative, for mpmath, where that is not the value.
      cases: settings of the parameters other than the defaults.
      kinks: where left and right slopes differ, a function of the parameters.
      slope_zeros: where the slope changes its sign smoothly: relative error says nothing there.
      terms: the absolute sums of the terms that value and slope add. Where they cancel, the roundings of
        parameters and terms remain: a few units of this sum in the last place of the compute dtype, and no
        arithmetic can avoid it.
      bits: how many are kept of a slope of few values.
      monotone: whether the value never falls, at the default parameters.
      convex: whether the slope never falls either.
      keeps_integers: whether an integer x stays one; else it becomes a float32.
      takes_scalars: whether x may be without any axis.
    """

    formula: PairFormula
    textbook: PairFormula
    antiderivative: Callable[..., Any] | None = None
    cases: tuple[Mapping[str, Any], ...] = ()
    kinks: Points = lambda **parameters: ()
    slope_zeros: Points = lambda **parameters: ()
    terms: PairFormula = lambda x, **parameters: (0.0, 0.0)
    bits: int = 1
    monotone: bool = False
    convex: bool = False
    keeps_integers: bool = False
    takes_scalars: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(inspect.signature(self.formula).parameters)[1:]

    def value_and_slope(self, x: Any, **parameters: Any) -> tuple[np.ndarray, np.ndarray]:
        """The formula in float64."""
        value, slope = in_float64(self.formula, x, **parameters)
        return value, slope

    def value(self, x: Any, **parameters: Any) -> np.ndarray:
        return self.value_and_slope(x, **parameters)[0]

    def slope(self, x: Any, **parameters: Any) -> np.ndarray:
        return self.value_and_slope(x, **parameters)[1]

    def cancelling(self, x: Any, **parameters: Any) -> tuple[np.ndarray, np.ndarray]:
        """The terms in float64."""
        value, slope = in_float64(self.terms, x, **parameters)
        return value, slope

    def parameter_slopes(self, x: Any, **parameters: Any) -> dict[str, np.ndarray]:
        """The derivatives of the value by every parameter that is a number, in float64.

        Each has the axes of its parameter, and then those of x.
        """
        numbers = numbers_among(parameters)
        options = {name: value for name, value in parameters.items() if name not in numbers}
        with _float64():
            x = jnp.asarray(x, jnp.float64)
            spread = {name: _spread(value, x.shape) for name, value in numbers.items()}
            return {name: np.asarray(slope) for name, slope in self.pulled_back(x, spread, **options).items()}

    def pulled_back(self, x: Array, numbers: dict[str, Array], **options: Any) -> dict[str, Array]:
        """The same of parameters that have one number an element of x, in the precision in force."""
        return _pulled_back(self.formula, x, numbers, tuple(options.items()))

    def exact(self, points: np.ndarray, **parameters: Any) -> tuple[np.ndarray, np.ndarray]:
        """The textbook's value and slope at finite points, each as an array of a high and a low row."""
        return exactly(self.textbook, points, parameters)


def numbers_among(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that are numbers: others choose a formula, or are None for a limit that is not set."""
    return {
        name: value for name, value in parameters.items() if value is not None and not isinstance(value, str)
    }


@contextlib.contextmanager
def _float64() -> Iterator[None]:
    """On the CPU: not every accelerator has float64."""
    with jax.enable_x64(True), jax.default_device(jax.devices("cpu")[0]):
        yield


def in_float64(
    formula: Callable[..., tuple[Any, ...]], *operands: Any, **parameters: Any
) -> tuple[np.ndarray, ...]:
    """The results of a formula, run operation by operation: what XLA compiles for one serves all others."""
    with _float64():
        arrays = [jnp.asarray(operand, jnp.float64) for operand in operands]
        numbers = {name: jnp.asarray(p, jnp.float64) for name, p in numbers_among(parameters).items()}
        return tuple(np.asarray(result) for result in formula(*arrays, **{**parameters, **numbers}))


def _spread(value: Any, shape: tuple[int, ...]) -> Array:
    whole = jnp.asarray(value, jnp.float64)
    return jnp.broadcast_to(whole.reshape(whole.shape + (1,) * len(shape)), whole.shape + shape)


@functools.partial(jax.jit, static_argnums=(0, 3))
def _pulled_back(
    formula: PairFormula, x: Array, numbers: dict[str, Array], options: tuple[tuple[str, Any], ...]
) -> dict[str, Array]:
    y, pullback = jax.vjp(lambda numbers: formula(x, **numbers, **dict(options))[0], numbers)
    return pullback(jnp.ones_like(y))[0]


# -- pieces that several formulas share ------------------------------------------------------------


def below(x: Array) -> Array:
    """The negative part: keeps an exponential from overflowing where its result is not chosen."""
    return jnp.minimum(x, 0.0)


def times(slope: Array, x: Array) -> Array:
    """slope x, with 0 times infinity 0; its derivative by a slope of 0 is x all the same."""
    return jnp.where((slope == 0) & jnp.isinf(x), 0.0, slope * x)
