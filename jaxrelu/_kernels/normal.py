"""The lower tail of the normal distribution, in float32 and float64: the kernels of exact gelu."""

import math

import jax.numpy as jnp
from jax import Array

from .coefficients import NORMAL_SLOPE, NORMAL_TAIL, NORMAL_TAIL_CENTRE, NORMAL_ZERO, TAIL_STRETCH
from .formats import Arithmetic, of_format
from .numerics import Exponential, half_square_exp, polynomial, times_1_plus, times_exp, underflow

_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)  # of the normal distribution at 0


def normal_tail(a: Array, arithmetic: Arithmetic) -> Array:
    """a Q(a) for a >= 0, Q(a) being the probability that a normal variable exceeds a."""
    a = jnp.minimum(a, _largest_deviation(a))
    z, r, factor = _tail_parts(a, arithmetic)
    s, p = half_square_exp(a, arithmetic)
    return (s * z) * (times_1_plus(factor, p) * r)  # s z is exact; in this order the roundings add up least


def normal_tail_slope(a: Array, arithmetic: Arithmetic) -> Array:
    """Q(a) - a exp(-a**2 / 2) / sqrt(2 pi), the derivative of a Q(a), for a >= 0."""
    a = jnp.minimum(a, _largest_deviation(a))
    if arithmetic.plain:  # the exponential and the polynomial are those of the value
        _, r, factor = _tail_parts(a, arithmetic)
        s, _ = half_square_exp(a, arithmetic)
        return s * (TAIL_STRETCH * (factor * r) - a * _DENSITY)
    zero, zero_low = NORMAL_ZERO[a.dtype.name]
    distance = (zero - a) + zero_low  # near the zero the difference is exact
    z = TAIL_STRETCH * a
    v = z * (1.0 / (1.0 + z))
    factor = distance * polynomial(v, of_format(NORMAL_SLOPE, a, arithmetic))
    return times_exp(factor, *half_square_exp(a, arithmetic))


def normal_probability(a: Array, low: Array, arithmetic: Arithmetic) -> Array:
    """Q(a + low) for a >= 0, low a rounding of a, which counts for a times as much in the result."""
    a = jnp.minimum(a, _largest_deviation(a))
    _, r, factor = _tail_parts(a, arithmetic)
    s, p = _shifted_exp(a, low, arithmetic)
    return (s * TAIL_STRETCH) * (times_1_plus(factor, p) * r)


def normal_density(a: Array, low: Array, arithmetic: Arithmetic) -> Array:
    """The density of the normal distribution at a + low, likewise."""
    a = jnp.minimum(a, _largest_deviation(a))
    s, p = _shifted_exp(a, low, arithmetic)
    return s * (_DENSITY + _DENSITY * p)


def _shifted_exp(a: Array, low: Array, arithmetic: Arithmetic) -> Exponential:
    """The parts of exp(-(a + low)**2 / 2), of which low takes a low."""
    s, p = half_square_exp(a, arithmetic)
    if arithmetic.short:
        return s, p
    return s, p - (a * low) * (1.0 + p)


def _tail_parts(a: Array, arithmetic: Arithmetic) -> tuple[Array, Array, Array]:
    """z, r and a factor with Q(a) = exp(-a**2 / 2) TAIL_STRETCH r factor."""
    z = TAIL_STRETCH * a
    r = 1.0 / (1.0 + z)  # XLA would store the quotient z / (1 + z), which is used twice
    return z, r, polynomial(z * r - NORMAL_TAIL_CENTRE, of_format(NORMAL_TAIL, a, arithmetic))


def _largest_deviation(a: Array) -> float:
    """exp(-a**2 / 2) is zero from here on."""
    return math.sqrt(2.0 * underflow(a))
