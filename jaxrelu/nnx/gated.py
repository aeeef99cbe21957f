"""NNX modules of gated units: two projections of the input, one of which gates the other."""

from collections.abc import Callable
from dataclasses import InitVar, field

import jax
from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._modules import gated
from .._modules.checks import check_length, check_rank, operand
from .parameters import WithSettings, check_rngs, linear


class GatedModule(gated.Gated, WithSettings):
    """The base of what has a gate and a value, of so many features each.

    Args:
      in_features: the length of the last axis of the input.
      rngs: draws the matrices.
    """

    in_features: int = field(kw_only=False)
    rngs: InitVar[nnx.Rngs]

    def _make_projections(self, features: int, rngs: nnx.Rngs) -> Callable[[int, int], nnx.Linear]:
        """Makes gate and value.

        Returns:
          What makes another projection like these.
        """
        inits = self._check_and_take()
        check_rngs(type(self).__name__, rngs)

        def projection(inputs: int, outputs: int) -> nnx.Linear:
            return linear(inputs, outputs, self.use_bias, self.param_dtype, inits, rngs)

        if self.packing is None:
            self.gate = projection(self.in_features, features)
            self.value = projection(self.in_features, features)
        else:
            self.packed = projection(self.in_features, 2 * features)
        return projection

    def __call__(self, x: ArrayLike) -> Array:
        module = type(self).__name__
        with jax.named_scope(f"jaxrelu.nnx.{module}"):
            x = operand(module, x, self.dtype)
            check_rank(module, "the features", 1, x)
            check_length(module, "in_features", self.in_features, x)
            if self.packing is not None:
                return self._gated_by_itself(self.packed(x))
            return self._gated(self.gate(x), self.value(x))


class GatedUnit(GatedModule):
    """The base of the gated units.

    There is no projection back; `FeedForward` has one.

    Args:
      features: the length of the last axis of the result.

    Attributes:
      gate, value: the projections, each an `nnx.Linear`; with a packing there is one, `packed`.
    """

    features: int = field(kw_only=False)

    def __post_init__(self, rngs: nnx.Rngs) -> None:
        self._make_projections(self.features, rngs)


class GLU(GatedUnit, gated.GLU):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import GLU
      >>> model = GLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """


class ReGLU(GatedUnit, gated.ReGLU):
    """Gated linear unit with a relu gate: relu(x W) * (x V), as in `jaxrelu.reglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import ReGLU
      >>> model = ReGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """


class GEGLU(GatedUnit, gated.GEGLU):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import GEGLU
      >>> model = GEGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """


class SwiGLU(GatedUnit, gated.SwiGLU):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import SwiGLU
      >>> model = SwiGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """


class ClampedSwiGLU(GatedUnit, gated.ClampedSwiGLU):
    """Gated linear unit of gpt-oss, clamped, with one added to the value, as in `jaxrelu.clamped_swiglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import ClampedSwiGLU
      >>> model = ClampedSwiGLU(3, 8, packing="interleaved", use_bias=True, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """


class Bilinear(GatedUnit, gated.Bilinear):
    """Gated linear unit without an activation: (x W) * (x V), as in `jaxrelu.bilinear`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import Bilinear
      >>> model = Bilinear(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """
