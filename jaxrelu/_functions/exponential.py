"""Exponential rectifiers: elu, celu, selu, softplus."""

import math

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import logistic
from .._kernels.numerics import (
    exp,
    expm1,
    exponential_parts,
    log1p,
    minus_1,
    product_exp,
    product_parts,
    quotient_exp,
    times_exp,
)
from .._mechanism.arguments import positive
from .._mechanism.elementwise import elementwise

# The fixed point of mean 0 and variance 1 (Klambauer et al. 2017, appendix), in closed form.
_EDGE = math.exp(0.5) * math.erfc(math.sqrt(0.5))
SELU_ALPHA = -math.sqrt(2.0 / math.pi) / (_EDGE - 1.0)
SELU_SCALE = 1.0507009873554804934193349852946


@elementwise(
    value=lambda x, alpha, arithmetic: jnp.where(x >= 0, x, alpha * expm1(x, arithmetic)),  # and -0 stays -0
    slope=lambda x, alpha, arithmetic: jnp.where(x > 0, 1.0, alpha * exp(x, arithmetic)),
    slope_from_output=lambda y, alpha, arithmetic: jnp.where(y > 0, 1.0, y + alpha),
    parameter_slopes={"alpha": lambda x, alpha, arithmetic: expm1(x, arithmetic)},
    exponential="platform",
    check=lambda alpha: positive("elu", alpha=alpha),
)
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    r"""Exponential linear unit.

    .. math:: \mathrm{elu}(x) = x \text{ for } x > 0, \quad \alpha (e^x - 1) \text{ for } x \le 0

    The slope is 1 for x > 0 and alpha exp(x) for x <= 0, so alpha at the kink x = 0, as in `jax.nn`. A NaN
    gives NaN, with slope NaN. The tail of the slope keeps all its places (jax.nn's is 0 from -17 on in
    float32); 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output", for alpha > 0: it costs
    nothing where the next layer keeps the output, and its slope, y + alpha, carries the rounding of y.

    Args:
      x: an array of any shape.
      alpha: minus the limit at -inf; a scalar or an array that broadcasts with x.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or alpha is complex or not an array.
      ValueError: if alpha does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.elu(jax.numpy.array([-jax.numpy.inf, 0.0, 3.0]))
      Array([-1.,  0.,  3.], dtype=float32)

    References:
      Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear
      units, ICLR 2016.
    """
    ...


@elementwise(
    value=lambda x, alpha, arithmetic: jnp.where(
        x >= 0, x, alpha * minus_1(*quotient_exp(x, alpha, arithmetic))
    ),
    slope=lambda x, alpha, arithmetic: jnp.where(
        x > 0, 1.0, times_exp(jnp.ones_like(x), *quotient_exp(x, alpha, arithmetic))
    ),
    slope_from_output=lambda y, alpha, arithmetic: jnp.where(y > 0, 1.0, y / alpha + 1.0),
    parameter_slopes={
        "alpha": lambda x, alpha, arithmetic: _celu_alpha_slope(jnp.minimum(x, 0) / alpha, arithmetic)
    },
    exponential="own",
    check=lambda alpha: positive("celu", alpha=alpha),
)
def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    r"""Continuously differentiable exponential linear unit.

    .. math:: \mathrm{celu}(x) = x \text{ for } x > 0, \quad \alpha (e^{x / \alpha} - 1) \text{ for } x \le 0

    The slope is 1 for x >= 0 and exp(x / alpha) for x < 0, without a kink. A NaN gives NaN, with slope NaN.
    16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output", as for `elu`.

    Args:
      x: an array of any shape.
      alpha: minus the limit at -inf, positive; a scalar or an array that broadcasts with x.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or alpha is complex or not an array.
      ValueError: if alpha does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.celu(jax.numpy.array([-jax.numpy.inf, 0.0, 3.0]), 2.0)
      Array([-2.,  0.,  3.], dtype=float32)

    References:
      Barron, Continuously differentiable exponential linear units, arXiv 1704.07483.
    """
    ...


def _celu_alpha_slope(u: Array, arithmetic: Arithmetic) -> Array:
    """d/dalpha of alpha expm1(x / alpha) at u = x / alpha: expm1(u) - u exp(u)."""
    return expm1(u, arithmetic) - jnp.maximum(u, jnp.finfo(u.dtype).min) * exp(u, arithmetic)


