"""What the NNX and the Linen modules share: how parameters are initialised and names looked up."""

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer, constant

from ._catalogue import get

# What `negative_slope_init` and its like may be: a value, or an initializer `(key, shape, dtype)`.
Init = float | Initializer


def initializer(init: Init) -> Initializer:
    """A number stands for the constant initializer."""
    return init if callable(init) else constant(init)


def channel_shape(module: str, num_features: int | None) -> tuple[int, ...]:
    """The shape of a parameter: a scalar, or one value per channel."""
    if num_features is None:
        return ()
    if num_features < 1:
        raise ValueError(f"{module}: num_features must be a positive integer or None, got {num_features}")
    return (num_features,)


def cast(x: Any, dtype: Any) -> Array:
    """x in the module's dtype, or as it is."""
    return jnp.asarray(x) if dtype is None else jnp.asarray(x, dtype)


def resolve(function: str | Callable[..., Array], parameters: dict[str, Any]) -> Callable[[Any], Array]:
    """The function, looked up by name where a name is given, with its parameters filled in."""
    if isinstance(function, str):
        function = get(function)
    elif not callable(function):
        raise TypeError(f"Activation: function must be a name or a function, got {type(function).__name__}")
    return functools.partial(function, **parameters) if parameters else function
