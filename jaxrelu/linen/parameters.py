"""How a Linen module checks its fields, makes its parameters, and hands them to its function."""

import dataclasses
from typing import Any, dataclass_transform

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._modules import learned
from .._modules.documentation import complete, is_own
from .._modules.parameters import channel_shape, initializer
from .._modules.settings import check_settings


@dataclass_transform(kw_only_default=True, field_specifiers=(dataclasses.field,))
class WithSettings(nn.Module):
    """A module whose settings are checked at construction, and given by keyword unless they say otherwise."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**{"kw_only": is_own(cls), **arguments})
        if is_own(cls):
            complete(cls)

    def __post_init__(self) -> None:
        check_settings(self)
        super().__post_init__()


class Learned(learned.Learned, WithSettings):
    """The base of the learned modules: scalars, or one value per channel.

    Examples:
      >>> import optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check({name: getattr(self, f"{name}_init") for name in self._parameters})

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.linen.{type(self).__name__}"):
            return self._value(x, {name: self._parameter(name) for name in self._parameters})

    def _parameter(self, name: str) -> Array:
        init = self._initializer(name, getattr(self, f"{name}_init"))
        shape = (*self._own_shape(), *channel_shape(self.num_features))
        return self.param(name, init, shape, self.param_dtype)


def matrix(module: Any, x: Array, features: int, name: str, use_bias: bool = True) -> Array:
    """A matrix of this name in a module, whose fields say how it starts, applied to x."""
    dense = nn.Dense(
        features,
        use_bias=use_bias,
        dtype=x.dtype,
        param_dtype=module.param_dtype,
        kernel_init=initializer(module.kernel_init),
        bias_init=initializer(module.bias_init),
        name=name,
    )
    return dense(x)
