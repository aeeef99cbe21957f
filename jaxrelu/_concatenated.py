"""Functions that change the channel axis: crelu."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ._arguments import channel_axis
from ._elementwise import composed
from ._rectifiers import relu


@composed(
    relu,
    formula=lambda relu, x, axis: jnp.concatenate([relu(x), relu(-x)], channel_axis("crelu", x, axis)),
    static=("axis",),
)
def crelu(x: ArrayLike, axis: int = -1) -> Array:
    r"""Concatenated rectified linear unit: both halves of x, each rectified.

    .. math:: \mathrm{crelu}(x) = [\max(x, 0), \max(-x, 0)]

    The halves have the slopes of `relu` at x and -x: both are 0 at the kink x = 0. A NaN gives NaN in both
    halves, with slope 0. Value and slope are exact. The sum of squares is that of x.

    Kept for the backward pass: one bit an element of the result. `with_residual` also offers "input" and
    "output".

    Args:
      x: an array with at least one axis; integers are kept.
      axis: the axis to concatenate on, the channel axis; a Python int.

    Returns:
      An array of the dtype of x, twice as long on `axis`.

    Raises:
      TypeError: if x is complex or not an array.
      ValueError: if axis is out of range.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.crelu(jax.numpy.array([-2.0, 3.0]))
      Array([0., 3., 2., 0.], dtype=float32)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """
    ...
