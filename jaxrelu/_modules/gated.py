"""What the gated units of both Flax interfaces share: one class for each, and their base."""

from collections.abc import Callable
from typing import ClassVar, Literal

import jax.numpy as jnp
from jax import Array
from jax.typing import DTypeLike

from .._functions.clamped import clamped_swiglu
from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._functions.packed import unpacked
from .._functions.swish import QUICK_GELU_RATE
from .parameters import KERNEL, Init
from .settings import settings

Packing = Literal["halves", "interleaved"]


@settings
class Gated:
    """A function of the gate and the value, which are projections of the input.

    The gate and the value are two projections, unless a packing is given: kernels of two matrices are sharded
    and loaded one by one.

    Args:
      use_bias: whether all projections have biases.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of all matrices, or a value.
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

    _function: ClassVar[Callable[..., Array]]
    use_bias: bool = False
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0
    packing: Packing | None = None
    gate_first: bool = True

    def _gated(self, gate: Array, value: Array) -> Array:
        return type(self)._function(gate, value)

    def _gated_by_itself(self, both: Array) -> Array:
        """The same of one array, which holds them as the packing says."""
        is_interleaved = self.packing == "interleaved"
        return self._gated(*unpacked(type(self).__name__, both, -1, is_interleaved, self.gate_first))


class GLU(Gated):
    """Gated linear unit with a logistic gate.

    Args:
      use_bias: whether both projections have biases, as in Dauphin et al.; Shazeer leaves them out.

    References:
      Dauphin et al., Language modeling with gated convolutional networks, ICML 2017.
    """

    _function = staticmethod(sigmoid_glu)


class ReGLU(Gated):
    """Gated linear unit with a relu gate."""

    _function = staticmethod(reglu)


@settings
class GEGLU(Gated):
    """Gated linear unit with a gelu gate.

    Args:
      approximate: whether gelu takes its tanh form.
    """

    approximate: bool = True

    def _gated(self, gate: Array, value: Array) -> Array:
        return geglu(gate, value, self.approximate)


class SwiGLU(Gated):
    """Gated linear unit with a silu gate."""

    _function = staticmethod(swiglu)


@settings
class ClampedSwiGLU(Gated):
    """Gated linear unit of gpt-oss.

    There gate and value are interleaved, and both have biases: `packing="interleaved"`, `use_bias=True`.

    Args:
      limit: the largest gate, and the largest absolute value.
      alpha: the rate of the swish.

    References:
      OpenAI, gpt-oss-120b and gpt-oss-20b model card, arXiv 2508.10925.
    """

    limit: float = 7.0
    alpha: float = QUICK_GELU_RATE

    def _gated(self, gate: Array, value: Array) -> Array:
        return clamped_swiglu(gate, value, self.limit, self.alpha)


class Bilinear(Gated):
    """Gated linear unit without an activation."""

    _function = staticmethod(bilinear)
