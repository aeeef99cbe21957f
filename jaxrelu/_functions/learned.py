"""Functions whose parameters are trained: prelu, srelu, pelu, xielu."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import finite
from .._kernels.numerics import (
    CURVE_FROM,
    curve_and_line,
    exp,
    expm1,
    exponential_parts,
    minus_1,
    quotient_exp,
    times_exp,
)
from .._kernels.selection import where
from .._mechanism.arguments import as_operand, check_broadcast, per_channel, positive
from .._mechanism.composition import composed
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Formula, Steps
from .rectifiers import leaky_relu, scaled


def _prelu(leaky_relu: Formula, x: Array, negative_slope: ArrayLike, axis: int) -> Array:
    slope = as_operand("prelu", "negative_slope", negative_slope)
    if slope.ndim < 2:
        return leaky_relu(x, per_channel("prelu", "negative_slope", slope, x, axis))
    check_broadcast("prelu", "negative_slope", slope.shape, x)
    return leaky_relu(x, slope)


@composed(leaky_relu, formula=_prelu, static=("axis",))
def prelu(x: ArrayLike, negative_slope: ArrayLike, axis: int = -1) -> Array:
    r"""Parametric rectified linear unit: a leaky_relu whose slope is learned.

    .. math:: \mathrm{prelu}(x) = x \text{ for } x \ge 0, \quad \text{negative\_slope} \cdot x
        \text{ for } x < 0

    The slope by x is that of `leaky_relu`, 1 at the kink x = 0; the derivative by negative_slope is
    min(x, 0), summed in float32 over all that share the slope. A NaN gives NaN, with the slope
    negative_slope.

    Kept for the backward pass: the input while negative_slope is differentiated, else (a frozen slope) a
    mask, one byte an element. `with_residual` offers what `leaky_relu` offers.

    Args:
      x: an array of any shape.
      negative_slope: a scalar; one slope per channel of `axis`, of shape (channels,); or an array of two axes
        or more that broadcasts to the shape of x, such as (height, width, 1). Exclude it from weight decay:
        `optax.add_decayed_weights(rate, mask=...)`, see `jaxrelu.nnx.PReLU`.
      axis: the channel axis of x; a Python int. It counts for one slope per channel alone.

    Returns:
      An array of the shape and dtype of x, whatever the dtype of negative_slope; integers become floats.

    Raises:
      TypeError: if x or negative_slope is complex or not an array.
      ValueError: if axis is out of range, or negative_slope is neither a scalar nor one per channel, and
        does not broadcast to x.

    Examples:
      >>> import jax, jaxrelu
      >>> x = jax.numpy.array([[-2.0, -2.0], [1.0, -4.0]])
      >>> jaxrelu.prelu(x, jax.numpy.array([0.25, 0.5]))
      Array([[-0.5, -1. ],
             [ 1. , -2. ]], dtype=float32)
      >>> jax.grad(lambda a: jaxrelu.prelu(x, a).sum())(jax.numpy.array([0.25, 0.5]))
      Array([-2., -6.], dtype=float32)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """
    ...


def _srelu(
    x: Array, left_threshold: Array, left_slope: Array, right_threshold: Array, right_slope: Array
) -> Array:
    left = left_threshold + scaled(left_slope, x - left_threshold)
    right = right_threshold - scaled(right_slope, right_threshold - x)
    return jnp.where(x >= right_threshold, right, jnp.where(x <= left_threshold, left, x))


def _outside(x: Array, left_threshold: Array, right_threshold: Array) -> tuple[Array, Array]:
    """x - threshold on either side, finite, and 0 elsewhere."""
    right = jnp.where(x >= right_threshold, finite(x) - right_threshold, 0.0)
    left = jnp.where((x <= left_threshold) & (x < right_threshold), finite(x) - left_threshold, 0.0)
    return left, right


@elementwise(
    value=_srelu,
    slope=Steps(
        index=lambda x, left_threshold, left_slope, right_threshold, right_slope: where(
            x >= right_threshold, 2, (~(x <= left_threshold)).astype(jnp.uint8)
        ),
        levels=lambda x, left_threshold, left_slope, right_threshold, right_slope: (
            left_slope,
            1,
            right_slope,
        ),
    ),
    parameter_slopes={
        "left_threshold": lambda x, left_threshold, left_slope, right_threshold, right_slope: jnp.where(
            (x <= left_threshold) & (x < right_threshold), 1.0 - left_slope, 0.0
        ),
        "left_slope": lambda x, left_threshold, left_slope, right_threshold, right_slope: _outside(
            x, left_threshold, right_threshold
        )[0],
        "right_threshold": lambda x, left_threshold, left_slope, right_threshold, right_slope: jnp.where(
            x >= right_threshold, 1.0 - right_slope, 0.0
        ),
        "right_slope": lambda x, left_threshold, left_slope, right_threshold, right_slope: _outside(
            x, left_threshold, right_threshold
        )[1],
    },
)
def srelu(
    x: ArrayLike,
    left_threshold: ArrayLike,
    left_slope: ArrayLike,
    right_threshold: ArrayLike,
    right_slope: ArrayLike,
) -> Array:
    r"""S-shaped rectified linear unit: the identity between two thresholds, learned lines outside.

    .. math:: \mathrm{srelu}(x) = t_r + a_r (x - t_r) \text{ for } x \ge t_r, \quad
        t_l + a_l (x - t_l) \text{ for } x \le t_l, \quad x \text{ between}

    The slope is left_slope, 1 and right_slope; at the kinks that of the outer line. By a threshold it is 1
    minus the slope of its line, by a slope the distance from the threshold; 0 elsewhere. A NaN gives NaN,
    with slope 1. Value and slope are rounded once, from float32 for 16-bit floats.

    Kept for the backward pass: the input while a parameter is differentiated, else a mask, one byte an
    element. `with_residual` also offers "bits" (two bits an element) and "input".

    Args:
      x: an array of any shape.
      left_threshold: where the left line begins, in the units of x; a scalar or an array that broadcasts
        with x, one value per channel as a rule, like the others. Exclude all four from weight decay.
      left_slope: the slope of the left line.
      right_threshold: where the right line begins, in the units of x.
      right_slope: the slope of the right line.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.srelu(jax.numpy.array([-4.0, 0.5, 3.0]), 0.0, 0.25, 1.0, 0.5)
      Array([-1. ,  0.5,  2. ], dtype=float32)

    References:
      Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016.
    """
    ...


@elementwise(
    value=lambda x, alpha, beta, arithmetic: jnp.where(
        x >= 0, (alpha / beta) * x, alpha * minus_1(*quotient_exp(x, beta, arithmetic))
    ),
    slope=lambda x, alpha, beta, arithmetic: times_exp(alpha / beta, *quotient_exp(x, beta, arithmetic)),
    parameter_slopes={
        "alpha": lambda x, alpha, beta, arithmetic: jnp.where(
            x >= 0, finite(x) / beta, expm1(x / beta, arithmetic)
        ),
        "beta": lambda x, alpha, beta, arithmetic: (
            -(alpha / beta) * (finite(x) / beta) * jnp.where(x >= 0, 1.0, exp(x / beta, arithmetic))
        ),
    },
    exponential="own",
    check=lambda alpha, beta: positive("pelu", alpha=alpha, beta=beta),
)
def pelu(x: ArrayLike, alpha: ArrayLike = 1.0, beta: ArrayLike = 1.0) -> Array:
    r"""Parametric exponential linear unit.

    .. math:: \mathrm{pelu}(x) = (\alpha / \beta) x \text{ for } x \ge 0, \quad
        \alpha (e^{x / \beta} - 1) \text{ for } x < 0

    The slope is alpha / beta for x >= 0 and (alpha / beta) exp(x / beta) for x < 0, without a kink; by alpha
    it is value / alpha, by beta -(x / beta) slope. A NaN gives NaN, with slope NaN. 16-bit results are right
    to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      alpha: minus the limit at -inf, positive; a scalar or an array that broadcasts with x.
      beta: the decay length, positive, in the units of x; likewise. Exclude both from weight decay.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.pelu(jax.numpy.array([-jax.numpy.inf, 0.0, 3.0]), 2.0, 0.5)
      Array([-2.,  0., 12.], dtype=float32)

    References:
      Trottier, Giguere and Chaib-draa, Parametric exponential linear unit for deep convolutional neural
      networks, arXiv 1605.09332.
    """
    ...


def _xielu(x: Array, alpha_p: Array, alpha_n: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    above = jnp.maximum(x, 0)
    far = alpha_n * expm1(x, arithmetic) + scaled(beta - alpha_n, jnp.minimum(x, 0))
    below = jnp.where(x < CURVE_FROM, far, curve_and_line(x, alpha_n, beta, arithmetic))
    return jnp.where(x >= 0, x * (alpha_p * above + beta), below)


def _xielu_slope(x: Array, alpha_p: Array, alpha_n: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    """Below, alpha_n (exp(x) - 1) + beta; the product with s is exact, and first in the sum."""
    s, p = exponential_parts(jnp.minimum(x, 0), arithmetic)
    start = alpha_n * s
    below = (start + (beta - alpha_n)) + start * p
    return jnp.where(x > 0, 2.0 * alpha_p * jnp.maximum(x, 0) + beta, below)


@elementwise(
    value=_xielu,
    slope=_xielu_slope,
    parameter_slopes={
        "alpha_p": lambda x, alpha_p, alpha_n, beta, arithmetic: jnp.square(jnp.maximum(x, 0)),
        "alpha_n": lambda x, alpha_p, alpha_n, beta, arithmetic: expm1(x, arithmetic) - jnp.minimum(x, 0),
        "beta": lambda x, alpha_p, alpha_n, beta, arithmetic: x,
    },
    exponential="own",
)
def xielu(x: ArrayLike, alpha_p: ArrayLike = 0.8, alpha_n: ArrayLike = 0.8, beta: ArrayLike = 0.5) -> Array:
    r"""Expanded integral of the exponential linear unit.

    .. math:: \mathrm{xielu}(x) = \alpha_p x^2 + \beta x \text{ for } x > 0, \quad
        \alpha_n (e^x - 1 - x) + \beta x \text{ for } x \le 0

    The slope is 2 alpha_p x + beta for x > 0 and alpha_n (exp(x) - 1) + beta for x <= 0, without a kink; x^2
    or 0 by alpha_p, exp(x) - 1 - x or 0 by alpha_n, x by beta. A NaN gives NaN, with slope NaN. 16-bit
    results are right to 0.51 ulp, also where the terms cancel.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      alpha_p: the curvature above 0, positive; a scalar or an array that broadcasts with x. The paper trains
        it through softplus, as `jaxrelu.nnx.XIELU` does. Exclude it from weight decay.
      alpha_n: the curvature below 0, above beta; likewise.
      beta: the slope at 0, fixed in the paper; likewise.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.xielu(jax.numpy.array([0.0, 2.0]), 1.0, 1.0)
      Array([0., 5.], dtype=float32)

    References:
      Huang and Schlag, Deriving activation functions using integration, arXiv 2411.13010.
    """
    ...
