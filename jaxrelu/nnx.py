"""Flax NNX modules: they hold parameters and call the function."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from ._concatenated import crelu
from ._learned import prelu
from ._modules import Init, cast, channel_shape, initializer, resolve

__all__ = ["Activation", "CReLU", "PReLU"]


class PReLU(nnx.Module):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.nnx.PReLU`.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    Args:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      num_features: the number of channels for one slope per channel; None for one slope in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the slope; it never changes the dtype of the result.
      negative_slope_metadata: passed to `nnx.Param`, for sharding and the like.
      rngs: needed only by an initializer that draws random numbers.

    Attributes:
      negative_slope: `nnx.Param` of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis when called.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from flax import nnx
      >>> from jaxrelu.nnx import PReLU
      >>> model = PReLU(0.25, num_features=3)
      >>> model(jnp.array([-4.0, 0.0, 4.0]))
      Array([-1.,  0.,  4.], dtype=float32)
      >>> def decayed(parameters):
      ...     return jax.tree.map_with_path(lambda path, _: "negative_slope" not in str(path), parameters)
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=decayed), wrt=nnx.Param)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    def __init__(
        self,
        negative_slope_init: Init = 0.01,
        *,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        negative_slope_metadata: Mapping[str, Any] | None = None,
        rngs: nnx.Rngs | None = None,
    ):
        key = rngs.params() if rngs is not None else jax.random.key(0)
        shape = channel_shape("PReLU", num_features)
        self.negative_slope = nnx.Param(
            initializer(negative_slope_init)(key, shape, param_dtype), **(negative_slope_metadata or {})
        )
        self.axis = axis
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.PReLU")
    def __call__(self, x: ArrayLike) -> Array:
        return prelu(cast(x, self.dtype), self.negative_slope[...], self.axis)


class CReLU(nnx.Module):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Args:
      axis: the channel axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import CReLU
      >>> CReLU()(jnp.ones((2, 3))).shape
      (2, 6)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """

    def __init__(self, axis: int = -1):
        self.axis = axis

    @jax.named_scope("jaxrelu.nnx.CReLU")
    def __call__(self, x: ArrayLike) -> Array:
        return crelu(x, self.axis)


class Activation(nnx.Module):
    """Any function without learned parameters, as a module.

    Args:
      function: a name of the catalogue, or a function.
      **parameters: its arguments other than x; plain numbers, strings and bools.

    Raises:
      ValueError: if the name is unknown.
      TypeError: if function is neither a name nor a function.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import Activation
      >>> Activation("leaky_relu", negative_slope=0.5)(jnp.array([-2.0, 2.0]))
      Array([-1.,  2.], dtype=float32)
    """

    def __init__(self, function: str | Callable[..., Array], **parameters: Any):
        self.function = resolve(function, parameters)

    @jax.named_scope("jaxrelu.nnx.Activation")
    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)
