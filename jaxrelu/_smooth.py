"""Smooth rectifiers x s(x) with a gate s between 0 and 1: gelu, silu, mish.

All are written in a = |x| and w = exp(-something), which is small: nothing overflows. For a gate with
s(-x) = 1 - s(x) the slopes at x and -x add to 1, so that one formula, for x <= 0, serves both sides.
"""

import math

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ._elementwise import elementwise
from ._numerics import (
    cubic_exp,
    exp,
    exp_plus_1,
    exponential_parts,
    normal_tail,
    normal_tail_slope,
    times_exp,
)

# gelu(approximate=True) is x logistic(2 u), u = sqrt(2 / pi) (x + 0.044715 x**3): the gate's argument
# and its derivative are x times a polynomial in x**2.
_TANH_LINEAR = 2.0 * math.sqrt(2.0 / math.pi)
_TANH_CUBIC = 0.044715 * _TANH_LINEAR
# From here on every gate is 0 or 1 in every dtype: infinities become limits.
_LIMIT = 750.0


def _mirrored(x: Array, below: Array) -> Array:
    """The slope at x from that at -|x|, where the two sides add to 1.

    `below` is used once: XLA splits a computation whose expensive result is used twice, computes the
    first half as soon as x is known, and keeps it to the end.
    """
    return jnp.where(x < 0, 0.0, 1.0) + jnp.where(x < 0, 1.0, -1.0) * below


def _gated(x: Array, s: Array, p: Array) -> Array:
    """x logistic(z), z with the sign of x, exp(-|z|) = s (1 + p)."""
    x = jnp.maximum(x, -_LIMIT)
    return jnp.where(x < 0, times_exp(x, s, p), x) / exp_plus_1(s, p)


def _gated_slope(x: Array, m: Array, s: Array, p: Array) -> Array:
    """The slope of x logistic(z), exp(-|z|) = w = s (1 + p), m = x dz/dx.

    For x < 0 it is w (1 + w - m) / (1 + w)**2, and small near the minimum: w enters the sum in its two
    parts. Since logistic(-z) = 1 - logistic(z), the slopes at x and -x add to 1.
    """
    return _mirrored(x, times_exp((1.0 - m + s) + s * p, s, p) / jnp.square(exp_plus_1(s, p)))


def _gelu(x: Array, approximate: bool) -> Array:
    a = jnp.abs(x)
    if approximate:
        return _gated(x, *cubic_exp(a, _TANH_LINEAR, _TANH_CUBIC))
    below = normal_tail(a)
    return jnp.where(x < 0, -below, x - below)


def _gelu_slope(x: Array, approximate: bool) -> Array:
    a = jnp.minimum(jnp.abs(x), _LIMIT)
    if approximate:
        m = a * (_TANH_LINEAR + 3.0 * _TANH_CUBIC * a * a)
        return _gated_slope(x, m, *cubic_exp(a, _TANH_LINEAR, _TANH_CUBIC))
    return _mirrored(x, normal_tail_slope(a))


@elementwise(value=_gelu, slope=_gelu_slope, static=("approximate",))
def gelu(x: ArrayLike, approximate: bool = True) -> Array:
    r"""Gaussian error linear unit.

    .. math:: \mathrm{gelu}(x) = x \, \Phi(x) = \tfrac{x}{2} (1 + \mathrm{erf}(x / \sqrt 2))

    or, with approximate=True (the default, as in `jax.nn`; PyTorch and Keras default to the exact form),

    .. math:: \mathrm{gelu}(x) = \tfrac{x}{2} (1 + \tanh(\sqrt{2 / \pi} (x + 0.044715 x^3)))

    The slope is Phi(x) + x phi(x), or that of the approximation; there is no kink. Infinite inputs give the
    limits 0 and inf, slopes 0 and 1 (jax.nn gives NaN). 16-bit results are right to 0.51 ulp; the lower
    tail keeps its relative precision.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.
      approximate: whether to use the tanh form; a Python bool.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.gelu(jax.numpy.array([-jax.numpy.inf, -1.0, 9.0]), approximate=False).round(3)
      Array([-0.   , -0.159,  9.   ], dtype=float32)

    References:
      Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415.
    """
    ...


def _silu_slope(x: Array) -> Array:
    a = jnp.minimum(jnp.abs(x), _LIMIT)
    return _gated_slope(x, a, *exponential_parts(-a))


@elementwise(value=lambda x: _gated(x, *exponential_parts(-jnp.abs(x))), slope=_silu_slope)
def silu(x: ArrayLike) -> Array:
    r"""Sigmoid linear unit, also called swish.

    .. math:: \mathrm{silu}(x) = x \, \mathrm{logistic}(x) = \frac{x}{1 + e^{-x}}

    The slope is s (1 + x (1 - s)) with s = logistic(x); there is no kink. Infinite inputs give the limits
    0 and inf, slopes 0 and 1 (jax.nn gives NaN). 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.silu(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0])).round(3)
      Array([-0.   , -0.269,  2.858], dtype=float32)

    References:
      Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, arXiv 1702.03118.
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """
    ...


def _mish(x: Array) -> Array:
    # tanh(log(1 + e**x)) is n / (n + 2) with n = e**x (e**x + 2); for x > 0 both are multiplied by w**2.
    below = x < 0
    w = exp(-jnp.abs(x))
    n = jnp.where(below, w * (w + 2.0), 1.0 + 2.0 * w)
    return jnp.maximum(x, -_LIMIT) * n / (n + jnp.where(below, 2.0, 2.0 * w * w))


def _mish_slope(x: Array) -> Array:
    below = x < 0
    x = jnp.clip(x, -_LIMIT, _LIMIT)
    w = exp(-jnp.abs(x))
    n = 1.0 + 2.0 * w
    denominator = jnp.where(below, w * (w + 2.0) + 2.0, n + 2.0 * w * w)
    numerator = jnp.where(
        below,
        w * (4.0 * (1.0 + x) + w * (6.0 + 4.0 * x + w * (4.0 + w))),
        n * denominator + 4.0 * x * w * w * (1.0 + w),
    )
    return numerator / jnp.square(denominator)


@elementwise(value=_mish, slope=_mish_slope)
def mish(x: ArrayLike) -> Array:
    r"""Mish, x gated by the hyperbolic tangent of softplus.

    .. math:: \mathrm{mish}(x) = x \tanh(\log(1 + e^x))

    The slope is e^x (4 (1 + x) + 4 e^{2x} + e^{3x} + e^x (4x + 6)) / (2 e^x + e^{2x} + 2)^2; there is no
    kink. Infinite inputs give the limits 0 and inf, slopes 0 and 1 (jax.nn gives NaN). Value and slope are
    rational functions of one exponential; 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.mish(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0])).round(3)
      Array([-0.   , -0.303,  2.987], dtype=float32)

    References:
      Misra, Mish: a self regularized non-monotonic activation function, arXiv 1908.08681.
    """
    ...
