"""Masks for optax: which parameters weight decay is for."""

from collections.abc import Sequence
from typing import Any

import jax

__all__ = ["SHAPE_PARAMETERS", "weight_decay_mask"]


def __dir__() -> list[str]:  # what completion shows
    return __all__


# The parameters of the modules in `jaxrelu.nnx` and `jaxrelu.linen` that shape a function.
SHAPE_PARAMETERS = frozenset(
    {"negative_slope", "log_threshold"}
    | {"left_threshold", "left_slope", "right_threshold", "right_slope"}
    | {"slopes", "offsets"}
    | {"alpha", "beta", "alpha_p", "alpha_n", "p1", "p2"}
)


def weight_decay_mask(parameters: Any) -> Any:
    """True for the parameters that weight decay is for, False for those that shape an activation.

    Decay would draw learned slopes, thresholds and rates to 0. This would change the function: PReLU to relu,
    PELU to nothing (He et al. 2015, section 2.1).

    The mask knows the parameters by their names: `negative_slope`, `alpha`, `beta` and the others of the
    modules in `jaxrelu.nnx` and `jaxrelu.linen`. A parameter of such a name in a module of your own is left
    out, too. Kernels, biases and normalisation get True, also those of `FReLU`, `DyReLU` and the gated units.

    Args:
      parameters: any pytree of parameters: an `nnx.State`, Linen's dict, or their gradients.

    Returns:
      The same pytree with a bool for every parameter, for `mask` of `optax.adamw`,
      `optax.add_decayed_weights`, or `optax.masked`.

    Examples:
      >>> import jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> weight_decay_mask({"Dense_0": {"kernel": jnp.ones(2)}, "PReLU_0": {"negative_slope": 0.25}})
      {'Dense_0': {'kernel': True}, 'PReLU_0': {'negative_slope': False}}
      >>> optimizer = optax.adamw(1e-3, weight_decay=0.01, mask=weight_decay_mask)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """
    return jax.tree.map_with_path(lambda path, _: _name(path) not in SHAPE_PARAMETERS, parameters)


def _name(path: Sequence[Any]) -> str | None:
    """The name of a parameter: the last on the path, without list indices and Flax's `value`."""
    names = [getattr(entry, "key", getattr(entry, "name", None)) for entry in path]
    return next((name for name in reversed(names) if isinstance(name, str) and name != "value"), None)
