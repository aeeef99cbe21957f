"""The float32 and float64 kernels: exp, expm1, log1p, and the lower tail of the normal distribution.

They serve the negative half-line, where the exponential cannot overflow and where the tail of every
smooth rectifier lives. Three ideas run through them:

*   `exp(x) = s (1 + p)`, with `s` a power of two and `p = expm1(r)`, `|r| <= log(2) / 2`. Whoever needs
    `exp(x) + c` adds `s` first, exactly, and the small `s p` last: nothing is lost to cancellation.
*   Where a slope changes sign, its zero is a factor of the formula, not the difference of two terms.
*   Arguments are clipped where the result no longer changes: infinities become limits, never NaN.

Everything is made of differentiable jnp operations, so second derivatives follow. Coefficients that
are not Taylor's are derived again, and compared, in `tests/test_numerics.py`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax
from jax.scipy.special import erfc


class _Format(NamedTuple):
    """What the exponential has to know of a floating-point format."""

    integer: type
    bias: int
    mantissa: int
    log2_high: float  # so short that k * log2_high is exact for every exponent k
    log2_low: float
    degree: int  # of Taylor's expm1: the first term left out is below a quarter ulp
    underflow: float  # exp(-underflow) is flushed to zero, just below the smallest normal number
    half: tuple[int, int]  # exponent and mantissa bits of numbers whose square is exact


_FORMATS = {
    jnp.dtype("float32"): _Format(
        jnp.int32, 127, 23, 0.693145751953125, 1.4286068203094172e-06, 7, 88.0, (8, 11)
    ),
    jnp.dtype("float64"): _Format(
        jnp.int64, 1023, 52, 0.6931471803691238, 1.9082149292705877e-10, 14, 709.0, (11, 25)
    ),
}

# The normal tail is Q(a) = exp(-a**2 / 2) P(a). With the zero of its slope factored out,
# P(a) - a / sqrt(2 pi) = (NORMAL_ZERO - a) T(a). P and T are polynomials in t = 1 / (1 + TAIL_STRETCH a).
TAIL_STRETCH = 0.3
_LARGEST_DEVIATION = 40.0  # exp(-a**2 / 2) is zero in every dtype
NORMAL_ZERO = 0.7517915246935645  # where Q(a) = a exp(-a**2 / 2) / sqrt(2 pi)
NORMAL_TAIL = (  # P(a) / t for 0 <= a <= 14.5, relative error 3.5e-9
    0.11968669, 0.119571809, 0.110235462, 0.0783894739, 0.0961573423,
    -0.0794244384, 0.191785665, -0.228214438, 0.112435965, -0.0206235327,
)  # fmt: skip
NORMAL_SLOPE = (  # T(a) for 0 <= a <= 14.5, relative error 1.2e-8
    0.398934032, 0.0901362211, 0.0730966706, 0.0605155519, 0.0229566246,
    0.029698539, 0.00403596201, -0.0208000009, 0.00650440334,
)  # fmt: skip
LOG1P = (  # (log1p(w) - w) / w**2 for 0 <= w <= 1, relative error 5.6e-8
    -0.499999972, 0.333328666, -0.249870227, 0.1985794, -0.158622075,
    0.115923678, -0.0671115568, 0.0254382682, -0.00451901879,
)  # fmt: skip


def polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """Horner's rule, lowest coefficient first."""
    result = jnp.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * x + coefficient
    return result


def exponential_parts(x: Array, low: Array | float = 0.0) -> tuple[Array, Array]:
    """`(s, p)` with exp(x + low) = s (1 + p), for x <= 0 and a small `low`.

    Cody and Waite's reduction to |r| <= log(2) / 2, then Taylor's series of expm1(r).
    """
    form = _FORMATS[x.dtype]
    x = jnp.clip(x, -form.underflow, 0.0)
    k = jnp.round(x * (1.0 / math.log(2.0)))
    r = (x - k * form.log2_high) - k * form.log2_low + low
    p = r + r * r * polynomial(r, [1.0 / math.factorial(n) for n in range(2, form.degree + 1)])
    exponent = (k.astype(form.integer) + form.bias) << form.mantissa
    return lax.bitcast_convert_type(exponent, x.dtype), p


def exp(x: Array) -> Array:
    """exp(x) for x <= 0."""
    s, p = exponential_parts(x)
    return s * (1.0 + p)


def expm1(x: Array) -> Array:
    """exp(x) - 1 for x <= 0."""
    s, p = exponential_parts(x)
    return s * p + (s - 1.0)


def log1p(w: Array) -> Array:
    """log(1 + w) for 0 <= w <= 1."""
    if w.dtype == jnp.float64:
        return jnp.log1p(w)
    return w + w * w * polynomial(w, LOG1P)


def normal_tail(a: Array) -> Array:
    """Q(a), the probability that a normal variable exceeds a >= 0."""
    if a.dtype == jnp.float64:
        return 0.5 * erfc(a * math.sqrt(0.5))
    a = jnp.minimum(a, _LARGEST_DEVIATION)
    t = 1.0 / (1.0 + TAIL_STRETCH * a)
    return _half_square_exp(a) * (t * polynomial(t, NORMAL_TAIL))


def normal_tail_slope(a: Array) -> Array:
    """Q(a) - a phi(a), the derivative of a Q(a), for a >= 0."""
    a = jnp.minimum(a, _LARGEST_DEVIATION)
    if a.dtype == jnp.float64:
        return 0.5 * erfc(a * math.sqrt(0.5)) - a * _half_square_exp(a) / math.sqrt(2.0 * math.pi)
    t = 1.0 / (1.0 + TAIL_STRETCH * a)
    high = 0.751791536808013916015625  # NORMAL_ZERO as a float32; a - high is exact near it
    factor = (high - a) + (NORMAL_ZERO - high)
    return _half_square_exp(a) * (factor * polynomial(t, NORMAL_SLOPE))


def _half_square_exp(a: Array) -> Array:
    """exp(-a**2 / 2), the square taken exactly: its rounding alone would cost 80 ulp at a = 13."""
    high = lax.reduce_precision(a, *_FORMATS[a.dtype].half)
    s, p = exponential_parts(-0.5 * high * high, -0.5 * (a - high) * (a + high))
    return s * (1.0 + p)
