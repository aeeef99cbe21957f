"""Bounded kin of the rectifiers, and the logarithm of one: log_sigmoid, soft_sign."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import finite, logistic
from .._kernels.numerics import expm1, exponential_parts, log1p
from .._mechanism.elementwise import elementwise


def _log_sigmoid(x: Array, arithmetic: Arithmetic) -> Array:
    s, p = exponential_parts(-jnp.abs(x), arithmetic)
    return jnp.minimum(x, 0) - log1p(s * (1.0 + p), arithmetic)


@elementwise(
    value=_log_sigmoid,
    slope=lambda x, arithmetic: logistic(x > 0, *exponential_parts(-jnp.abs(x), arithmetic)),
    slope_from_output=lambda y, arithmetic: -expm1(y, arithmetic),
    exponential="platform",
)
def log_sigmoid(x: ArrayLike) -> Array:
    r"""The logarithm of the logistic function: minus softplus of minus x.

    .. math:: \mathrm{log\_sigmoid}(x) = -\log(1 + e^{-x})

    The slope is 1 / (1 + exp(x)), without a kink. Infinite inputs give the limits -inf and 0, slopes 1 and 0.
    A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output": its slope, 1 - exp(y),
    carries the rounding of y.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.log_sigmoid(jax.numpy.array([-40.0, 0.0, jax.numpy.inf]))
      Array([-40.       ,  -0.6931472,   0.       ], dtype=float32)

    References:
      A textbook on logistic regression.
    """
    ...


def _soft_sign(x: Array) -> Array:
    bounded = finite(x)
    return bounded / (1.0 + jnp.abs(bounded))


@elementwise(value=_soft_sign, slope=lambda x: 1.0 / jnp.square(1.0 + jnp.abs(finite(x))))
def soft_sign(x: ArrayLike) -> Array:
    r"""Softsign, a sigmoid with algebraic tails.

    .. math:: \mathrm{soft\_sign}(x) = \frac{x}{1 + |x|}

    The slope is 1 / (1 + |x|)^2, without a kink. Infinite inputs give the limits -1 and 1, with slope 0
    (jax.nn gives NaN). A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.soft_sign(jax.numpy.array([-jax.numpy.inf, 1.0, 3.0]))
      Array([-1.  ,  0.5 ,  0.75], dtype=float32)

    References:
      Bergstra et al., Quadratic polynomials learn better image features, 2009; Glorot and Bengio,
      Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
    """
    ...
