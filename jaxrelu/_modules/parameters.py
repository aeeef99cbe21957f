"""How the parameters of the NNX and the Linen modules are initialised, and how they lie along the input."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer, constant, lecun_normal, normal

from .._functions.exponential import softplus
from .._mechanism.arguments import channel_axis
from .._mechanism.drawn import Drawn
from .checks import check_length

# What `negative_slope_init` and its like may be: a value, or an initializer `(key, shape, dtype)`.
Init = float | Initializer

KERNEL: Init = Drawn(lecun_normal)  # of every matrix and convolution, as in Flax
APL_OFFSETS: Init = Drawn(normal, (0.5,))  # as in the experiments of Agostinelli et al.
LOG_THRESHOLD: Init = math.log(0.001)  # of JumpReLU, as in Rajamanoharan et al.
ACON_SLOPES: Init = Drawn(normal, (1.0,))  # as in the code of Ma et al.


def apl_slopes(key: Array, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
    """Uniform from -1/2 to 1/2, as in the experiments of Agostinelli et al."""
    return jax.random.uniform(key, shape, dtype, -0.5, 0.5)


def initializer(init: Init) -> Initializer:
    """A number stands for the constant initializer."""
    return init if callable(init) else constant(init)


def initializer_through_softplus(
    init: Init, offset: float, inside: Callable[[Callable[[Array], Array], Any], Any]
) -> Initializer:
    """Of the parameter p for which offset + softplus(p) is what `init` gives.

    Args:
      init: the first value, or its initializer, which may put the value into a box of the framework.
      offset: the offset.
      inside: applies a function to a value, or to what is in its box.
    """

    def inverse(y: Array) -> Array:
        y = y - offset
        return y + jnp.log(-jnp.expm1(-y))

    def through(key: Array, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
        first = initializer(init)(key, shape, wide(dtype))
        return inside(lambda y: inverse(y).astype(dtype), first)

    return through


def through_softplus(parameter: Array, offset: float = 0.0) -> Array:
    """offset + softplus(parameter), at least in float32."""
    return softplus(parameter.astype(wide(parameter.dtype))) + offset


def wide(dtype: Any) -> Any:
    """The dtype in which means and parameters are computed."""
    return jnp.dtype(dtype) if jnp.finfo(dtype).bits >= 32 else jnp.dtype("float32")


def channel_shape(num_features: int | None) -> tuple[int, ...]:
    """The shape of a parameter: a scalar, or one value per channel."""
    return () if num_features is None else (num_features,)


def along_axis(module: str, parameter: Array, x: Array, axis: int, leading: int = 0) -> Array:
    """A parameter of shape (..., channels) shaped to lie along `axis` of x; `leading` axes are its own."""
    if parameter.ndim == leading:
        return parameter
    check_length(module, "num_features", parameter.shape[-1], x, axis)
    axis = channel_axis(module, x, axis)
    channels = [-1 if i == axis else 1 for i in range(x.ndim)]
    return parameter.reshape(*parameter.shape[:-1], *channels)
