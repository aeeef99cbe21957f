"""How an NNX module of a learned function makes its parameters, and hands them to the function."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._modules import learned
from .._modules.checks import check
from .._modules.parameters import Init, channel_shape, initializer

DOCUMENTATION = """
    Args:
      rngs: needed only with an initializer.

    Examples:
      >>> import optax
      >>> from flax import nnx
      >>> from jaxrelu.masks import weight_decay_mask
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=weight_decay_mask), wrt=nnx.Param)
    """


def check_rngs(module: str, rngs: Any) -> None:
    """What draws first values is an `nnx.Rngs`."""
    if not isinstance(rngs, nnx.Rngs):
        raise TypeError(f"{module}: rngs must be an nnx.Rngs, as nnx.Rngs(0), got {rngs!r}")


class Learned(learned.Learned, nnx.Module):
    """The base of the learned modules: scalars, or one value per channel, each an `nnx.Param`."""

    def _hold(
        self,
        num_features: int | None,
        axis: int,
        dtype: DTypeLike | None,
        param_dtype: DTypeLike,
        rngs: nnx.Rngs | None,
        metadata: Mapping[str, Any] | None = None,
        /,
        **inits: Init,
    ) -> None:
        """Makes the parameters of these names, which start at these values."""
        module = type(self).__name__
        self.axis = axis
        self.dtype = dtype
        named = {f"{name}_init": init for name, init in inits.items()}
        check(module, num_features=num_features, axis=axis, dtype=dtype, param_dtype=param_dtype, **named)
        self._check(inits)
        if rngs is not None:
            check_rngs(module, rngs)
        shape = (*self._own_shape(), *channel_shape(num_features))
        for name, init in inits.items():
            if rngs is None and callable(init):
                raise ValueError(f"{module}: rngs must be given, for {name}_init is an initializer, got None")
            key = jax.random.key(0) if rngs is None else rngs.params()
            first = self._initializer(name, init)(key, shape, jnp.dtype(param_dtype))
            setattr(self, name, nnx.Param(first, **(metadata or {})))

    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.nnx.{type(self).__name__}"):
            return self._value(x, {name: getattr(self, name)[...] for name in self._parameters})

    def _inside(self, function: Callable[[Array], Array], first: Any) -> Any:
        if isinstance(first, nnx.VariableMetadata):  # the box of `nnx.with_partitioning`, which is no pytree
            return dataclasses.replace(first, raw_value=function(first.raw_value))
        return function(first)


def in_dtype_of_input(operands: Any, /, *, dtype: Any = None, inexact: bool = True) -> Any:
    """For `promote_dtype` of NNX: everything in the dtype of the input, the first of the operands."""
    x = operands[0]
    return tuple(v if v is None else jnp.asarray(v, x.dtype) for v in operands)


def linear(
    in_features: int,
    out_features: int,
    use_bias: bool,
    param_dtype: DTypeLike,
    kernel_init: Init,
    bias_init: Init,
    rngs: nnx.Rngs,
) -> nnx.Linear:
    """A matrix that is computed in the dtype of its input."""
    return nnx.Linear(
        in_features,
        out_features,
        use_bias=use_bias,
        param_dtype=jnp.dtype(param_dtype),
        kernel_init=initializer(kernel_init),
        bias_init=initializer(bias_init),
        promote_dtype=in_dtype_of_input,
        rngs=rngs,
    )
