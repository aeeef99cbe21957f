"""The float32 and float64 kernels: exp, expm1, log1p, and exponentials of products and quotients.

They serve the negative half-line, where the exponential cannot overflow and where the tail of every
smooth rectifier lives. Three ideas run through them:

*   `exp(x) = s (1 + p)`, with `s` a power of two and `p = expm1(r)`, `|r| <= log(2) / 2`. Whoever needs
    `exp(x) + c` adds `s` first, exactly, and the small `s p` last: nothing is lost to cancellation.
*   Where a slope changes sign, its zero is a factor of the formula, not the difference of two terms.
*   Arguments are clipped where the result no longer changes: infinities become limits, never NaN.

Everything is made of differentiable jnp operations, so second derivatives follow. The coefficients stand in
`coefficients.py`, what a format asks for in `formats.py`.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from .coefficients import EXPM1, LOG1P
from .formats import Arithmetic, format_of, of_format
from .platforms import by_platform
from .selection import where

CURVE_FROM = -6.0  # 1 - s is a short number from here on
_NEAR = 1.0 / 64.0  # three terms of the series of exp(x) - 1 are right to 2e-7 up to here
_LARGEST_FACTOR = 1e15  # exp(-a b) is 0 or 1 for all that is larger, but for factors as small as 1e-13


Constant = tuple[float, float]  # a double and what it leaves out of the number that is meant
Exponential = tuple[Array, Array | float]  # (s, p): s (1 + p), p the number 0.0 where s is all


def underflow(x: Array) -> float:
    """exp(-x) is zero in the dtype of x from here on."""
    return format_of(x).underflow


def polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """Horner's rule, lowest coefficient first."""
    *others, last = coefficients
    result = jnp.asarray(last, x.dtype)  # a number: a tensor of it would be kept beside a scan
    for coefficient in reversed(others):
        result = result * x + coefficient
    return result


def exponential_parts(x: Array, arithmetic: Arithmetic, low: Array | None = None) -> Exponential:
    """`(s, p)` with exp(x + low) = s (1 + p), |low| < 1; `s` is 0 from -underflow on.

    `s` is a power of two, or all of exp(x) where the platform's own exponential is taken.

    x + low must stay where exp is finite. With a low part, it must not pass -underflow by more than 0.3;
    without one, it may.
    """
    if arithmetic.native:
        return lax.exp(x), 0.0 if low is None or arithmetic.short else lax.exp(low) - 1.0
    s, r, rest = _exponential_terms(x, arithmetic, low)
    return s, r + rest


def _exponential_terms(
    x: Array, arithmetic: Arithmetic, low: Array | None = None
) -> tuple[Array, Array, Array]:
    """The parts of exp(x + low), p as r and the rest of the series of expm1(r), |r| <= log(2) / 2.

    By Cody and Waite's reduction. Where s = 1 and low = 0, r is x. Short results do not feel the low part.
    """
    form = format_of(x)
    if arithmetic.short:
        low = None
    if low is None:
        x = jnp.maximum(x, -form.underflow)
    k = jnp.round((x if low is None else x + low) * (1.0 / math.log(2.0)))
    r = x - k * math.log(2.0) if arithmetic.short else (x - k * form.log2_high) - k * form.log2_low
    return _series(k, r if low is None else r + low, arithmetic)


def _series(k: Array, r: Array, arithmetic: Arithmetic) -> tuple[Array, Array, Array]:
    """2**k, r, and expm1(r) - r."""
    form = format_of(r)
    rest = r * r * polynomial(r, of_format(EXPM1, r, arithmetic))
    # A large number brings k + bias to the lowest bits; XLA's conversion to integers, which saturates,
    # costs five instructions more.
    aligned = k + (1.5 * 2.0**form.mantissa + form.bias)
    exponent = lax.bitcast_convert_type(aligned, form.integer) << form.mantissa
    return lax.bitcast_convert_type(exponent, r.dtype), r, rest


