"""rrelu: a leaky rectifier whose slope is drawn anew for every element."""

import jax
from jax import Array
from jax.typing import ArrayLike

from .._mechanism.arguments import ordered
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Steps
from .rectifiers import leaky


def _slopes(x: Array, key: Array | None, lower: Array, upper: Array) -> Array:
    """One slope an element, uniform between the bounds; without a key their mean."""
    if key is None:
        return 0.5 * (lower + upper)
    return lower + (upper - lower) * jax.random.uniform(key, x.shape, x.dtype)


def _levels(x: Array, key: Array | None, lower: Array, upper: Array) -> tuple[Array, float]:
    """The slopes, drawn again from the key that is kept: `clone` says that the reuse is meant."""
    return _slopes(x, key if key is None else jax.random.clone(key), lower, upper), 1


@elementwise(
    value=lambda x, **drawn: leaky(x, _slopes(x, **drawn)),
    slope=Steps(index=lambda x, **drawn: x >= 0, levels=_levels),
    check=lambda key, lower, upper: ordered("rrelu", lower=lower, upper=upper),
)
def rrelu(
    x: ArrayLike, key: Array | None = None, lower: ArrayLike = 1 / 8, upper: ArrayLike = 1 / 3
) -> Array:
    r"""Randomized leaky rectified linear unit.

    .. math:: \mathrm{rrelu}(x) = x \text{ for } x \ge 0, \quad a x \text{ for } x < 0, \quad
        a \sim \mathrm{uniform}(\text{lower}, \text{upper})

    Without a key, for evaluation, a is the mean slope (lower + upper) / 2. The slope is a for x < 0 and 1 for
    x > 0; at the kink x = 0 it is 1. A NaN gives NaN, with the slope a. Value and slope are rounded once,
    from float32 for 16-bit floats.

    Kept for the backward pass: a mask, one byte an element, and the key, from which the slopes are drawn
    again. `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      key: a `jax.random.key` while training, None for evaluation.
      lower: the smallest slope; a scalar or an array that broadcasts with x.
      upper: the largest slope; likewise.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or a bound is complex or not an array.
      ValueError: if a bound does not broadcast with x, or if they are numbers out of order.

    Examples:
      >>> import jax, jaxrelu
      >>> x = jax.numpy.array([-24.0, 2.0])
      >>> jaxrelu.rrelu(x)
      Array([-5.5,  2. ], dtype=float32)
      >>> y = jaxrelu.rrelu(x, jax.random.key(0))
      >>> bool((-8.0 <= y[0]) & (y[0] <= -3.0))
      True

    References:
      Xu et al., Empirical evaluation of rectified activations in convolutional network, arXiv 1505.00853.
    """
    ...
