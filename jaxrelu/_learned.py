"""Functions whose parameters are trained: prelu."""

from jax import Array
from jax.typing import ArrayLike

from ._arguments import per_channel
from ._elementwise import composed
from ._rectifiers import leaky_relu


@composed(
    leaky_relu,
    formula=lambda leaky_relu, x, negative_slope, axis: leaky_relu(
        x, per_channel("prelu", "negative_slope", negative_slope, x, axis)
    ),
    static=("axis",),
)
def prelu(x: ArrayLike, negative_slope: ArrayLike, axis: int = -1) -> Array:
    r"""Parametric rectified linear unit: a leaky_relu whose slope is learned.

    .. math:: \mathrm{prelu}(x) = x \text{ for } x \ge 0, \quad \text{negative\_slope} \cdot x
        \text{ for } x < 0

    The slope by x is that of `leaky_relu`, 1 at the kink x = 0; the derivative by negative_slope is
    min(x, 0), summed in float32 over all that share the slope. A NaN gives NaN, with the slope
    negative_slope.

    Kept for the backward pass: the input while negative_slope is differentiated, else (a frozen slope) one
    bit an element. `with_residual` offers what `leaky_relu` offers.

    Args:
      x: an array of any shape.
      negative_slope: a scalar, or one slope per channel of `axis`, of shape (channels,). Exclude it from
        weight decay: `optax.add_decayed_weights(rate, mask=...)`, see `jaxrelu.nnx.PReLU`.
      axis: the channel axis of x; a Python int.

    Returns:
      An array of the shape and dtype of x, whatever the dtype of negative_slope; integers become floats.

    Raises:
      TypeError: if x or negative_slope is complex or not an array.
      ValueError: if axis is out of range, or negative_slope is neither a scalar nor one per channel.

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
