"""The programs that are compared: the library's, the reference's, and both by the parameters."""

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxrelu
from references.entry import numbers_among
from references.lookup import numbers_of, parameters_of, reference_of

from ..core.subjects import Subject
from .errors import MOST_CHANGES
from .formats import JudgedFormat, in_float64
from .peers import Torch

ValueAndSlope = Callable[[Array], tuple[Any, Any]]

_SEARCHED = 20.0  # sign changes are looked for up to here


def value_and_slope(subject: Subject) -> ValueAndSlope:
    """The value, and the cotangent of x where that of the result is all ones; not compiled."""

    def both(x: Array) -> tuple[Array, Array]:
        y, pullback = jax.vjp(lambda x: subject.function(x, *subject.learned), x)
        return y, pullback(jnp.ones_like(y))[0]

    return both


def compiled(subject: Subject) -> ValueAndSlope:
    """The same, compiled where the library is JAX's."""
    return subject.both if isinstance(subject, Torch) else jax.jit(value_and_slope(subject))


def exact(row: jaxrelu.Variant, form: JudgedFormat) -> ValueAndSlope:
    """Value and slope of the reference in float64, the parameters rounded as the library receives them."""
    formula = reference_of(row.name).formula
    parameters = rounded(row, form)

    def both(x: Array) -> tuple[Array, Array]:
        numbers = {name: jnp.asarray(number) for name, number in numbers_among(parameters).items()}
        return formula(x, **{**parameters, **numbers})

    return in_float64(both)


def rounded(row: jaxrelu.Variant, form: JudgedFormat) -> dict[str, Any]:
    """The parameters, numbers rounded to the format in which a variant computes, and then as float64."""
    compute = np.float64 if form.name == "float64" else np.float32
    given = parameters_of(row.name)
    numbers = numbers_among(given)
    return {**given, **{k: np.asarray(v, compute).astype(np.float64)[()] for k, v in numbers.items()}}


def precision(form: JudgedFormat) -> contextlib.AbstractContextManager[Any]:
    """Where float64 programs run; others run without, as their users run them."""
    return jax.enable_x64(True) if form.name == "float64" else contextlib.nullcontext()


def sign_changes(program: ValueAndSlope) -> list[np.ndarray]:
    """Where value and slope change their sign, but for x = 0 and for jumps, to 1e-8."""
    grid = np.linspace(-_SEARCHED, _SEARCHED, 2**16)
    changes = []
    for result in map(np.asarray, program(jnp_float64(grid))):
        sign = np.sign(result)
        places = np.nonzero(sign[1:] * sign[:-1] < 0)[0]
        small = np.abs(result[places]) < 0.01
        crossed = [_crossing(grid, result, place) for place in places[small]]
        changes.append(np.array([x for x in crossed if abs(x) > 1e-3]))
    return changes


def _crossing(x: np.ndarray, y: np.ndarray, place: int) -> float:
    """Where the line through two points is zero."""
    (x0, x1), (y0, y1) = x[place : place + 2], y[place : place + 2]
    return float(x0 - y0 * (x1 - x0) / (y1 - y0))


def is_odd(program: ValueAndSlope) -> bool:
    """Whether the value crosses zero at x = 0, so that its zeros have signs there."""
    below, at, above = np.asarray(program(jnp_float64(np.array([-1e-3, 0.0, 1e-3])))[0])
    return bool(below < 0 and at == 0 and above > 0)


def filled(changes: np.ndarray) -> np.ndarray:
    """As many as there can be, the rest NaN."""
    return np.concatenate([changes, np.full(MOST_CHANGES - changes.size, np.nan)])


def jnp_float64(x: np.ndarray) -> Array:
    """An array that stays float64."""
    with jax.enable_x64(True):
        return jnp.asarray(x)


# -- parameters ------------------------------------------------------------------------------------


def parameter_grid(row: jaxrelu.Variant, x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Inputs with half, whole and double of each parameter, one parameter moved at a time, in float32.

    A parameter that is 0 is moved by half. Each has one value an input, on its last axis.
    """
    base = {name: np.asarray(value, np.float32) for name, value in numbers_of(row.name).items()}
    settings = [base]
    for name, value in base.items():
        for moved in (0.5 * value, 2.0 * value) if value.all() else (value - 0.5, value + 0.5):
            settings.append({**base, name: np.asarray(moved, np.float32)})
    arrays = {
        name: np.concatenate([np.repeat(s[name][..., None], x.size, axis=-1) for s in settings], axis=-1)
        for name in base
    }
    return np.tile(x, len(settings)), arrays


def by_parameters(row: jaxrelu.Variant, x: Any, parameters: dict[str, Any]) -> tuple[Any, Any]:
    """The derivatives by the parameters, an element a contribution: the library's, and the reference's."""
    given = {name: jnp.asarray(value) for name, value in parameters.items()}
    got = _pulled_back(row.bound, jnp.asarray(x), given)
    options = {name: value for name, value in parameters_of(row.name).items() if name not in parameters}
    with jax.enable_x64(True):
        wide = {name: jnp.asarray(np.asarray(value, np.float64)) for name, value in parameters.items()}
        want = reference_of(row.name).pulled_back(jnp.asarray(np.asarray(x, np.float64)), wide, **options)
    return got, want


def _pulled_back(function: Callable[..., Array], x: Array, parameters: dict[str, Array]) -> dict[str, Array]:
    @jax.jit
    def derivatives(x: Array, parameters: dict[str, Array]) -> dict[str, Array]:
        y, pullback = jax.vjp(lambda parameters: function(x, **parameters), parameters)
        return pullback(jnp.ones_like(y))[0]

    return derivatives(x, parameters)
