"""How a Linen module makes its parameters, and hands them to its function."""

from typing import Any

from flax import linen as nn
from jax import Array

from .._modules.parameters import Init, along_axis, channel_shape, initializer


def along(module: Any, x: Array, leading: tuple[int, ...] = (), /, **inits: Init) -> dict[str, Array]:
    """The parameters of these names, scalars or one value per channel, lying along the axis of x."""
    assert isinstance(module, nn.Module)
    kind = type(module).__name__
    shape = (*leading, *channel_shape(kind, module.num_features))
    made = {k: module.param(k, initializer(v), shape, module.param_dtype) for k, v in inits.items()}
    return {k: along_axis(kind, v, x, module.axis, len(leading)) for k, v in made.items()}
