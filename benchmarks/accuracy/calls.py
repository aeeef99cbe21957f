"""Whether the same input gives the same bits: eagerly, compiled, mapped, and in arrays of other shapes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..core.subjects import Subject
from .formats import JudgedFormat, from_keys
from .programs import ValueAndSlope, precision, value_and_slope

_ROWS, _COLUMNS = 61, 67  # odd, so that vector instructions leave a remainder
_SCALARS = 3

ResultPair = tuple[np.ndarray, np.ndarray]


def disagreements(subject: Subject, form: JudgedFormat) -> dict[str, tuple[int, int]]:
    """For each way to call a function, at how many inputs value and slope have other bits than compiled."""
    x = _inputs(form)
    with precision(form):
        both = value_and_slope(subject)
        want = _compiled(both, x)
        differing = {name: _differing(form, call(both, x), want) for name, call in _FORMS.items()}
        alone = np.asarray(subject.function(jnp.asarray(x), *subject.learned))
        differing["value alone"] = (_count(form, alone, want[0]), 0)
    return differing


def _inputs(form: JudgedFormat) -> np.ndarray:
    """Inputs between -20 and 20 and from the whole range, half of each."""
    size = _ROWS * _COLUMNS
    near = np.linspace(-20, 20, size // 2).astype(form.info.dtype)
    if form.bits == 64:
        wide = np.geomspace(1e-300, 1e300, size - near.size)
        return np.concatenate([near, np.where(np.arange(wide.size) % 2, wide, -wide)])
    keys = np.linspace(0, 2**form.bits - 1, size - near.size).astype(np.uint32)
    return np.concatenate([near, from_keys(form, keys)])


def _compiled(both: ValueAndSlope, x: np.ndarray) -> ResultPair:
    return _numpy(jax.jit(both)(jnp.asarray(x)))


def _eager(both: ValueAndSlope, x: np.ndarray) -> ResultPair:
    return _numpy(both(jnp.asarray(x)))


def _mapped(both: ValueAndSlope, x: np.ndarray) -> ResultPair:
    return _numpy(jax.jit(jax.vmap(both))(jnp.asarray(x).reshape(_ROWS, _COLUMNS)))


def _rows(both: ValueAndSlope, x: np.ndarray) -> ResultPair:
    return _numpy(jax.jit(both)(jnp.asarray(x).reshape(_ROWS, 1, _COLUMNS)))


def _scalars(both: ValueAndSlope, x: np.ndarray) -> ResultPair:
    """Numbers without an axis, or, where the function needs one, arrays of one element; a few of them."""
    program = jax.jit(both)
    places = np.linspace(0, x.size // 2, _SCALARS).astype(int)
    outcome = [_numpy(program(jnp.asarray(x[place]))) for place in places]
    value, slope = _compiled(both, x)
    for place, (one_value, one_slope) in zip(places, outcome, strict=True):
        value[place], slope[place] = one_value[0], one_slope[0]
    return value, slope


_FORMS: dict[str, Callable[[ValueAndSlope, np.ndarray], ResultPair]] = {
    "eager": _eager,
    "vmap": _mapped,
    "3 axes": _rows,
    "scalar": _scalars,
}


def _numpy(results: tuple[Array, Array]) -> ResultPair:
    value, slope = (np.array(result).reshape(-1) for result in results)
    return value, slope


def _differing(form: JudgedFormat, got: ResultPair, want: ResultPair) -> tuple[int, int]:
    value, slope = (_count(form, g, w) for g, w in zip(got, want, strict=True))
    return value, slope


def _count(form: JudgedFormat, got: np.ndarray, want: np.ndarray) -> int:
    """How many differ in their bits; NaNs are all the same."""
    pattern = f"uint{form.bits}"
    bits: Any = got.view(pattern) != want.view(pattern)
    return int((bits & ~(np.isnan(got) & np.isnan(want))).sum())
