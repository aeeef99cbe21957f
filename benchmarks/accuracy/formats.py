"""The floating-point formats: all their numbers in rising order, and float64 copies of them.

A key counts through the bit patterns of a format so that numbers rise with it: NaNs, -inf, ..., -0, 0, ...,
inf, NaNs. XLA:CPU takes subnormal float32 numbers for zeros, in conversions too: `widened` works on the bits.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax import Array, lax

SMALLEST_FLOAT32 = 2.0**-126  # the smallest normal number


@dataclasses.dataclass(frozen=True)
class JudgedFormat:
    """What the measurement has to know of a format."""

    name: str
    smallest: float  # smaller results are reported apart
    allowed: float  # the bound on the error, in units in the last place
    tolerance: float = 0.0  # the absolute error that passes near a sign change

    @functools.cached_property
    def info(self) -> Any:
        return ml_dtypes.finfo(self.name)

    @property
    def bits(self) -> int:
        return int(self.info.bits)

    @property
    def mantissa(self) -> int:
        return int(self.info.nmant)

    @property
    def lowest_exponent(self) -> int:
        """That of the spacing of the smallest numbers; in float64 of the smallest result that counts."""
        return -963 if self.name == "float64" else int(self.info.minexp)

    @property
    def largest(self) -> float:
        return float(self.info.max)

    @property
    def has_infinity(self) -> bool:
        return bool(np.isinf(np.asarray(np.inf, np.float32).astype(self.name).astype(np.float32)))

    @property
    def beyond(self) -> float:
        """What infinity counts as: the first power of two out of range."""
        return 2.0 ** min(int(self.info.maxexp), 1023)


# An intermediate product can be subnormal while the result is not, so the limit is above the smallest normal
# number; float16 results are subnormal below 2**-14. The bounds of small formats are half an ulp for the one
# rounding, and a hundredth for the float32 computation before it.
FORMATS = {
    one.name: one
    for one in (
        JudgedFormat("float32", 1e-35, 4.0, 2.0**-24),
        JudgedFormat("bfloat16", 1e-35, 0.51),
        JudgedFormat("float16", 2.0**-14, 0.51),
        JudgedFormat("float8_e4m3fn", 0.0, 0.51),
        JudgedFormat("float8_e5m2", 0.0, 0.51),
        JudgedFormat("float64", 1e-290, 4.0, 2.0**-53),
    )
}


def inputs(form: JudgedFormat, first: int, stride: int, count: int) -> np.ndarray:
    """The numbers of `count` keys from `first` on, in rising order; the last, a NaN, fills the array."""
    last = 2**form.bits - 1
    keys = np.full(count, last, np.uint32)
    inside = np.arange(first, min(first + stride * count, last + 1), stride, dtype=np.int64)
    keys[: inside.size] = inside
    return from_keys(form, keys)


def from_keys(form: JudgedFormat, keys: np.ndarray) -> np.ndarray:
    """The numbers of these uint32 keys, in formats of 32 bits or fewer."""
    sign = np.uint32(2 ** (form.bits - 1))
    everything = np.uint32(2**form.bits - 1)
    patterns = keys ^ np.where(keys >= sign, sign, everything)
    return patterns.astype(f"uint{form.bits}").view(form.info.dtype)


def widened(x: Array) -> Array:
    """The same numbers in float64, subnormal ones too."""
    if x.dtype == jnp.float64:
        return x
    if x.dtype == jnp.bfloat16:
        pattern = lax.bitcast_convert_type(x, jnp.uint16).astype(jnp.uint32) << 16
    else:
        pattern = lax.bitcast_convert_type(x.astype(jnp.float32), jnp.uint32)
    magnitude = pattern & 0x7FFFFFFF
    subnormal = magnitude.astype(jnp.int32).astype(jnp.float64) * 2.0**-149
    normal = jnp.abs(lax.bitcast_convert_type(pattern, jnp.float32).astype(jnp.float64))
    size = jnp.where(magnitude < 0x00800000, subnormal, normal)
    return jnp.where(pattern >> 31 == 1, -size, size)


def in_float64(function: Callable[..., Any], *static: str) -> Any:
    """Compiled with float64 switched on; the libraries are run as their users run them, without."""
    compiled = jax.jit(function, static_argnames=static)

    def call(*args: Any, **kwargs: Any) -> Any:
        with jax.enable_x64(True):
            return compiled(*args, **kwargs)

    return call


widen = in_float64(widened)
