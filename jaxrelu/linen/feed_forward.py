"""The Linen module of the feed-forward block of a transformer: gate, value, and the way back."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._modules import feed_forward
from .._modules.checks import check_rank, operand
from .._modules.documentation import completed_by
from .._modules.feed_forward import Unit
from .._modules.gated import Packing
from .._modules.parameters import KERNEL, Init
from .gated import projected
from .parameters import Checked, matrix


@completed_by(feed_forward.DOCUMENTATION)
class FeedForward(feed_forward.FeedForward, Checked):
    """The feed-forward block of a transformer: a gated unit, and a projection back.

    The parameters are `gate/kernel`, `value/kernel` and `down/kernel`, with `use_bias` also the biases;
    with a packing, `packed/kernel` in place of the first two.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import FeedForward
      >>> model, x = FeedForward(8, unit="swiglu"), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 3)
    """

    hidden_features: int
    _: dataclasses.KW_ONLY
    out_features: int | None = None
    unit: str | Unit = "swiglu"
    use_bias: bool = False
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0
    packing: Packing | None = None
    gate_first: bool = True

    def __post_init__(self) -> None:
        feed_forward.unit_of(type(self).__name__, self.unit)
        super().__post_init__()

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        module = type(self).__name__
        with jax.named_scope(f"jaxrelu.linen.{module}"):
            x = operand(module, x, self.dtype)
            check_rank(module, "the features", 1, x)
            outputs = x.shape[-1] if self.out_features is None else self.out_features
            return matrix(self, projected(self, x, self.hidden_features), outputs, "down", self.use_bias)
