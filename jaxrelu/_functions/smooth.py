"""Smooth rectifiers x s(x) with a gate s between 0 and 1: gelu, also clipped, mish, telu."""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.coefficients import TELU
from .._kernels.formats import Arithmetic, of_format
from .._kernels.gates import finite, gated, gated_slope, mirrored
from .._kernels.normal import normal_tail, normal_tail_slope
from .._kernels.numerics import cubic_exp, exponential_parts, polynomial, times_exp
from .._kernels.selection import where
from .._mechanism.elementwise import elementwise

# gelu(approximate=True) is x logistic(2 u), u = sqrt(2 / pi) (x + 0.044715 x**3): the gate's argument
# and its derivative are x times a polynomial in x**2.
_TANH_LINEAR = (1.5957691216057308, -9.969308809110920e-17)  # 2 sqrt(2 / pi), as a double and the rest
_TANH_CUBIC = (0.07135481627260025, -6.175149918155315e-19)  # 0.044715 times that
_TELU_LIMIT = 4.0  # tanh(exp(x)) is 1 from here on in every dtype
_TELU_BELOW = -0.35  # exp(2 x) is below 1/2 up to here
_MISH_LIMIT = 750.0  # exp(-x) is 0 from here on in every dtype


def _refuse_words(approximate: bool) -> None:
    """Other libraries say "tanh" and "none", both of which Python takes for true."""
    if not isinstance(approximate, (bool, np.bool_)):
        raise TypeError(f"gelu: approximate must be True or False, got {approximate!r}")


def _gelu(x: Array, approximate: bool, arithmetic: Arithmetic) -> Array:
    _refuse_words(approximate)
    if approximate and arithmetic.plain:
        return plain.gelu(x, _TANH_LINEAR[0], _TANH_CUBIC[0])
    a = jnp.abs(x)
    if approximate:
        s, p, *_ = cubic_exp(a, _TANH_LINEAR, _TANH_CUBIC, arithmetic)
        return gated(x, s, p)
    below = normal_tail(a, arithmetic)
    if arithmetic.plain:
        return jnp.maximum(x, -0.0) - below  # minus, so that a value that underflows keeps its sign
    return jnp.where(x < 0, -below, x - below)


def _gelu_slope(x: Array, approximate: bool, arithmetic: Arithmetic) -> Array:
    if approximate and arithmetic.plain:
        return plain.gelu_slope(x, _TANH_LINEAR[0], _TANH_CUBIC[0])
    a = jnp.abs(x)
    if approximate:
        return gated_slope(x < 0, *cubic_exp(a, _TANH_LINEAR, _TANH_CUBIC, arithmetic))
    return mirrored(x < 0, normal_tail_slope(a, arithmetic))


