"""The Linen module of the feed-forward block of a transformer: gate, value, and the way back."""

from dataclasses import field

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._modules import feed_forward
from .gated import GatedModule
from .parameters import matrix


class FeedForward(GatedModule, feed_forward.FeedForward):
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

    hidden_features: int = field(kw_only=False)

    def __post_init__(self) -> None:
        feed_forward.unit_of(type(self).__name__, self.unit)
        super().__post_init__()

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.linen.{type(self).__name__}"):
            hidden = self._projected(x, self.hidden_features)
            outputs = jnp.shape(x)[-1] if self.out_features is None else self.out_features
            return matrix(self, hidden, outputs, "down", self.use_bias)
