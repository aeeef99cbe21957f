"""Inputs, errors in units in the last place, and the evaluation that the tests share."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np

import jaxrelu
from references.lookup import cases_of, parameters_of, reference_of

SMALL_FLOATS = ("float8_e4m3fn", "float8_e5m2", "float16", "bfloat16")

# XLA:CPU flushes subnormal intermediate results, so that relative error means nothing below these.
SMALLEST_RESULT = {
    "float8_e4m3fn": 0.0,  # float8's subnormals, and what leads to them, are normal in float32
    "float8_e5m2": 0.0,
    "float16": 2.0**-14,  # the smallest normal number
    "bfloat16": 1e-35,  # the smallest normal number is 1.2e-38, but factors of a result may be smaller
    "float32": 1e-35,
    "float64": 1e-290,
}


# The smallest normal float32, in which everything but float64 is computed.
SMALLEST_INPUT = 2.0**-126


def all_patterns(dtype: str) -> np.ndarray:
    """Every value of a small format: finite, infinite and NaN."""
    bits = 8 * jnp.dtype(dtype).itemsize
    return np.arange(2**bits, dtype=f"uint{bits}").view(jnp.dtype(dtype))


def float64(x: Any) -> np.ndarray:
    """The same numbers, and quiet NaNs: NumPy warns of signalling ones."""
    with np.errstate(invalid="ignore"):
        x = np.asarray(x, np.float64)
        return np.where(np.isnan(x), np.nan, x)


def neighbours(point: float, dtype: Any, reach: int = 64) -> np.ndarray:
    """The floats around a point."""
    one = np.asarray([point], dtype)
    bits = one.view(f"int{8 * one.itemsize}") + np.arange(-reach, reach + 1)
    return bits.astype(f"int{8 * one.itemsize}").view(dtype)


def special_points(name: str) -> list[float]:
    """Where something happens: the kinks of every case, the zeros of the slope, and powers of two near 0."""
    reference = reference_of(name)
    kinks = {float(kink) for case in cases_of(name) for kink in reference.kinks(**case)}
    zeros = {zero for case in cases_of(name) for zero in reference.slope_zeros(**case)}
    return sorted((kinks | zeros | {1.0, -1.0, 0.5, -0.5}) - {0.0})


def sample32(name: str) -> np.ndarray:
    """65536 of all bit patterns, NaN and infinities among them, and the hard points of a variant.

    The stride is odd, so that the low half of the pattern runs with the high one.
    """
    spread = (np.arange(2**16, dtype=np.uint32) * np.uint32(2**16 + 1)).view(np.float32)
    hard = [np.linspace(-20, 20, 20_000, dtype=np.float32), np.linspace(-110, -20, 2_000, dtype=np.float32)]
    hard += [neighbours(point, np.float32) for point in special_points(name)]
    return _padded(np.concatenate([spread, *hard]))


def sample64(name: str) -> np.ndarray:
    """A float64 sample, tails and the hard points included."""
    powers = 10.0 ** np.linspace(-300, 300, 1_000)
    hard = [neighbours(point, np.float64) for point in special_points(name)]
    grids = [np.linspace(-40, 40, 4_000), np.linspace(-720, -40, 500), powers, -powers]
    return _padded(np.concatenate([*grids, [0.0, -0.0, np.inf, -np.inf, np.nan], *hard]))


def _padded(x: np.ndarray) -> np.ndarray:
    """Zeros up to a multiple of 4096: one shape, one compilation, for every variant with few hard points."""
    return np.concatenate([x, np.zeros(-x.size % 4096, x.dtype)])


def ulps(got: np.ndarray, want: np.ndarray, dtype: Any, besides: Any = 0.0) -> np.ndarray:
    """The error, beyond an absolute one, in units in the last place of the exact result.

    Infinity counts as the first power of two out of range, as it does in rounding to nearest.
    """
    info = ml_dtypes.finfo(dtype)
    beyond = 2.0**info.maxexp
    got, want = np.clip(got, -beyond, beyond), np.clip(want, -beyond, beyond)
    exponent = np.maximum(np.frexp(want)[1] - 1, float(info.minexp))
    return np.maximum(np.abs(got - want) - besides, 0.0) / np.exp2(exponent - info.nmant)


def value_and_slope(function: Callable[..., Any]) -> Callable[..., Any]:
    """The value, and the cotangent of x where that of the result is all ones, compiled."""

    @functools.partial(jax.jit, static_argnums=2)
    def both(x: Any, arrays: dict[str, Any], options: tuple) -> tuple[jax.Array, jax.Array]:
        y, pullback = jax.vjp(lambda x: function(x, **arrays, **dict(options)), x)
        return y, pullback(jnp.ones_like(y))[0]

    def called(x: Any, parameters: dict[str, Any]) -> tuple[jax.Array, jax.Array]:
        options = tuple((k, v) for k, v in parameters.items() if is_option(v))
        return both(x, {k: v for k, v in parameters.items() if not is_option(v)}, options)

    return called


def is_option(value: Any) -> bool:
    """Whether an argument is no number: nothing can be differentiated by it."""
    return isinstance(value, str)


def as_received(parameters: dict[str, Any], dtype: Any) -> dict[str, Any]:
    """The parameters rounded to the dtype in which the library gets them, as float64."""
    return {k: p if p is None or is_option(p) else np.float64(dtype(p)) for k, p in parameters.items()}


@functools.cache
def compiled(name: str) -> Callable[..., Any]:
    return value_and_slope(jaxrelu.catalogue()[name].bound)


def value_and_slope_at(
    both: Callable[..., Any], x: Any, parameters: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope as float64."""
    y, slope = both(x, parameters)
    assert y.dtype == slope.dtype == x.dtype
    return float64(y), float64(slope)