@elementwise(value=_gelu, slope=_gelu_slope, exponential="platform", static=("approximate",))
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
      >>> jaxrelu.gelu(jax.numpy.array([-jax.numpy.inf, -1.0, 9.0], "float16"), approximate=False)
      Array([-0.    , -0.1587,  9.    ], dtype=float16)

    References:
      Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415.
    """
    ...


_GELU_10_LIMIT = 10.0


@elementwise(
    value=lambda x, arithmetic: where(x >= _GELU_10_LIMIT, _GELU_10_LIMIT, _gelu(x, False, arithmetic)),
    slope=lambda x, arithmetic: jnp.where(x >= _GELU_10_LIMIT, 0.0, _gelu_slope(x, False, arithmetic)),
    exponential="platform",
)
def gelu_10(x: ArrayLike) -> Array:
    r"""Exact gelu, clipped at 10, for models that are quantised.

    .. math:: \mathrm{gelu\_10}(x) = \min(x \, \Phi(x), 10)

    The lower bound of Hugging Face, -10, is never reached. The slope is that of exact `gelu` for x < 10 and 0
    above, at the kink x = 10 too, as in `relu6`. A NaN gives NaN, with slope NaN. 16-bit results are right to
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
      >>> jaxrelu.gelu_10(jax.numpy.array([-jax.numpy.inf, -1.0, 9.0, 99.0], "float16"))
      Array([-0.    , -0.1587,  9.    , 10.    ], dtype=float16)

    References:
      Wu et al., Integer quantization for deep learning inference: principles and empirical evaluation,
      arXiv 2004.09602.
    """
    ...


def _mish(x: Array, arithmetic: Arithmetic) -> Array:
    """x w (1 + w / 2) / (1 + w + w**2 / 2) below, x - x w**2 / (1 / 2 + w + w**2) above, w = exp(-|x|)."""
    if arithmetic.plain:
        return plain.mish(x)
    below = x <= 0
    bounded = finite(x)
    s, p = exponential_parts(-jnp.abs(x), arithmetic)
    w = s * (1.0 + p)
    t = p + 0.5 * w * (1.0 + p)  # w (1 + w / 2) = s (1 + t)
    numerator = jnp.where(below, s * (bounded + bounded * t), -w * (bounded * w))
    base = jnp.maximum(x, -0.0)  # minus, so that a value that underflows keeps its sign
    return base + numerator / jnp.where(below, (1.0 + s) + s * t, 0.5 + w * (1.0 + w))


def _mish_slope(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.mish_slope(x)
    below = x < 0
    s, p = exponential_parts(-jnp.abs(x), arithmetic)  # as in the value: one program computes it once
    x = jnp.clip(x, -_MISH_LIMIT, _MISH_LIMIT)
    w = s * (1.0 + p)
    # Below: w (1 + x + w (3 / 2 + x + w (1 + w / 4))) / d**2, d = 1 + w + w**2 / 2 = d0 + d1, d0 exact.
    outer = (1.0 + x) + w * ((1.5 + x) + w * (1.0 + 0.25 * w))
    d0, d1 = 1.0 + s, s * p + 0.5 * w * w
    # Above: 1 + 2 w**2 (2 x (1 + w) - u) / u**2, u = 1 + 2 w (1 + w).
    u = 1.0 + 2.0 * w * (1.0 + w)
    numerator = jnp.where(below, times_exp(outer, s, p), 2.0 * w * w * (2.0 * x * (1.0 + w) - u))
    denominator = jnp.where(below, d0 * d0 + d1 * (2.0 * d0 + d1), u * u)
    return jnp.where(below, 0.0, 1.0) + numerator / denominator


@elementwise(value=_mish, slope=_mish_slope, exponential="platform")
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
      >>> jaxrelu.mish(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0], "float16"))
      Array([-0.    , -0.3035,  2.986 ], dtype=float16)

    References:
      Misra, Mish: a self regularized non-monotonic activation function, arXiv 1908.08681.
    """
    ...


def _telu_parts(x: Array, arithmetic: Arithmetic) -> tuple[Array, Array | float, Array, Array]:
    """The parts of e = exp(x), tanh(e) and 1 / cosh(e)**2, by exp(-2 e); e is bounded where tanh(e) is 1."""
    s, p = exponential_parts(jnp.minimum(x, _TELU_LIMIT), arithmetic)
    scale, rest = exponential_parts(-2.0 * (s * (1.0 + p)), arithmetic)
    q = scale * (1.0 + rest)
    minus_expm1 = (1.0 - scale) - scale * rest
    return s, p, minus_expm1 / (1.0 + q), 4.0 * q / jnp.square(1.0 + q)


def _telu(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.telu(x)
    *_, tanh, _ = _telu_parts(x, arithmetic)
    return jnp.where(x > _TELU_LIMIT, x, finite(x) * tanh)


def _telu_slope(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.telu_slope(x)
    s, p, tanh, sech_squared = _telu_parts(x, arithmetic)
    x = jnp.clip(x, -_MISH_LIMIT, _MISH_LIMIT)
    slope = tanh + x * s * (1.0 + p) * sech_squared
    # Below, the two terms cancel. There tanh(e) = e (1 - r) with a small r, and 1 + x is exact near the zero.
    e = jnp.minimum(s * (1.0 + p), 1.0)  # above, where it is not used, its powers would overflow
    r = e * e * polynomial(e * e, of_format(TELU, x, arithmetic))
    t = e * (1.0 - r)
    return jnp.where(x < _TELU_BELOW, times_exp(((1.0 + x) - r) - x * t * t, s, p), slope)


@elementwise(value=_telu, slope=_telu_slope, exponential="platform")
def telu(x: ArrayLike) -> Array:
    r"""Hyperbolic tangent exponential linear unit.

    .. math:: \mathrm{telu}(x) = x \tanh(e^x)

    The slope is tanh(e^x) + x e^x / cosh(e^x)^2; there is no kink. Infinite inputs give the limits 0 and
    inf, slopes 0 and 1. A NaN gives NaN, with slope NaN. 16-bit results are right to 0.51 ulp.

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
      >>> jaxrelu.telu(jax.numpy.array([-jax.numpy.inf, -1.0, 3.0], "float16"))
      Array([-0.   , -0.352,  3.   ], dtype=float16)

    References:
      Fernandez and Mali, TeLU activation function for fast and stable deep learning, arXiv 2412.20269.
    """
    ...
