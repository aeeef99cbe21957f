"""Short formulas around the platform's own exponential: for 16-bit results on GPUs and TPUs.

Each is one chain of operations, without a choice between two halves of the line, and so as quick as the
textbook's formula. In float32 the chain is off by a few units in the last place, and by more next to the zero
of a slope: 16 bits hide both. Inputs are clipped where an infinite one would give NaN, and where an
exponential would be infinite, whose derivative JAX makes NaN. So bfloat16 results are only right to 1e-36.
"""

import jax.numpy as jnp
from jax import Array, lax

_FARTHEST = 1e30  # its products are finite; all these functions have reached their limits long before
_MISH_LIMIT = 20.0  # tanh(softplus(x)) is 1 from here on, and the powers of exp(x) are finite
_CUBIC_LIMIT = 10.0  # the tanh form of gelu is x or less than 1e-36 from here on
_LIMIT = 88.0  # exp(88) is finite; exp(89) is not


def bounded(x: Array) -> Array:
    """x in a product with something that is 0 far out."""
    return jnp.clip(x, -_FARTHEST, _FARTHEST)


def logistic(z: Array) -> Array:
    return 1.0 / (1.0 + lax.exp(-jnp.maximum(z, -_LIMIT)))


def silu(x: Array) -> Array:
    x = jnp.maximum(x, -_LIMIT)
    return x / (1.0 + lax.exp(-x))


def silu_slope(x: Array) -> Array:
    return _gated_slope(x, bounded(x))


def swish(x: Array, beta: Array | float) -> Array:
    z = beta * bounded(x)
    return jnp.where(z < -_LIMIT, -0.0, x / (1.0 + lax.exp(-jnp.maximum(z, -_LIMIT))))


def swish_slope(x: Array, beta: Array | float) -> Array:
    z = beta * bounded(x)
    return _gated_slope(z, z)


def gelu(x: Array, linear: float, cubic: float) -> Array:
    """x logistic(z), z = linear x + cubic x**3."""
    x = jnp.maximum(x, -_CUBIC_LIMIT)
    a = jnp.minimum(x, _CUBIC_LIMIT)
    return x / (1.0 + lax.exp(-a * (linear + cubic * a * a)))


def gelu_slope(x: Array, linear: float, cubic: float) -> Array:
    a = jnp.minimum(jnp.maximum(x, -_CUBIC_LIMIT), _CUBIC_LIMIT)
    square = a * a
    return _gated_slope(a * (linear + cubic * square), a * (linear + 3.0 * cubic * square))


def _gated_slope(z: Array, m: Array) -> Array:
    """The slope of x logistic(z), m = x dz/dx."""
    s = logistic(z)
    return s + s * (1.0 - s) * m


def mish(x: Array) -> Array:
    """x n / (n + 2), n = w (w + 2), w = exp(x): n / (n + 2) is tanh(softplus(x))."""
    w = lax.exp(jnp.minimum(x, _MISH_LIMIT))
    n = w * (w + 2.0)
    return jnp.maximum(x, -_FARTHEST) * (n / (n + 2.0))


def mish_slope(x: Array) -> Array:
    x = jnp.clip(x, -_FARTHEST, _MISH_LIMIT)
    w = lax.exp(x)
    d = w * (w + 2.0) + 2.0
    return w * ((w + 2.0) * d + 4.0 * x * (1.0 + w)) / (d * d)


def softplus(x: Array) -> Array:
    return jnp.maximum(x, 0) + lax.log1p(lax.exp(-jnp.abs(x)))


def product(factor: Array, value: Array) -> Array:
    """factor times value, with 0 times infinity 0.

    Where the product is NaN, the smaller of 0 and the larger operand is 0, or NaN if an operand is.
    """
    raw = factor * value
    return jnp.where(raw != raw, jnp.minimum(jnp.maximum(factor, value), 0.0), raw)
