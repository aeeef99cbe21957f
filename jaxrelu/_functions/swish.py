"""Rectifiers gated by a logistic function of the input: silu, swish, quick_gelu, acon_c."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.formats import Arithmetic
from .._kernels.gates import finite, gated, gated_slope, logistic
from .._kernels.numerics import exponential_parts, product_exp, product_parts, times_exp, underflow
from .._kernels.selection import where
from .._mechanism.elementwise import elementwise

QUICK_GELU_RATE = 1.702  # makes logistic(1.702 x) close to the normal distribution function


def _silu(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.silu(x)
    return gated(x, *exponential_parts(-jnp.abs(x), arithmetic))


def _silu_slope(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.silu_slope(x)
    a = jnp.abs(x)
    return gated_slope(x < 0, *exponential_parts(-a, arithmetic), jnp.minimum(a, underflow(x)))


@elementwise(value=_silu, slope=_silu_slope, exponential="platform")
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
      >>> jaxrelu.silu(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0], "float16"))
      Array([-0.   , -0.269,  2.857], dtype=float16)

    References:
      Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, arXiv 1702.03118.
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """
    ...


swish = silu


def _swish(x: Array, beta: Array | float, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.swish(x, beta)
    return gated(x, *product_exp(jnp.abs(x), abs(beta), arithmetic), negative=beta * x < 0)


def _swish_slope(x: Array, beta: Array | float, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.swish_slope(x, beta)
    high, low = product_parts(jnp.abs(x), abs(beta), arithmetic)
    return gated_slope(beta * x < 0, *exponential_parts(-high, arithmetic, low=-low), high, low)


def _swish_beta_slope(x: Array, beta: Array | float, arithmetic: Arithmetic) -> Array:
    """x**2 logistic(z) logistic(-z), the exponential applied between the two factors x."""
    s, p = product_exp(jnp.abs(x), abs(beta), arithmetic)
    x = jnp.clip(x, -1e18, 1e18)  # its square is finite
    return times_exp(x, s, p) * x / jnp.square(1.0 + s * (1.0 + p))


@elementwise(
    value=lambda x, arithmetic: _swish(x, QUICK_GELU_RATE, arithmetic),
    slope=lambda x, arithmetic: _swish_slope(x, QUICK_GELU_RATE, arithmetic),
    exponential="platform",
)
def quick_gelu(x: ArrayLike) -> Array:
    r"""The logistic approximation of gelu.

    .. math:: \mathrm{quick\_gelu}(x) = x \, \mathrm{logistic}(1.702 x)

    The slope is s (1 + 1.702 x (1 - s)) with s = logistic(1.702 x); there is no kink. Infinite inputs give
    the limits 0 and inf, slopes 0 and 1. A NaN gives NaN, with slope NaN. 16-bit results are right to
    0.51 ulp.

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
      >>> jaxrelu.quick_gelu(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0], "float16"))
      Array([-0.    , -0.1542,  2.982 ], dtype=float16)

    References:
      Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415.
    """
    ...


@elementwise(
    value=_swish,
    slope=_swish_slope,
    parameter_slopes={"beta": _swish_beta_slope},
    exponential="platform",
)
def parametric_swish(x: ArrayLike, beta: ArrayLike = 1.0) -> Array:
    r"""Swish with a learned rate: from x / 2 (beta = 0) over silu (1) to relu (infinity).

    .. math:: \mathrm{swish}(x) = x \, \mathrm{logistic}(\beta x)

    The slope by x is s (1 + beta x (1 - s)) with s = logistic(beta x), by beta x^2 s (1 - s); there is no
    kink. Infinite inputs give their limits. A NaN gives NaN, with slope NaN. 16-bit results are right to
    0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.
      beta: the rate; a scalar or an array that broadcasts with x. Exclude it from weight decay.

    Returns:
      An array of the dtype of x, whatever the dtype of beta; integers become floats.

    Raises:
      TypeError: if x or beta is complex or not an array.
      ValueError: if beta does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.parametric_swish(jax.numpy.array([-1.0, 1.0]), 0.0)
      Array([-0.5,  0.5], dtype=float32)

    References:
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """
    ...


def _acon_gate(
    x: Array, p1: Array, p2: Array, beta: Array, arithmetic: Arithmetic
) -> tuple[Array, Array, Array | float, Array, Array]:
    """Whether z < 0, the parts of exp(-|z|), and those of |z|, for z = beta (p1 - p2) x."""
    rate = beta * (p1 - p2)
    high, low = product_parts(jnp.abs(x), jnp.abs(rate), arithmetic)
    return rate * x < 0, *exponential_parts(-high, arithmetic, low=-low), high, low


def _acon_c(x: Array, p1: Array, p2: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    negative, s, p, *_ = _acon_gate(x, p1, p2, beta, arithmetic)
    mixed = (p1 - p2) * logistic(negative, s, p) + p2
    is_shut = jnp.abs(mixed) < jnp.finfo(mixed.dtype).tiny  # a GPU's exponential is 6e-39 where ours is 0
    return where(is_shut, 0.0, x * mixed)


def _acon_c_slope(x: Array, p1: Array, p2: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    return (p1 - p2) * gated_slope(*_acon_gate(x, p1, p2, beta, arithmetic)) + p2


def _acon_p1_slope(x: Array, p1: Array, p2: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    """x logistic(z) + (p1 - p2) beta x**2 logistic'(z) = x (slope of x logistic(z))."""
    return finite(x) * gated_slope(*_acon_gate(x, p1, p2, beta, arithmetic))


def _acon_p2_slope(x: Array, p1: Array, p2: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    """x (1 - slope of x logistic(z)), and the slopes at z and -z add to 1."""
    negative, s, p, high, low = _acon_gate(x, p1, p2, beta, arithmetic)
    return finite(x) * gated_slope(~negative, s, p, high, low)


@elementwise(
    value=_acon_c,
    slope=_acon_c_slope,
    parameter_slopes={
        "p1": _acon_p1_slope,
        "p2": _acon_p2_slope,
        "beta": lambda x, p1, p2, beta, arithmetic: (
            jnp.square(p1 - p2) * _swish_beta_slope(x, beta * (p1 - p2), arithmetic)
        ),
    },
    exponential="platform",
)
def acon_c(x: ArrayLike, p1: ArrayLike = 1.0, p2: ArrayLike = 0.0, beta: ArrayLike = 1.0) -> Array:
    r"""ACON-C: a learned smooth maximum of p1 x and p2 x.

    .. math:: \mathrm{acon\_c}(x) = (p_1 - p_2) x \, \mathrm{logistic}(\beta (p_1 - p_2) x) + p_2 x

    With d = p1 - p2, z = beta d x and h the slope of x logistic(z), the slopes are d h + p2 by x, x h by p1,
    x (1 - h) by p2 and (d x)^2 logistic'(z) by beta; there is no kink. Infinite inputs give their limits.
    A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp but where the two terms cancel.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.
      p1: the slope far out on one side; a scalar or an array that broadcasts with x.
      p2: the slope far out on the other; likewise.
      beta: how sharply it switches; likewise. 0 is the mean of both lines. Exclude all three from weight
        decay.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.acon_c(jax.numpy.array([-1.0, 1.0]), 1.5, 0.5, 0.0)
      Array([-1.,  1.], dtype=float32)

    References:
      Ma et al., Activate or not: learning customized activation, CVPR 2021.
    """
    ...
