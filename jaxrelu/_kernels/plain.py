"""Short formulas around the platform's own exponential: for 16-bit results on GPUs and TPUs.

Each is one chain of operations, without a choice between two halves of the line, and so as quick as the
textbook's formula. In float32 the chain is off by a few units in the last place, and by more next to the zero
of a slope: 16 bits hide both. Inputs are clipped where an infinite one would give NaN, and where an
exponential would be infinite, whose derivative JAX makes NaN. So bfloat16 results are only right to 1e-36.
"""

import math

import jax.numpy as jnp
from jax import Array, lax

from .coefficients import TANH_DENOMINATOR, TANH_LIMIT, TANH_NUMERATOR
from .numerics import polynomial
from .platforms import by_platform

_FARTHEST = 1e30  # its products are finite; all these functions have reached their limits long before
_MISH_LIMIT = 20.0  # tanh(softplus(x)) is 1 from here on, and the powers of exp(x) are finite
_CUBIC_LIMIT = 10.0  # the tanh form of gelu is x or less than 1e-36 from here on
_TELU_LIMIT = math.log(TANH_LIMIT)
_LIMIT = 88.0  # exp(88) is finite; exp(89) is not


def bounded(x: Array) -> Array:
    """x in a product with something that is 0 far out."""
    return jnp.clip(x, -_FARTHEST, _FARTHEST)


def quotient(numerator: Array, denominator: Array) -> Array:
    """numerator / denominator; a GPU divides by multiplying, with the reciprocal that the slope has, too.

    The square of an inverse square root would be four instructions less; but XLA keeps that root for the
    backward pass, where it computes a reciprocal again: an MLP then takes up to 2.3 times the memory.
    """
    return by_platform("cuda", lambda n, d: n * (1.0 / d), lax.div, numerator, denominator)


def logistic(z: Array) -> Array:
    return 1.0 / (1.0 + lax.exp(-jnp.maximum(z, -_LIMIT)))


def silu(x: Array) -> Array:
    x = jnp.maximum(x, -_LIMIT)
    return quotient(x, 1.0 + lax.exp(-x))


def silu_slope(x: Array) -> Array:
    return _gated_slope(logistic(x), bounded(x))


def swish(x: Array, beta: Array | float) -> Array:
    z = beta * bounded(x)
    return jnp.where(z < -_LIMIT, -0.0, x / (1.0 + lax.exp(-jnp.maximum(z, -_LIMIT))))


def swish_slope(x: Array, beta: Array | float) -> Array:
    z = beta * bounded(x)
    return _gated_slope(logistic(z), z)


def gelu(x: Array, linear: float, cubic: float) -> Array:
    """x logistic(z), z = linear x + cubic x**3."""
    denominator, *_ = _cubic_gate(x, linear, cubic)
    return quotient(jnp.maximum(x, -_CUBIC_LIMIT), denominator)


def gelu_slope(x: Array, linear: float, cubic: float) -> Array:
    denominator, a, square = _cubic_gate(x, linear, cubic)
    return _gated_slope(1.0 / denominator, a * (linear + 3.0 * cubic * square))


def _cubic_gate(x: Array, linear: float, cubic: float) -> tuple[Array, Array, Array]:
    """What gelu divides x by; x where that is neither 1 nor large, and its square."""
    a = jnp.clip(x, -_CUBIC_LIMIT, _CUBIC_LIMIT)
    square = a * a
    return 1.0 + lax.exp(-a * (linear + cubic * square)), a, square


def _gated_slope(gate: Array, m: Array) -> Array:
    """The slope of x logistic(z), m = x dz/dx."""
    return gate + gate * (1.0 - gate) * m


def mish(x: Array) -> Array:
    """x n / d, n = w (w + 2), d = n + 2, w = exp(x): n / d is tanh(softplus(x))."""
    a = jnp.clip(x, -_FARTHEST, _MISH_LIMIT)
    w = lax.exp(a)
    n = w * (w + 2.0)
    return jnp.maximum(x, -_FARTHEST) * quotient(n, n + 2.0)


def mish_slope(x: Array) -> Array:
    a = jnp.clip(x, -_FARTHEST, _MISH_LIMIT)
    w = lax.exp(a)
    d = w * (w + 2.0) + 2.0
    numerator = w * ((w + 2.0) * d + 4.0 * a * (1.0 + w))
    return by_platform(  # as in `quotient`
        "cuda", lambda n, d: n * (1.0 / d) * (1.0 / d), lambda n, d: n / (d * d), numerator, d
    )


def tanh(x: Array, factor: float = 1.0) -> Array:
    """tanh(x) for |x| <= TANH_LIMIT; on a GPU a fraction, numerator and denominator multiplied by `factor`.

    The factor does not change the result. XLA keeps an expensive result that value and slope share for the
    backward pass. With different factors it takes the two for different, and keeps neither.
    """
    return by_platform("cuda", lambda x: _tanh(x, factor), lax.tanh, x)


def _tanh(x: Array, factor: float) -> Array:
    denominator, rest = TANH_DENOMINATOR["short"], (0.0, *TANH_NUMERATOR["short"])
    numerator = [d - n for d, n in zip(denominator, rest, strict=True)]
    n, d = (polynomial(x * x, [factor * c for c in part]) for part in (numerator, denominator))
    return x * quotient(n, d)


def tanh_shrink(x: Array) -> Array:
    a = jnp.clip(x, -TANH_LIMIT, TANH_LIMIT)
    t = a * a
    numerator, denominator = (polynomial(t, c["short"]) for c in (TANH_NUMERATOR, TANH_DENOMINATOR))
    return a * t * quotient(numerator, denominator) - (a - x)  # in this order -0 stays -0


def tanh_shrink_slope(x: Array) -> Array:
    return jnp.square(tanh(jnp.clip(x, -TANH_LIMIT, TANH_LIMIT)))


def telu(x: Array) -> Array:
    return jnp.maximum(x, -_FARTHEST) * tanh(lax.exp(jnp.minimum(x, _TELU_LIMIT)))


def telu_slope(x: Array) -> Array:
    a = jnp.minimum(x, _TELU_LIMIT)
    e = lax.exp(a)
    t = tanh(e, factor=2.0)
    return t + jnp.maximum(a, -_FARTHEST) * e * (1.0 - t * t)


def product(factor: Array, value: Array) -> Array:
    """factor times value, with 0 times infinity 0.

    Where the product is NaN, the smaller of 0 and the larger operand is 0, or NaN if an operand is.
    """
    raw = factor * value
    return jnp.where(raw != raw, jnp.minimum(jnp.maximum(factor, value), 0.0), raw)
