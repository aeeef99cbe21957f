"""Linen modules of gated units: two projections of the input, one of which gates the other."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.clamped import clamped_swiglu
from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._functions.swish import QUICK_GELU_RATE
from .._modules import gated
from .._modules.checks import check_rank, operand
from .._modules.documentation import completed_by
from .._modules.gated import Packing
from .._modules.parameters import KERNEL, Init
from .parameters import Checked, matrix

DOCUMENTATION = """
    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`;
    with a packing, `packed/kernel` and `packed/bias`.
    """


def projected(module: Any, x: Array, features: int) -> Array:
    """The gated unit of a module, whose fields say how its matrices are made and packed."""
    if module.packing is not None:
        return module._gated_by_itself(matrix(module, x, 2 * features, "packed", module.use_bias))
    return module._gated(*(matrix(module, x, features, name, module.use_bias) for name in ("gate", "value")))


class GatedUnit(gated.GatedUnit, Checked):
    """The base of the gated units; each says how its gate acts on its value."""

    features: int
    _: dataclasses.KW_ONLY
    use_bias: bool = False
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0
    packing: Packing | None = None
    gate_first: bool = True

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        module = type(self).__name__
        with jax.named_scope(f"jaxrelu.linen.{module}"):
            x = operand(module, x, self.dtype)
            check_rank(module, "the features", 1, x)
            return projected(self, x, self.features)


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
class ClampedSwiGLU(GatedUnit):
    """Gated linear unit of gpt-oss, clamped, with one added to the value, as in `jaxrelu.clamped_swiglu`.

    There gate and value are interleaved, and both have biases: `packing="interleaved"`, `use_bias=True`.

    Args:
      limit: the largest gate, and the largest absolute value.
      alpha: the rate of the swish.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ClampedSwiGLU
      >>> model, x = ClampedSwiGLU(8, packing="interleaved", use_bias=True), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      OpenAI, gpt-oss-120b and gpt-oss-20b model card, arXiv 2508.10925.
    """

    _: dataclasses.KW_ONLY
    limit: float = 7.0
    alpha: float = QUICK_GELU_RATE

    def _gated(self, gate: Array, value: Array) -> Array:
        return clamped_swiglu(gate, value, self.limit, self.alpha)


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
