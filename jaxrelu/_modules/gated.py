"""What the gated units of both Flax interfaces share."""

from collections.abc import Callable
from typing import ClassVar, Literal

from jax import Array

from .._functions.packed import unpacked

DOCUMENTATION = """
    The gate and the value are two projections, unless a packing is given: kernels of two matrices are sharded
    and loaded one by one. There is no projection back; `FeedForward` has one.

    Args:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      packing: None for two projections, of gate and of value. "halves" and "interleaved" make one of twice as
        many features, whose result holds both as halves or in turns, as many published models have it.
      gate_first: whether the gate comes first there.

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if a number of features is not positive, or is not that of the input.

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """


Packing = Literal["halves", "interleaved"]


class GatedUnit:
    """A function of the gate and the value."""

    _function: ClassVar[Callable[[Array, Array], Array]]
    packing: Packing | None
    gate_first: bool

    def _gated(self, gate: Array, value: Array) -> Array:
        return type(self)._function(gate, value)

    def _gated_by_itself(self, both: Array) -> Array:
        """The same of one array, which holds them as the packing says."""
        is_interleaved = self.packing == "interleaved"
        return self._gated(*unpacked(type(self).__name__, both, -1, is_interleaved, self.gate_first))
