"""How an NNX module checks its settings, makes its parameters, and hands them to its function."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, dataclass_transform

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._modules import learned
from .._modules.documentation import complete, is_own
from .._modules.parameters import Init, channel_shape, initializer
from .._modules.settings import check_settings, names, settings


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(dataclasses.field,))
class WithSettings(nnx.Module):
    """A module whose settings are the fields of a dataclass, checked at construction."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if is_own(cls):
            complete(settings(cls))
        # Else editors and notebooks show that of Flax's metaclass, (*args, **kwargs).
        signature = inspect.signature(cls.__init__)
        cls.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])

    def _check_and_take(self) -> dict[str, Init]:
        """Checks the settings, and takes the first values away, which are no part of the module's state.

        Returns:
          The first values by the names of their parameters.
        """
        check_settings(self)
        taken = [name for name in names(self) if name.endswith("_init")]
        inits = {name.removesuffix("_init"): getattr(self, name) for name in taken}
        for name in taken:
            delattr(self, name)
        return inits


def check_rngs(module: str, rngs: Any) -> None:
    """What draws first values is an `nnx.Rngs`."""
    if not isinstance(rngs, nnx.Rngs):
        raise TypeError(f"{module}: rngs must be an nnx.Rngs, as nnx.Rngs(0), got {rngs!r}")


class Learned(learned.Learned, WithSettings):
    """The base of the learned modules: scalars, or one value per channel.

    Each parameter is an attribute, an `nnx.Param`.

    Args:
      rngs: needed only with an initializer.

    Examples:
      >>> import optax
      >>> from flax import nnx
      >>> from jaxrelu.masks import weight_decay_mask
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=weight_decay_mask), wrt=nnx.Param)
    """

    rngs: dataclasses.InitVar[nnx.Rngs | None] = None

    def __post_init__(self, rngs: nnx.Rngs | None) -> None:
        self._make_parameters(rngs, {})

    def _make_parameters(self, rngs: nnx.Rngs | None, metadata: Mapping[str, Any]) -> None:
        module = type(self).__name__
        inits = self._check_and_take()
        self._check(inits)
        if rngs is not None:
            check_rngs(module, rngs)
        shape = (*self._own_shape(), *channel_shape(self.num_features))
        for name, init in inits.items():
            if rngs is None and callable(init):
                raise ValueError(f"{module}: rngs must be given, for {name}_init is an initializer, got None")
            key = jax.random.key(0) if rngs is None else rngs.params()
            first = self._initializer(name, init)(key, shape, jnp.dtype(self.param_dtype))
            setattr(self, name, nnx.Param(first, **metadata))

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
    inputs: int,
    outputs: int,
    use_bias: bool,
    param_dtype: DTypeLike,
    inits: Mapping[str, Init],
    rngs: nnx.Rngs,
) -> nnx.Linear:
    """A matrix that is computed in the dtype of its input; `inits` has its first kernel and bias."""
    return nnx.Linear(
        inputs,
        outputs,
        use_bias=use_bias,
        param_dtype=jnp.dtype(param_dtype),
        kernel_init=initializer(inits["kernel"]),
        bias_init=initializer(inits["bias"]),
        promote_dtype=in_dtype_of_input,
        rngs=rngs,
    )