def quotient_exp(x: Array, scale: Array, arithmetic: Arithmetic) -> Exponential:
    """The parts of exp(x / scale) for x <= 0 < scale, and of 1 for x > 0.

    x itself is reduced, by multiples of log(2) scale: the rounding of x / scale would cost 80 ulp at -87.
    """
    form = format_of(x)
    x = jnp.clip(x, -jnp.minimum(form.underflow * scale, jnp.finfo(x.dtype).max), 0.0)
    if arithmetic.short:
        return exponential_parts(x / scale, arithmetic)
    unit, unit_low = product_and_error(scale, jnp.full_like(scale, form.log2_high))
    high = _leading(unit, form.mantissa - form.bias.bit_length())
    low = (unit - high) + (unit_low + scale * form.log2_low)
    k = jnp.round(x / unit)
    s, r, rest = _series(k, ((x - k * high) - k * low) / scale, arithmetic)
    return s, r + rest


def _leading(x: Array, bits: int) -> Array:
    """x rounded to as many significant bits.

    Its derivative is 0. That is right: high + (x - high) does not depend on where x is split.
    """
    form = format_of(x)
    dropped = form.mantissa + 1 - bits
    pattern = lax.bitcast_convert_type(x, form.integer) + (1 << (dropped - 1))
    return lax.bitcast_convert_type(pattern & -(1 << dropped), x.dtype)


def exp(x: Array, arithmetic: Arithmetic) -> Array:
    """exp(x) for x <= 0, and 1 for x > 0."""
    s, p = exponential_parts(jnp.minimum(x, 0.0), arithmetic)
    return s * (1.0 + p)


def expm1(x: Array, arithmetic: Arithmetic) -> Array:
    """exp(x) - 1 for x <= 0, and 0 for x > 0."""
    x = jnp.minimum(x, 0.0)
    if arithmetic.plain:  # a TPU's own is quicker, a GPU's takes twice as many instructions
        return by_platform("cuda", _short_expm1, lax.expm1, x)
    return minus_1(*exponential_parts(x, arithmetic._replace(native=False)))  # near 0 the parts count


def _short_expm1(x: Array) -> Array:
    series = x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0)))
    return where(x > -_NEAR, series, lax.exp(x) - 1.0)


def minus_1(s: Array, p: Array | float) -> Array:
    """exp(x) - 1 from its parts."""
    return s * p + (s - 1.0)


def curve_and_line(x: Array, curve: Array, line: Array, arithmetic: Arithmetic) -> Array:
    """curve (exp(x) - 1 - x) + line x for CURVE_FROM <= x <= 0; the two may cancel.

    x and the coefficients are split into short high parts and the rest: the products of high parts are exact,
    their sum is as small as the result, and the rounding of what is left harmless.
    """
    s, r, rest = _exponential_terms(jnp.minimum(x, 0.0), arithmetic)
    whole = s == 1.0  # then r is x, and the rest all of exp(x) - 1 - x
    short = format_of(x).half - 1
    high, curve_high, line_high = (_leading(v, short) for v in (x, curve, line))
    high = where(whole, 0.0, high)
    step = (s - 1.0) - high
    rests = (curve - curve_high) * step + (line - line_high) * high
    rests = rests + where(whole, line, line - curve) * (x - high)
    return (curve_high * step + line_high * high) + (rests + curve * s * jnp.where(whole, rest, r + rest))


def exp_plus_1(s: Array, p: Array | float) -> Array:
    """exp(x) + 1 from its parts: the sum 1 + s is exact down to the last bit of 1."""
    return 1.0 + s if isinstance(p, float) else (1.0 + s) + s * p


def times_exp(factor: Array, s: Array, p: Array | float) -> Array:
    """factor * exp(x) from its parts: one rounding of the product and none of 1 + p."""
    return s * times_1_plus(factor, p)


def times_1_plus(factor: Array, p: Array | float) -> Array:
    """factor * (1 + p) for the part p of an exponential."""
    return factor if isinstance(p, float) else factor + factor * p


def log1p(w: Array, arithmetic: Arithmetic) -> Array:
    """log(1 + w) for 0 <= w <= 1."""
    if w.dtype == jnp.float64:
        return jnp.log1p(w)
    if arithmetic.plain:  # a TPU's own is quicker, a GPU's three times as long
        return by_platform("cuda", lambda w: _log1p(w, arithmetic), lax.log1p, w)
    return _log1p(w, arithmetic)


def _log1p(w: Array, arithmetic: Arithmetic) -> Array:
    return w + w * w * polynomial(w, of_format(LOG1P, w, arithmetic))


