"""What the gated units of both Flax interfaces share."""

from collections.abc import Callable
from typing import ClassVar

from jax import Array

DOCUMENTATION = """
    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Args:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if a number of features is not positive, or is not that of the input.

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """


class GatedUnit:
    """A function of the gate and the value."""

    _function: ClassVar[Callable[[Array, Array], Array]]

    def _gated(self, gate: Array, value: Array) -> Array:
        return type(self)._function(gate, value)
