"""What rectifiers are compared with, and what a configuration may name in their place."""

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.formats import Arithmetic
from .._kernels.gates import logistic, logistic_slope
from .._kernels.numerics import exponential_parts, minus_1
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Steps


@elementwise(
    value=lambda x: x,
    slope=Steps(index=lambda x: jnp.zeros(x.shape, bool), levels=lambda x: (1,)),
    selects=True,
)
def identity(x: ArrayLike) -> Array:
    r"""The identity, also called linear: no activation at all.

    .. math:: \mathrm{identity}(x) = x

    The slope is 1 everywhere, at NaN too; there is no kink.

    Kept for the backward pass: nothing inside jit, where XLA sees that the slope is 1; outside a mask, one
    byte an element. `with_residual` also offers "bits" and "input".

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers stay integers, and booleans become int32.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.identity(jax.numpy.array([-2.0, 3.0]))
      Array([-2.,  3.], dtype=float32)

    References:
      He et al., Identity mappings in deep residual networks, ECCV 2016.
    """
    ...


def _sigmoid(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.logistic(x)
    return logistic(x < 0, *exponential_parts(-jnp.abs(x), arithmetic))


def _sigmoid_slope(x: Array, arithmetic: Arithmetic) -> Array:
    return logistic_slope(*exponential_parts(-jnp.abs(x), arithmetic))


@elementwise(
    value=_sigmoid,
    slope=_sigmoid_slope,
    slope_from_output=lambda y, arithmetic: y * (1.0 - y),
    exponential="platform",
)
def sigmoid(x: ArrayLike) -> Array:
    r"""The logistic function.

    .. math:: \mathrm{sigmoid}(x) = \frac{1}{1 + e^{-x}}

    The slope is s (1 - s) with s = sigmoid(x); there is no kink. A NaN gives NaN, with slope NaN. 16-bit
    results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output": it costs nothing where the
    next layer keeps the output, and its slope, y (1 - y), carries the rounding of y.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.sigmoid(jax.numpy.array([-jax.numpy.inf, 0.0, jax.numpy.inf]))
      Array([0. , 0.5, 1. ], dtype=float32)

    References:
      Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, Nature 1986.
    """
    ...


def _tanh(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.native:
        return lax.tanh(x)
    below = minus_1(*exponential_parts(-2.0 * jnp.abs(x), arithmetic))
    size = -below / (2.0 + below)
    return jnp.where(x < 0, -size, jnp.where(x > 0, size, x))


def _tanh_slope(x: Array, arithmetic: Arithmetic) -> Array:
    return 4.0 * logistic_slope(*exponential_parts(-2.0 * jnp.abs(x), arithmetic))


@elementwise(
    value=_tanh,
    slope=_tanh_slope,
    slope_from_output=lambda y, arithmetic: (1.0 - y) * (1.0 + y),
    exponential="platform",
)
def tanh(x: ArrayLike) -> Array:
    r"""The hyperbolic tangent.

    .. math:: \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}

    The slope is 1 - tanh(x)**2; there is no kink. A NaN gives NaN, with slope NaN. 16-bit results are right
    to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output": it costs nothing where the
    next layer keeps the output, and its slope, 1 - y**2, carries the rounding of y.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.tanh(jax.numpy.array([-jax.numpy.inf, 0.0, 1.0]))
      Array([-1.        ,  0.        ,  0.76159424], dtype=float32)

    References:
      LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """
    ...
