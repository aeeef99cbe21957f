"""Linen modules of gated units: two projections of the input, one of which gates the other."""

from dataclasses import field

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._modules import gated
from .._modules.checks import check_rank, operand
from .parameters import WithSettings, matrix


class GatedModule(gated.Gated, WithSettings):
    """The base of what has a gate and a value, of so many features each."""

    def _projected(self, x: ArrayLike, features: int) -> Array:
        """The gated unit of x."""
        module = type(self).__name__
        x = operand(module, x, self.dtype)
        check_rank(module, "the features", 1, x)
        if self.packing is not None:
            return self._gated_by_itself(matrix(self, x, 2 * features, "packed", self.use_bias))
        return self._gated(*(matrix(self, x, features, name, self.use_bias) for name in ("gate", "value")))


class GatedUnit(GatedModule):
    """The base of the gated units.

    There is no projection back; `FeedForward` has one.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`;
    with a packing, `packed/kernel` and `packed/bias`.

    Args:
      features: the length of the last axis of the result.
    """

    features: int = field(kw_only=False)

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.linen.{type(self).__name__}"):
            return self._projected(x, self.features)


class GLU(GatedUnit, gated.GLU):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GLU
      >>> model, x = GLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """


class ReGLU(GatedUnit, gated.ReGLU):
    """Gated linear unit with a relu gate: relu(x W) * (x V), as in `jaxrelu.reglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ReGLU
      >>> model, x = ReGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """


class GEGLU(GatedUnit, gated.GEGLU):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GEGLU
      >>> model, x = GEGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """


class SwiGLU(GatedUnit, gated.SwiGLU):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import SwiGLU
      >>> model, x = SwiGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """


class ClampedSwiGLU(GatedUnit, gated.ClampedSwiGLU):
    """Gated linear unit of gpt-oss, clamped, with one added to the value, as in `jaxrelu.clamped_swiglu`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ClampedSwiGLU
      >>> model, x = ClampedSwiGLU(8, packing="interleaved", use_bias=True), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """


class Bilinear(GatedUnit, gated.Bilinear):
    """Gated linear unit without an activation: (x W) * (x V), as in `jaxrelu.bilinear`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import Bilinear
      >>> model, x = Bilinear(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)
    """