@elementwise(
    value=lambda x, arithmetic: jnp.where(
        x >= 0, SELU_SCALE * x, SELU_SCALE * SELU_ALPHA * expm1(x, arithmetic)
    ),
    slope=lambda x, arithmetic: jnp.where(x > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * exp(x, arithmetic)),
    slope_from_output=lambda y, arithmetic: jnp.where(y > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA),
    exponential="platform",
)
def selu(x: ArrayLike) -> Array:
    r"""Scaled exponential linear unit.

    .. math:: \mathrm{selu}(x) = \lambda x \text{ for } x > 0, \quad \lambda \alpha (e^x - 1)
        \text{ for } x \le 0, \quad \lambda = 1.0507009873554805, \ \alpha = 1.6732632423543772

    The slope is lambda for x > 0 and lambda alpha exp(x) for x <= 0, so 1.7581 at the kink x = 0, as in
    `jax.nn` and PyTorch. A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output", as for `elu`.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.selu(jax.numpy.array([-jax.numpy.inf, 0.0, 1.0]))
      Array([-1.7580993,  0.       ,  1.050701 ], dtype=float32)

    References:
      Klambauer et al., Self-normalizing neural networks, NeurIPS 2017.
    """
    ...


def _softplus(x: Array, beta: Array | None, arithmetic: Arithmetic) -> Array:
    if beta is None:
        s, p = exponential_parts(-jnp.abs(x), arithmetic)
        return jnp.maximum(x, 0) + log1p(s * (1.0 + p), arithmetic)
    s, p = product_exp(jnp.abs(x), beta, arithmetic)
    return jnp.maximum(x, 0) + log1p(s * (1.0 + p), arithmetic) / beta


def _softplus_slope(x: Array, beta: Array | None, arithmetic: Arithmetic) -> Array:
    a = jnp.abs(x)
    parts = exponential_parts(-a, arithmetic) if beta is None else product_exp(a, beta, arithmetic)
    return logistic(x < 0, *parts)


def _softplus_beta_slope(x: Array, beta: Array, arithmetic: Arithmetic) -> Array:
    """Minus the entropy of the logistic function at z = beta x, over beta**2; all its terms are positive."""
    high, low = product_parts(jnp.abs(x), beta, arithmetic)
    s, p = exponential_parts(-high, arithmetic, low=-low)
    w = s * (1.0 + p)
    return -(log1p(w, arithmetic) + (high + low) * w / (1.0 + w)) / jnp.square(beta)


@elementwise(
    value=_softplus,
    slope=_softplus_slope,
    slope_from_output=lambda y, beta, arithmetic: -expm1(-y if beta is None else -beta * y, arithmetic),
    parameter_slopes={"beta": _softplus_beta_slope},
    exponential="platform",
    check=lambda beta: positive("softplus", beta=beta),
)
def softplus(x: ArrayLike, beta: ArrayLike | None = None) -> Array:
    r"""Softplus, the smooth rectifier whose slope is the logistic function.

    .. math:: \mathrm{softplus}(x) = \tfrac{1}{\beta} \log(1 + e^{\beta x})

    The slope is 1 / (1 + exp(-beta x)), without a kink; by beta it is minus the entropy of this probability,
    over beta^2. A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` also offers "output": it costs nothing where the
    next layer keeps the output, and its slope, 1 - exp(-beta y), carries the rounding of y.

    Args:
      x: an array of any shape.
      beta: how sharply it bends, positive; a scalar or an array that broadcasts with x. None, the default,
        means 1, as in `jax.nn`, and costs nothing. The larger beta, the closer to relu.

    Returns:
      An array of the dtype of x, whatever the dtype of beta; integers become floats.

    Raises:
      TypeError: if x or beta is complex or not an array.
      ValueError: if beta does not broadcast with x, or is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.softplus(jax.numpy.array([-jax.numpy.inf, 0.0, 40.0]))
      Array([ 0.       ,  0.6931472, 40.       ], dtype=float32)
      >>> jaxrelu.softplus(jax.numpy.array([-1.0, 0.0, 1.0]), beta=10.0).round(4)
      Array([0.    , 0.0693, 1.    ], dtype=float32)

    References:
      Dugas et al., Incorporating second-order functional knowledge for better option pricing, NIPS 2000.
    """
    ...
