"""Flax Linen modules: they hold parameters and call the function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from ._concatenated import crelu
from ._learned import prelu
from ._modules import Init, cast, channel_shape, initializer, resolve

__all__ = ["Activation", "CReLU", "PReLU"]


class PReLU(nn.Module):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.linen.PReLU`.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    Attributes:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      num_features: the number of channels for one slope per channel; None for one slope in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the slope; it never changes the dtype of the result.

    The parameter is `negative_slope`, of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.linen import PReLU
      >>> x = jnp.array([-4.0, 0.0, 4.0])
      >>> model = PReLU(0.25, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1.,  0.,  4.], dtype=float32)
      >>> def decayed(parameters):
      ...     return jax.tree.map_with_path(lambda path, _: "negative_slope" not in str(path), parameters)
      >>> optimizer = optax.adamw(1e-3, mask=decayed)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    negative_slope_init: Init = 0.01
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.PReLU")
    def __call__(self, x: ArrayLike) -> Array:
        shape = channel_shape("PReLU", self.num_features)
        init = initializer(self.negative_slope_init)
        return prelu(
            cast(x, self.dtype), self.param("negative_slope", init, shape, self.param_dtype), self.axis
        )


class CReLU(nn.Module):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Attributes:
      axis: the channel axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import CReLU
      >>> CReLU().apply({}, jnp.ones((2, 3))).shape
      (2, 6)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """

    axis: int = -1

    @jax.named_scope("jaxrelu.linen.CReLU")
    def __call__(self, x: ArrayLike) -> Array:
        return crelu(x, self.axis)


class _Activation(nn.Module):
    function: Callable[[Any], Array]

    @jax.named_scope("jaxrelu.linen.Activation")
    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)


_Activation.__name__ = "Activation"  # Linen names submodules after their class


def Activation(
    function: str | Callable[..., Array], *, name: str | None = None, **parameters: Any
) -> nn.Module:
    """Any function without learned parameters, as a module.

    Args:
      function: a name of the catalogue, or a function.
      name: the name of the submodule.
      **parameters: its arguments other than x; plain numbers, strings and bools.

    Returns:
      A Linen module without parameters.

    Raises:
      ValueError: if the name is unknown.
      TypeError: if function is neither a name nor a function.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import Activation
      >>> Activation("leaky_relu", negative_slope=0.5).apply({}, jnp.array([-2.0, 2.0]))
      Array([-1.,  2.], dtype=float32)
    """
    return _Activation(resolve(function, parameters), name=name)