def half_square_exp(a: Array, arithmetic: Arithmetic) -> Exponential:
    """The parts of exp(-a**2 / 2), the square taken exactly: its rounding would cost 80 ulp at a = 13."""
    if arithmetic.short:
        return exponential_parts(-0.5 * a * a, arithmetic)
    high = _leading(a, format_of(a).half)
    return exponential_parts(-0.5 * high * high, arithmetic, low=-0.5 * (a - high) * (a + high))


def product_and_error(a: Array, b: Array) -> tuple[Array, Array]:
    """a b as it is rounded, and what that leaves out (Dekker)."""
    bits = format_of(b).half
    a_high, b_high = _leading(a, bits), _leading(b, bits)
    a_low, b_low = a - a_high, b - b_high
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def product_parts(a: Array, b: Array | float, arithmetic: Arithmetic) -> tuple[Array, Array]:
    """a b in a high and a low part, a >= 0 and b >= 0; bounded where exp(-a b) is 0. A float b is exact."""
    form = format_of(a)
    a = jnp.minimum(a, _LARGEST_FACTOR)
    b = jnp.minimum(b, _LARGEST_FACTOR) if isinstance(b, Array) else b
    if arithmetic.short:
        return jnp.minimum(a * b, form.underflow), jnp.zeros((), a.dtype)
    a_high = _leading(a, form.half)
    b_high = _leading(b, form.half) if isinstance(b, Array) else _leading_of(b, form.half)
    # Below underflow the low part is small; beyond, the bounds keep the sum there.
    low = jnp.clip((a - a_high) * b + a_high * (b - b_high), -0.1, 0.1)
    return jnp.minimum(a_high * b_high, form.underflow + 0.2), low


def product_exp(a: Array, b: Array | float, arithmetic: Arithmetic) -> Exponential:
    """The parts of exp(-a b), a >= 0 and b >= 0, without the rounding of a large product."""
    high, low = product_parts(a, b, arithmetic)
    return exponential_parts(-high, arithmetic, low=-low)


def cubic_exp(
    a: Array, linear_parts: Constant, cubic_parts: Constant, arithmetic: Arithmetic
) -> tuple[Array, Array | float, Array, Array]:
    """The parts of exp(-z), z = linear a + cubic a**3, a >= 0, and a dz/da in a high and a low part.

    The rounding of z would be multiplied by z. `high` carries a third of the places: its products with a
    third of a constant's are exact up to its cube, and so is their sum. What that leaves out is small, and
    its rounding harmless.
    """
    form = format_of(a)
    (linear, linear_error), (cubic, cubic_error) = linear_parts, cubic_parts
    a = jnp.minimum(a, _cubic_root(linear, cubic, form.underflow + 0.1))
    if arithmetic.short:
        s, p = exponential_parts(-a * (linear + cubic * a * a), arithmetic)
        return s, p, a * (linear + 3.0 * cubic * a * a), jnp.zeros((), a.dtype)
    high = _leading(a, form.third)
    cube = high * high * high
    cube_high = _leading(cube, form.third)
    linear_high, cubic_high = _leading_of(linear, form.third), _leading_of(cubic, form.third)

    first, third = linear_high * high, cubic_high * cube_high
    first_low = (linear - linear_high + linear_error) * high
    third_low = cubic_high * (cube - cube_high) + (cubic - cubic_high + cubic_error) * cube
    squares = (a + high) * a + high * high  # (a**3 - high**3) / (a - high)
    z_low = first_low + third_low + (a - high) * (linear + cubic * squares)
    m_low = first_low + 3.0 * third_low + (a - high) * (linear + 3.0 * cubic * squares)
    s, p = exponential_parts(-(first + third), arithmetic, low=-z_low)
    return s, p, first + 3.0 * third, m_low


def _leading_of(constant: float, bits: int) -> float:
    """A constant rounded to as many significant bits."""
    fraction, exponent = math.frexp(constant)
    return math.ldexp(round(math.ldexp(fraction, bits)), exponent - bits)


def _cubic_root(linear: float, cubic: float, value: float) -> float:
    """The a with linear a + cubic a**3 = value."""
    return float(np.roots([cubic, 0.0, linear, -value]).real.max())
