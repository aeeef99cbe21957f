"""Bounded kin of the rectifiers, and the logarithm of one: log_sigmoid, soft_sign, laplace."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import finite, logistic
from .._kernels.normal import normal_density, normal_probability
from .._kernels.numerics import expm1, exponential_parts, log1p, product_and_error
from .._mechanism.arguments import positive
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
      Cox, The regression analysis of binary sequences, Journal of the Royal Statistical Society B 1958.
    """
    ...


def _soft_sign(x: Array) -> Array:
    bounded = finite(x)
    return bounded / (1.0 + jnp.abs(bounded))


@elementwise(value=_soft_sign, slope=lambda x: 1.0 / jnp.square(1.0 + jnp.abs(finite(x))))
def soft_sign(x: ArrayLike) -> Array:
    r"""Softsign, a sigmoid with algebraic tails.

    .. math:: \mathrm{soft\_sign}(x) = \frac{x}{1 + |x|}

    The slope is `1 / (1 + |x|)^2`, without a kink. Infinite inputs give the limits -1 and 1, with slope 0
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


LAPLACE_MU, LAPLACE_SIGMA = 0.707107, 0.282095  # sqrt(1 / 2) and sqrt(1 / (4 pi)), as in Hugging Face
_FARTHEST = 64.0  # the normal probability of so many deviations is 0 in every dtype


def _standard(x: Array, mu: Array, sigma: Array, arithmetic: Arithmetic) -> tuple[Array, Array]:
    """|u| for u = (x - mu) / sigma, and what its roundings leave out."""
    if arithmetic.plain:
        return jnp.abs((x - mu) * (1.0 / sigma)), jnp.zeros((), x.dtype)
    x = jnp.clip(x, mu - _FARTHEST * sigma, mu + _FARTHEST * sigma)
    difference = x - mu
    u = difference / sigma
    if arithmetic.short:
        return jnp.abs(u), jnp.zeros((), x.dtype)
    virtual = difference - x  # Knuth's two-sum
    left_out = (x - (difference - virtual)) - (mu + virtual)
    product, error = product_and_error(u, sigma)
    low = (((difference - product) - error) + left_out) / sigma
    return jnp.abs(u), jnp.where(u < 0, -low, low)


def _laplace(x: Array, mu: Array, sigma: Array, arithmetic: Arithmetic) -> Array:
    probability = normal_probability(*_standard(x, mu, sigma, arithmetic), arithmetic)
    return jnp.where(x < mu, probability, 1.0 - probability)


def _laplace_slope(x: Array, mu: Array, sigma: Array, arithmetic: Arithmetic) -> Array:
    return normal_density(*_standard(x, mu, sigma, arithmetic), arithmetic) / sigma


def _laplace_sigma_slope(x: Array, mu: Array, sigma: Array, arithmetic: Arithmetic) -> Array:
    u = jnp.clip((x - mu) / sigma, -_FARTHEST, _FARTHEST)
    return -u * _laplace_slope(x, mu, sigma, arithmetic)


@elementwise(
    value=_laplace,
    slope=_laplace_slope,
    parameter_slopes={
        "mu": lambda x, mu, sigma, arithmetic: -_laplace_slope(x, mu, sigma, arithmetic),
        "sigma": _laplace_sigma_slope,
    },
    exponential="platform",
    check=lambda mu, sigma: positive("laplace", sigma=sigma),
)
def laplace(x: ArrayLike, mu: ArrayLike = LAPLACE_MU, sigma: ArrayLike = LAPLACE_SIGMA) -> Array:
    r"""The normal distribution function, which stands in for squared relu in the attention of Mega.

    .. math:: \mathrm{laplace}(x) = \Phi\left(\frac{x - \mu}{\sigma}\right)
        = \tfrac{1}{2} \left(1 + \mathrm{erf}\left(\frac{x - \mu}{\sigma \sqrt 2}\right)\right)

    The paper, and Hugging Face, call it so. At the defaults it meets squared relu in value and slope at
    sqrt(1 / 2). The slope is the normal density, without a kink. Infinite inputs give the limits 0 and 1,
    with slope 0. A NaN gives NaN, with slope NaN. The lower tail keeps its relative precision; 16-bit
    results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      mu: where it is 1/2, in the units of x; a scalar or an array that broadcasts with x.
      sigma: the deviation, positive, in the units of x; likewise.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x, or if sigma is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.laplace(jax.numpy.array([-jax.numpy.inf, 0.5, 2.0]), mu=0.5)
      Array([0.        , 0.5       , 0.99999994], dtype=float32)

    References:
      Ma et al., Mega: moving average equipped gated attention, ICLR 2023.
    """
    ...
