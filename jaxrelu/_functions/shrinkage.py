"""Functions that draw small numbers to zero: hard_shrink, soft_shrink, tanh_shrink, and jump_relu."""

import itertools

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.formats import Arithmetic
from .._kernels.numerics import exponential_parts, polynomial
from .._kernels.selection import where
from .._mechanism.arguments import not_negative, positive
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Steps


@elementwise(
    value=lambda x, threshold: where(jnp.abs(x) <= threshold, 0, x),
    slope=Steps(index=lambda x, threshold: jnp.abs(x) > threshold, levels=lambda x, threshold: (0, 1)),
    parameter_slopes={"threshold": None},
    check=lambda threshold: not_negative("hard_shrink", threshold=threshold),
)
def hard_shrink(x: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    r"""The identity outside of an interval around zero, and zero in it.

    .. math:: \mathrm{hard\_shrink}(x) = x \text{ for } |x| > \text{threshold}, \quad 0 \text{ elsewhere}

    The slope is 1 outside and 0 inside; at the kinks, where the value jumps, it is 0. A NaN gives NaN, with
    slope 0. Value and slope are exact. The derivative by threshold is taken as 0: the jump has none.

    Kept for the backward pass: a mask, one byte an element.
    `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      threshold: half the length of the interval, not negative; a scalar or an array that broadcasts with x.
        PyTorch calls it lambd.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or threshold is complex or not an array.
      ValueError: if threshold does not broadcast with x, or is a negative number.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.hard_shrink(jax.numpy.array([-2.0, 0.5, 0.75]))
      Array([-2.  ,  0.  ,  0.75], dtype=float32)

    References:
      Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 1994.
    """
    ...


@elementwise(
    value=lambda x, threshold: x - jnp.clip(x, -threshold, threshold),
    slope=Steps(index=lambda x, threshold: jnp.abs(x) > threshold, levels=lambda x, threshold: (0, 1)),
    parameter_slopes={
        "threshold": lambda x, threshold: jnp.where(x > threshold, -1.0, jnp.where(x < -threshold, 1.0, 0.0))
    },
    check=lambda threshold: not_negative("soft_shrink", threshold=threshold),
)
def soft_shrink(x: ArrayLike, threshold: ArrayLike = 0.5) -> Array:
    r"""Soft thresholding: numbers are drawn towards zero by the threshold, and no further.

    .. math:: \mathrm{soft\_shrink}(x) = \mathrm{sign}(x) \max(|x| - \text{threshold}, 0)

    It is the proximal operator of `threshold |x|`. The slope is 1 outside of the thresholds and 0 between
    them, at the kinks too; by threshold it is -sign(x) outside. A NaN gives NaN, with slope 0. 16-bit
    results are right to 0.51 ulp.

    Kept for the backward pass: a mask, one byte an element; the input, if threshold is differentiated too.
    `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      threshold: by how much numbers are drawn, not negative; a scalar or an array that broadcasts with x.
        PyTorch calls it lambd.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or threshold is complex or not an array.
      ValueError: if threshold does not broadcast with x, or is a negative number.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.soft_shrink(jax.numpy.array([-2.0, 0.5, 0.75]))
      Array([-1.5 ,  0.  ,  0.25], dtype=float32)

    References:
      Donoho, De-noising by soft-thresholding, IEEE Transactions on Information Theory 1995.
    """
    ...


def _tanh_fraction(depth: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """P and Q with x - tanh(x) = x t P / Q, polynomials in t = x**2.

    Lambert's continued fraction, tanh(x) = x / (1 + t / (3 + t / (5 + ...))), down to 2 depth + 1. All its
    numbers are positive, so that nothing cancels.
    """
    tails: list[list[int]] = [[1], []]
    for k in range(depth, -1, -1):
        terms = itertools.zip_longest(((2 * k + 1) * c for c in tails[0]), [0, *tails[1]], fillvalue=0)
        tails.insert(0, [a + b for a, b in terms])
    whole, _, rest, *_ = (tuple(c / tails[0][0] for c in tail) for tail in tails)
    return rest, whole


# Relative errors for |x| <= 1: 1.4e-9 and 2.1e-19.
_FRACTION = {"float32": _tanh_fraction(5), "float64": _tanh_fraction(9)}


def _near(x: Array) -> tuple[Array, Array]:
    """x where |x| is at most 1, and x - tanh(x) there."""
    x = jnp.clip(x, -1.0, 1.0)
    t = x * x
    numerator, denominator = (polynomial(t, p) for p in _FRACTION[x.dtype.name])
    return x, (x * t) * (numerator / denominator)


def _far(x: Array, arithmetic: Arithmetic) -> Array:
    """exp(-2 |x|)."""
    s, p = exponential_parts(-2.0 * jnp.abs(x), arithmetic)
    return s * (1.0 + p)


def _tanh_shrink(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.tanh_shrink(x)
    """Near 0 as one fraction, from 1 on as |x| - 1 + 2 w / (1 + w), w = exp(-2 |x|)."""
    a, w = jnp.abs(x), _far(x, arithmetic)
    far = (a - 1.0) + 2.0 * w / (1.0 + w)
    return jnp.where(a <= 1.0, _near(x)[1], jnp.where(x < 0, -far, far))


def _tanh_shrink_slope(x: Array, arithmetic: Arithmetic) -> Array:
    if arithmetic.plain:
        return plain.tanh_shrink_slope(x)
    """tanh(x)**2, from 1 on as 1 - 4 w / (1 + w)**2."""
    near, rest = _near(x)
    w = _far(x, arithmetic)
    return jnp.where(jnp.abs(x) <= 1.0, jnp.square(near - rest), 1.0 - 4.0 * w / jnp.square(1.0 + w))


@elementwise(value=_tanh_shrink, slope=_tanh_shrink_slope, exponential="platform")
def tanh_shrink(x: ArrayLike) -> Array:
    r"""What the hyperbolic tangent leaves of x.

    .. math:: \mathrm{tanh\_shrink}(x) = x - \tanh(x)

    The slope is tanh(x)^2; there is no kink. Infinite inputs give infinities, with slope 1. A NaN gives NaN,
    with slope NaN. Near 0, where the difference is x^3 / 3, it keeps all its places, and 16-bit results are
    right to 0.51 ulp (in PyTorch and Keras the two terms cancel).

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.tanh_shrink(jax.numpy.array([-3.0, 0.0, 0.001]))
      Array([-2.0049453e+00,  0.0000000e+00,  3.3333328e-10], dtype=float32)

    References:
      PyTorch, `torch.nn.Tanhshrink`.
    """
    ...


def _in_kernel(x: Array, threshold: Array, bandwidth: Array) -> Array:
    """Whether the rectangle of this width around the threshold holds x."""
    distance = x - threshold
    return (distance > -0.5 * bandwidth) & (distance <= 0.5 * bandwidth)


@elementwise(
    value=lambda x, threshold, bandwidth: where(x <= threshold, 0, x),
    slope=Steps(
        index=lambda x, threshold, bandwidth: x > threshold, levels=lambda x, threshold, bandwidth: (0, 1)
    ),
    parameter_slopes={
        "threshold": lambda x, threshold, bandwidth: jnp.where(
            _in_kernel(x, threshold, bandwidth), -threshold / bandwidth, 0.0
        ),
        "bandwidth": None,
    },
    check=lambda threshold, bandwidth: positive("jump_relu", bandwidth=bandwidth),
)
def jump_relu(x: ArrayLike, threshold: ArrayLike, bandwidth: ArrayLike = 0.001) -> Array:
    r"""JumpReLU of sparse autoencoders: the identity above a learned threshold, and zero elsewhere.

    .. math:: \mathrm{jump\_relu}(x) = x \text{ for } x > \theta, \quad 0 \text{ elsewhere}

    The slope by x is 1 above the threshold and 0 elsewhere, at the kink, where the value jumps, too. By the
    threshold, the value has no slope but at the jump. In its place stands a straight-through estimator: the
    jump, smeared over a rectangle,

    .. math:: -\tfrac{\theta}{\epsilon} \text{ for } -\epsilon / 2 < x - \theta \le \epsilon / 2, \quad
        0 \text{ elsewhere}, \quad \epsilon = \text{bandwidth}

    so that the mean over many x estimates the slope of the expected value. The derivative by bandwidth is
    taken as 0. A NaN gives NaN, with slope 0. Value and slope are exact.

    Kept for the backward pass: the input while threshold is differentiated, else a mask, one byte an
    element. `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      threshold: where the identity begins, in the units of x; a scalar or an array that broadcasts with x,
        one value per channel as a rule. The paper learns its logarithm, as `jaxrelu.nnx.JumpReLU` does.
        Exclude it from weight decay.
      bandwidth: the width of the rectangle, in the units of x, positive; likewise.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x, or if bandwidth is a number that is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> x = jax.numpy.array([-1.0, 0.4, 0.6, 2.0])
      >>> jaxrelu.jump_relu(x, 0.5)
      Array([0. , 0. , 0.6, 2. ], dtype=float32)
      >>> float(jax.grad(lambda threshold: jaxrelu.jump_relu(x, threshold, bandwidth=0.25).sum())(0.5))
      -4.0

    References:
      Rajamanoharan et al., Jumping ahead: improving reconstruction fidelity with JumpReLU sparse
      autoencoders, arXiv 2407.14435.
    """
    ...
