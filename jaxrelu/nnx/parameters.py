"""How an NNX module makes its parameters, and hands them to its function."""

from typing import Any

import jax
from flax import nnx
from jax import Array
from jax.nn.initializers import Initializer
from jax.typing import DTypeLike

from .._modules.parameters import Init, along_axis, channel_shape, initializer


class Parameters:
    """Makes the parameters of one module: scalars, or one value per channel."""

    def __init__(
        self,
        module: str,
        num_features: int | None,
        param_dtype: DTypeLike,
        rngs: nnx.Rngs | None,
        leading: tuple[int, ...] = (),
    ):
        self.module = module
        self.shape = (*leading, *channel_shape(module, num_features))
        self.dtype = param_dtype
        self.rngs = rngs

    def __call__(
        self, name: str, init: Init, *, through: Initializer | None = None, **metadata: Any
    ) -> nnx.Param[Array]:
        """A parameter drawn by `init`, or by `through`, where that is made of it."""
        if self.rngs is None and callable(init):
            raise ValueError(f"{self.module}: rngs must be given, for {name}_init is an initializer")
        key = self.rngs.params() if self.rngs is not None else jax.random.key(0)
        return nnx.Param((through or initializer(init))(key, self.shape, self.dtype), **metadata)


def along(module: nnx.Module, x: Array, axis: int, *names: str, leading: int = 0) -> dict[str, Array]:
    """The parameters of these names, lying along `axis` of x."""
    kind = type(module).__name__
    return {name: along_axis(kind, getattr(module, name)[...], x, axis, leading) for name in names}
