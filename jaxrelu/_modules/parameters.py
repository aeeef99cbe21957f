"""What the NNX and the Linen modules share: how parameters are initialised, shaped, and checked."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer, constant, lecun_normal, normal
from jax.typing import ArrayLike

from .._catalogue.lookup import get
from .._functions.exponential import softplus
from .._mechanism.arguments import as_float, as_operand, channel_axis

# What `negative_slope_init` and its like may be: a value, or an initializer `(key, shape, dtype)`.
Init = float | Initializer

KERNEL: Init = lecun_normal()  # of every matrix and convolution, as in Flax
APL_OFFSETS: Init = normal(0.5)  # as in the experiments of Agostinelli et al.
ACON_SLOPES: Init = normal(1.0)  # as in the code of Ma et al.


def apl_slopes(key: Array, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
    """Uniform from -1/2 to 1/2, as in the experiments of Agostinelli et al."""
    return jax.random.uniform(key, shape, dtype, -0.5, 0.5)


def initializer(init: Init) -> Initializer:
    """A number stands for the constant initializer."""
    return init if callable(init) else constant(init)


def initializer_through_softplus(init: Init, offset: float = 0.0) -> Initializer:
    """Of the parameter p for which offset + softplus(p) is what `init` gives."""

    def inverse(y: Array) -> Array:
        y = y - offset
        return y + jnp.log(-jnp.expm1(-y))

    def through(key: Array, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
        first = initializer(init)(key, shape, wide(dtype))
        return jax.tree.map(lambda y: inverse(y).astype(dtype), first)  # the value may be in a box

    return through


def through_softplus(parameter: Array, offset: float = 0.0) -> Array:
    """offset + softplus(parameter), at least in float32."""
    return softplus(parameter.astype(wide(parameter.dtype))) + offset


def wide(dtype: Any) -> Any:
    """The dtype in which means and parameters are computed."""
    return jnp.dtype(dtype) if jnp.finfo(dtype).bits >= 32 else jnp.dtype("float32")


def channel_shape(module: str, num_features: int | None) -> tuple[int, ...]:
    """The shape of a parameter: a scalar, or one value per channel."""
    if num_features is None:
        return ()
    if num_features < 1:
        raise ValueError(f"{module}: num_features must be a positive integer or None, got {num_features}")
    return (num_features,)


def along_axis(module: str, parameter: Array, x: Array, axis: int, leading: int = 0) -> Array:
    """A parameter of shape (..., channels) shaped to lie along `axis` of x; `leading` axes are its own."""
    if parameter.ndim == leading:
        return parameter
    check_length(module, "num_features", parameter.shape[-1], x, axis)
    axis = channel_axis(module, x, axis)
    channels = [-1 if i == axis else 1 for i in range(x.ndim)]
    return parameter.reshape(*parameter.shape[:-1], *channels)


def check_length(module: str, argument: str, length: int, x: Array, axis: int = -1) -> None:
    """The argument is the length of an axis of x."""
    expected = x.shape[channel_axis(module, x, axis)]
    if length != expected:
        raise ValueError(
            f"{module}: {argument} must be {expected}, the length of axis {axis} of x with shape {x.shape}, "
            f"got {length}"
        )


def check_rank(module: str, axes: str, least: int, x: Array) -> None:
    """x has so many axes."""
    if x.ndim < least:
        raise ValueError(f"{module}: x must have at least {least} axes, {axes}, got shape {x.shape}")


def positive_integers(module: str, **arguments: int | None) -> None:
    """Every argument that is given is a positive integer."""
    for argument, value in arguments.items():
        if value is not None and value < 1:
            raise ValueError(f"{module}: {argument} must be a positive integer, got {value}")


def greater(module: str, bound: float, **inits: Init) -> None:
    """Every initial value that is a number is greater than the bound."""
    for argument, init in inits.items():
        if not callable(init) and not init > bound:
            raise ValueError(f"{module}: {argument} must be greater than {bound:g}, got {init}")


def cast(x: Any, dtype: Any) -> Array:
    """x in the module's dtype, or as it is."""
    return jnp.asarray(x) if dtype is None else jnp.asarray(x, dtype)


def operand(module: str, x: ArrayLike, dtype: Any) -> Array:
    """x in the module's dtype, or as it is: a float, ready for matrices and convolutions."""
    return as_float(as_operand(module, "x", cast(x, dtype)))


def in_dtype_of_input(operands: Any, /, *, dtype: Any = None, inexact: bool = True) -> Any:
    """For `promote_dtype` of NNX: everything in the dtype of the input, the first of the operands."""
    x = operands[0]
    return tuple(v if v is None else jnp.asarray(v, x.dtype) for v in operands)


def resolve(function: str | Callable[..., Array], parameters: dict[str, Any]) -> Callable[[Any], Array]:
    """The function, looked up by name where a name is given, with its parameters filled in."""
    if isinstance(function, str):
        function = get(function)
    elif not callable(function):
        raise TypeError(f"Activation: function must be a name or a function, got {type(function).__name__}")
    return functools.partial(function, **parameters) if parameters else function
