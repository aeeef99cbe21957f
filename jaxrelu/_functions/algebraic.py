"""Rectifiers without an exponential: squared_relu, star_relu, smelu, sparse_plus, squareplus, isrlu."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import mirrored
from .._kernels.numerics import product_and_error
from .._mechanism.arguments import positive
from .._mechanism.elementwise import elementwise

# Mean 0 and variance 1 for a standard normal input: 1 / sqrt(1.25) and half of it.
STAR_SCALE = 0.8944271909999159
STAR_BIAS = -0.4472135954999579


@elementwise(
    value=lambda x: jnp.square(jnp.maximum(x, 0)),
    slope=lambda x: 2.0 * jnp.maximum(x, 0),
    slope_from_output=lambda y: 2.0 * jnp.sqrt(y),
)
def squared_relu(x: ArrayLike) -> Array:
    r"""Squared rectified linear unit.

    .. math:: \mathrm{squared\_relu}(x) = \max(x, 0)^2

    The slope is 2 max(x, 0), without a kink. A NaN gives NaN, with slope NaN. 16-bit results are right to
    0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output", whose slope 2 sqrt(y)
    carries the rounding of y.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.squared_relu(jax.numpy.array([-2.0, 3.0]))
      Array([0., 9.], dtype=float32)

    References:
      So et al., Primer: searching for efficient transformers for language modeling, NeurIPS 2021.
    """
    ...


def _star_relu(x: Array, scale: Array, bias: Array, arithmetic: Arithmetic) -> Array:
    """Near the zero, where product and bias cancel, the roundings of both products are put back."""
    m = jnp.maximum(x, 0)
    near = jnp.minimum(m, 2.0**20)  # far out the roundings may overflow, and do not count
    if arithmetic.short:  # the square is exact
        parabola, low = product_and_error(scale, near * near)
    else:
        line, line_low = product_and_error(scale, near)
        parabola, low = product_and_error(line, near)
        low = low + line_low * near
    return jnp.where(m < 2.0**20, (parabola + bias) + low, scale * m * m + bias)


@elementwise(
    value=_star_relu,
    slope=lambda x, scale, bias, arithmetic: 2.0 * scale * jnp.maximum(x, 0),
    parameter_slopes={
        "scale": lambda x, scale, bias, arithmetic: jnp.square(jnp.maximum(x, 0)),
        "bias": lambda x, scale, bias, arithmetic: jnp.ones_like(x),
    },
    exponential="own",  # for `arithmetic`
)
def star_relu(x: ArrayLike, scale: ArrayLike = STAR_SCALE, bias: ArrayLike = STAR_BIAS) -> Array:
    r"""StarReLU: a scaled and shifted squared_relu, of mean 0 and variance 1 for a standard normal input.

    .. math:: \mathrm{star\_relu}(x) = \text{scale} \, \max(x, 0)^2 + \text{bias}

    The slope is 2 scale max(x, 0), without a kink; max(x, 0)^2 by scale and 1 by bias. A NaN gives NaN,
    with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      scale: a scalar or an array that broadcasts with x, learned or not.
      bias: likewise, in the units of the result.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.star_relu(jax.numpy.array([-2.0, 3.0]), 2.0, 1.0)
      Array([ 1., 19.], dtype=float32)

    References:
      Yu et al., MetaFormer baselines for vision, arXiv 2210.13452.
    """
    ...


@elementwise(
    value=lambda x, beta: jnp.where(x < beta, jnp.square(jnp.clip(x, -beta, beta) + beta) / (4.0 * beta), x),
    slope=lambda x, beta: (jnp.clip(x, -beta, beta) + beta) / (2.0 * beta),
    parameter_slopes={"beta": lambda x, beta: 0.25 * (1.0 - jnp.square(jnp.clip(x, -beta, beta) / beta))},
    check=lambda beta: positive("smelu", beta=beta),
)
def smelu(x: ArrayLike, beta: ArrayLike = 1.0) -> Array:
    r"""Smooth rectified linear unit: relu with its corner rounded by a parabola.

    .. math:: \mathrm{smelu}(x) = 0 \text{ for } x \le -\beta, \quad (x + \beta)^2 / (4 \beta) \text{ for }
        |x| < \beta, \quad x \text{ for } x \ge \beta

    The slope is (x + beta) / (2 beta), clipped to [0, 1], without a kink; (1 - (x / beta)^2) / 4 by beta,
    0 outside. A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      beta: half the width of the rounded corner, in the units of x; positive; a scalar or an array that
        broadcasts with x.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or beta is complex or not an array.
      ValueError: if beta does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.smelu(jax.numpy.array([-2.0, 0.0, 3.0]))
      Array([0.  , 0.25, 3.  ], dtype=float32)

    References:
      Shamir, Lin and Coviello, Smooth activations and reproducibility in deep networks, arXiv 2010.09931.
    """
    ...


@elementwise(
    value=lambda x: jnp.where(x < 1.0, 0.25 * jnp.square(jnp.clip(x, -1.0, 1.0) + 1.0), x),
    slope=lambda x: 0.5 * (jnp.clip(x, -1.0, 1.0) + 1.0),
)
def sparse_plus(x: ArrayLike) -> Array:
    r"""Sparse plus, the softplus of sparsemax: `smelu` with beta = 1.

    .. math:: \mathrm{sparse\_plus}(x) = 0 \text{ for } x \le -1, \quad (x + 1)^2 / 4 \text{ for } |x| < 1,
        \quad x \text{ for } x \ge 1

    The slope is (x + 1) / 2, clipped to [0, 1], which is `sparse_sigmoid`, without a kink. A NaN gives NaN,
    with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.sparse_plus(jax.numpy.array([-2.0, 0.0, 3.0]))
      Array([0.  , 0.25, 3.  ], dtype=float32)

    References:
      Martins and Astudillo, From softmax to sparsemax, ICML 2016.
    """
    ...


def _largest(x: Array) -> float:
    """Its square is finite, with a factor of 16 to spare."""
    return 1e18 if x.dtype == jnp.float32 else 1e153


def _hypotenuse(x: Array, b: Array) -> tuple[Array, Array, Array]:
    """|x|, x**2 + b and its square root, without overflow."""
    a = jnp.abs(x)
    bounded = jnp.minimum(a, _largest(x))
    q = bounded * bounded + b
    return a, q, jnp.maximum(a, jnp.sqrt(q))


def _squareplus(x: Array, b: Array) -> Array:
    """(x + h) / 2 is max(x, 0) + (h - |x|) / 2, and h - |x| is b / (h + |x|)."""
    a, _, h = _hypotenuse(x, b)
    return jnp.maximum(x, 0) + 0.5 * b / (h + a)


def _squareplus_slope(x: Array, b: Array) -> Array:
    """For x < 0 (1 - |x| / h) / 2 = b / 2 / (h (h + |x|)), and h**2 has fewer roundings than h."""
    a, q, h = _hypotenuse(x, b)
    return mirrored(x < 0, 0.5 * b / (q + h * a))


@elementwise(
    value=_squareplus,
    slope=_squareplus_slope,
    parameter_slopes={"b": lambda x, b: 0.25 / _hypotenuse(x, b)[2]},
    check=lambda b: positive("squareplus", b=b),
)
def squareplus(x: ArrayLike, b: ArrayLike = 4) -> Array:
    r"""Squareplus, a softplus without transcendental functions.

    .. math:: \mathrm{squareplus}(x) = (x + \sqrt{x^2 + b}) / 2

    The slope is (1 + x / sqrt(x^2 + b)) / 2, without a kink; 1 / (4 sqrt(x^2 + b)) by b. No finite input
    overflows (jax.nn is infinite from 1.8e19 on), and the lower tail does not cancel. A NaN gives NaN,
    with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      b: the sharpness, positive: the value at 0 is sqrt(b) / 2; a scalar or an array that broadcasts with x.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or b is complex or not an array.
      ValueError: if b does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.squareplus(jax.numpy.array([-jax.numpy.inf, 0.0, 1.5]))
      Array([0., 1., 2.], dtype=float32)

    References:
      Barron, Squareplus: a softplus-like algebraic rectifier, arXiv 2112.11687.
    """
    ...


def _root(x: Array, alpha: Array) -> tuple[Array, Array]:
    """q = 1 + alpha x**2 for x < 0, and 1 for x >= 0, without overflow, and its square root."""
    x = jnp.clip(x, -_largest(x), 0.0)
    q = 1.0 + alpha * (x * x)
    return q, jnp.sqrt(q)


def _isrlu_slope(x: Array, alpha: Array) -> Array:
    q, root = _root(x, alpha)
    return (1.0 / root) / q


def _isrlu_alpha_slope(x: Array, alpha: Array) -> Array:
    return -0.5 * (jnp.clip(x, -_largest(x), 0.0) / _root(x, alpha)[1]) ** 3


@elementwise(
    value=lambda x, alpha: jnp.maximum(x, -_largest(x)) / _root(x, alpha)[1],
    slope=_isrlu_slope,
    parameter_slopes={"alpha": _isrlu_alpha_slope},
    check=lambda alpha: positive("isrlu", alpha=alpha),
)
def isrlu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    r"""Inverse square root linear unit, an elu without an exponential.

    .. math:: \mathrm{isrlu}(x) = x \text{ for } x \ge 0, \quad x / \sqrt{1 + \alpha x^2} \text{ for } x < 0

    With r = 1 / sqrt(1 + alpha x^2) for x < 0 and 1 for x >= 0, the slope is r^3, without a kink, and
    -(x r)^3 / 2 by alpha, 0 for x >= 0. A NaN gives NaN, with slope NaN. 16-bit results are right to
    0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      alpha: the limit at -inf is -1 / sqrt(alpha); positive; a scalar or an array that broadcasts with x.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or alpha is complex or not an array.
      ValueError: if alpha does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.isrlu(jax.numpy.array([-jax.numpy.inf, 0.0, 3.0], "float16"), 4.0)
      Array([-0.5,  0. ,  3. ], dtype=float16)

    References:
      Carlile et al., Improving deep learning by inverse square root linear units, arXiv 1710.09967.
    """
    ...