def expected(name: str, x: np.ndarray, parameters: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope of the reference, with the parameters rounded as the library receives them."""
    reference = reference_of(name)
    dtype = np.float64 if x.dtype == np.float64 else np.float32
    return reference.value_and_slope(float64(x), **as_received(parameters, dtype))


def left_by_cancellation(
    name: str, x: np.ndarray, parameters: dict[str, Any], precision: float
) -> tuple[np.ndarray, np.ndarray]:
    """How far value and slope may be off because terms cancel: four roundings of their absolute sum."""
    terms = reference_of(name).cancelling(float64(x), **parameters)
    value, slope = (np.nan_to_num(4.0 * precision * np.broadcast_to(t, x.shape), posinf=0.0) for t in terms)
    return value, slope


def assert_within(
    name: str,
    x: np.ndarray,
    got: np.ndarray,
    want: np.ndarray,
    allowed: Any,
    *,
    excused: Any = False,
    besides: Any = 0.0,
) -> None:
    """Errors of at most so many ulp, and `besides`; no NaN for a number, NaN for NaN in `want`.

    Nothing is asked where `excused`.
    """
    dtype = x.dtype
    at = np.broadcast_to(float64(x), (got.size // x.size, x.size)).reshape(got.shape)
    besides = np.broadcast_to(besides, (got.size // x.size, x.size)).reshape(got.shape)
    assert got.shape == want.shape
    _refuse(name, at, np.isnan(got) & ~np.isnan(want), "is NaN")
    _refuse(name, at, np.isnan(want) & ~np.isnan(got), "is not NaN")
    # XLA:CPU takes a subnormal input for a zero, and so for one at the kink. Other backends do not.
    excused = excused | (at != 0) & (np.abs(at) < SMALLEST_INPUT)
    tiny = np.abs(want) < SMALLEST_RESULT[str(dtype)]
    error = np.where(excused | tiny, 0.0, np.nan_to_num(ulps(got, want, dtype, besides)))
    _refuse(name, at, error > allowed, f"is wrong by up to {error.max():.3f} ulp")
    _refuse(name, at, tiny & ~excused & (np.abs(got) > 2 * SMALLEST_RESULT[str(dtype)]), "should be tiny")


def _refuse(name: str, at: np.ndarray, wrong: np.ndarray, complaint: str) -> None:
    assert not wrong.any(), f"{name} {complaint}, at {wrong.sum()} inputs such as x = {at[wrong][:5]}"


def assert_rounded_once(name: str, both: Callable[..., Any], dtype: str) -> None:
    """Every input of a small format gives value and slope within 0.51 ulp, and NaN only for NaN.

    Half an ulp is the one rounding; the hundredth is for the float32 computation before it.
    """
    x = all_patterns(dtype)
    for case in ({}, *reference_of(name).cases):
        got = value_and_slope_at(both, x, {**jaxrelu.catalogue()[name].example, **case})
        want = expected(name, x, {**parameters_of(name), **case})
        besides = left_by_cancellation(name, x, {**parameters_of(name), **case}, 2.0**-24)
        for what, g, w, b in zip(("value", "slope"), got, want, besides, strict=True):
            # float8_e4m3fn has no infinity: what is larger than its largest number, 448, saturates.
            saturated = np.clip(w, -448.0, 448.0) if dtype == "float8_e4m3fn" else w
            assert_within(f"{name}, {what}", x, g, saturated, 0.51, besides=b)


# A few roundings in float32: the exponential's, and one or two of a product and a quotient after it.
ALLOWED_ULP32 = 4.0


def assert_accurate32(name: str, both: Callable[..., Any], x: np.ndarray, case: dict[str, Any]) -> None:
    """Value and slope are right to 4 ulp in float32, but where terms of the result cancel."""
    value, slope = value_and_slope_at(both, x, case)
    want_value, want_slope = expected(name, x, case)
    besides = left_by_cancellation(name, x, case, 2.0**-24)
    assert_within(f"{name}, value", x, value, want_value, ALLOWED_ULP32, besides=besides[0])
    # Where the slope crosses zero its relative error is unbounded: x itself is rounded. There the terms
    # that cancel are below 1, and half an ulp of 1 is as much as one rounding costs.
    excused = _near_crossing(name, x, case) & (np.abs(slope - want_slope) <= 2.0**-24)
    assert_within(f"{name}, slope", x, slope, want_slope, ALLOWED_ULP32, excused=excused, besides=besides[1])


def _near_crossing(name: str, x: np.ndarray, case: dict[str, Any]) -> np.ndarray:
    near = np.zeros(x.shape, bool)
    for zero in reference_of(name).slope_zeros(**case):
        near |= np.abs(float64(x) - zero) < 0.1
    return near
