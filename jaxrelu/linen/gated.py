"""Linen modules of gated units: two projections of the input, one of which gates the other."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._modules import gated
from .._modules.checks import check_rank, operand
from .._modules.documentation import completed_by
from .._modules.parameters import KERNEL, Init
from .parameters import Checked, matrix

DOCUMENTATION = """
    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.
    """


class GatedUnit(gated.GatedUnit, Checked):
    """The base of the gated units; each says how its gate acts on its value."""

    features: int
    _: dataclasses.KW_ONLY
    use_bias: bool = False
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        module = type(self).__name__
        with jax.named_scope(f"jaxrelu.linen.{module}"):
            x = operand(module, x, self.dtype)
            check_rank(module, "the features", 1, x)
            gate, value = (matrix(self, x, self.features, name, self.use_bias) for name in ("gate", "value"))
            return self._gated(gate, value)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class GLU(GatedUnit):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    Args:
      use_bias: whether both projections have biases, as in Dauphin et al.; Shazeer leaves them out.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GLU
      >>> model, x = GLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Dauphin et al., Language modeling with gated convolutional networks, ICML 2017.
    """

    _function = staticmethod(sigmoid_glu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class ReGLU(GatedUnit):
    """Gated linear unit with a relu gate: relu(x W) * (x V), as in `jaxrelu.reglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ReGLU
      >>> model, x = ReGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """

    _function = staticmethod(reglu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class GEGLU(GatedUnit):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    Args:
      approximate: whether gelu takes its tanh form.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GEGLU
      >>> model, x = GEGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """

    _: dataclasses.KW_ONLY
    approximate: bool = True

    def _gated(self, gate: Array, value: Array) -> Array:
        return geglu(gate, value, self.approximate)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class SwiGLU(GatedUnit):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import SwiGLU
      >>> model, x = SwiGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """

    _function = staticmethod(swiglu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class Bilinear(GatedUnit):
    """Gated linear unit without an activation: (x W) * (x V), as in `jaxrelu.bilinear`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import Bilinear
      >>> model, x = Bilinear(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """

    _function = staticmethod(bilinear)
