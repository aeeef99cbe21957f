"""The NNX module of the feed-forward block of a transformer: gate, value, and the way back."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._modules import feed_forward
from .._modules.checks import check
from .._modules.documentation import completed_by
from .._modules.feed_forward import Unit
from .._modules.gated import Packing
from .._modules.parameters import KERNEL, Init
from .gated import GatedUnit
from .parameters import linear


@completed_by(feed_forward.DOCUMENTATION)
class FeedForward(feed_forward.FeedForward, GatedUnit):
    """The feed-forward block of a transformer: a gated unit, and a projection back.

    Args:
      in_features: the length of the last axis of the input.
      rngs: draws the matrices.

    Attributes:
      gate, value, down: the projections, each an `nnx.Linear`; with a packing, `packed` for the first two.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import FeedForward
      >>> model = FeedForward(3, 8, unit="swiglu", rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 3)
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        out_features: int | None = None,
        unit: str | Unit = "swiglu",
        use_bias: bool = False,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        kernel_init: Init = KERNEL,
        bias_init: Init = 0.0,
        packing: Packing | None = None,
        gate_first: bool = True,
        rngs: nnx.Rngs,
    ):
        module = type(self).__name__
        check(module, hidden_features=hidden_features, out_features=out_features)
        feed_forward.unit_of(module, unit)
        super().__init__(
            in_features,
            hidden_features,
            use_bias=use_bias,
            dtype=dtype,
            param_dtype=param_dtype,
            kernel_init=kernel_init,
            bias_init=bias_init,
            packing=packing,
            gate_first=gate_first,
            rngs=rngs,
        )
        self.unit = unit
        outputs = in_features if out_features is None else out_features
        self.down = linear(hidden_features, outputs, use_bias, param_dtype, kernel_init, bias_init, rngs)

    def __call__(self, x: ArrayLike) -> Array:
        gated = super().__call__(x)
        with jax.named_scope(f"jaxrelu.nnx.{type(self).__name__}"):
            return self.down(gated)
