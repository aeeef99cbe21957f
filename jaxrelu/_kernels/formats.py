"""What the kernels have to know of a floating-point format, and of the one their results are rounded to.

Kernels compute in float32 and float64. If a float32 result will be rounded to 16 bits anyway, kernels skip
the correction terms that this rounding would hide: the format is then `SHORT`. `SHORT` is not used for
float16 slopes: near its zero a slope can be as small as 1e-5, and the incoming gradient can make its error
large again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import jax.numpy as jnp
from jax import Array

Table = TypeVar("Table")

SHORT = "short"  # float32 arithmetic with relative errors up to 5e-6, 0.01 ulp of float16


class Format(NamedTuple):
    """What the exponential has to know."""

    integer: type
    bias: int
    mantissa: int
    log2_high: float  # so short that k * log2_high is exact for every exponent k
    log2_low: float
    underflow: float  # exp(-underflow) is flushed to zero, just below the smallest normal number
    half: int  # a number with as many significant bits has an exact square
    third: int  # and with as many, an exact cube


_FORMATS = {
    "float32": Format(jnp.int32, 127, 23, 0.693145751953125, 1.4286068203094172e-06, 88.0, 12, 8),
    "float64": Format(jnp.int64, 1023, 52, 0.6931471803691238, 1.9082149292705877e-10, 709.0, 26, 17),
}


class Arithmetic(NamedTuple):
    """How a formula computes; the kernels that depend on it take it as an argument."""

    short: bool  # its results are rounded to 16 bits
    native: bool  # its exponentials are the platform's

    @property
    def plain(self) -> bool:
        """Whether the shortest formulas are accurate enough, those of `plain.py`."""
        return self.short and self.native


FULL = Arithmetic(short=False, native=False)


def rounds_to_short(dtype: Any, slopes: bool) -> bool:
    """Whether short results are enough of values, or of slopes, that are rounded to this dtype."""
    largest = jnp.finfo(jnp.bfloat16 if slopes else jnp.float16)
    return jnp.finfo(dtype).nmant <= largest.nmant


def of_format(table: Mapping[str, Table], x: Array, arithmetic: Arithmetic) -> Table:
    """The table's entry for the format of x; the one for short results, where these are enough."""
    return table[SHORT if arithmetic.short else x.dtype.name]


def format_of(x: Array) -> Format:
    return _FORMATS[x.dtype.name]
