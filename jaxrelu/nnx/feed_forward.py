"""The NNX module of the feed-forward block of a transformer: gate, value, and the way back."""

from dataclasses import field

import jax
from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._modules import feed_forward
from .gated import GatedModule


class FeedForward(GatedModule, feed_forward.FeedForward):
    """The feed-forward block of a transformer: a gated unit, and a projection back.

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

    hidden_features: int = field(kw_only=False)

    def __post_init__(self, rngs: nnx.Rngs) -> None:
        feed_forward.unit_of(type(self).__name__, self.unit)
        projection = self._make_projections(self.hidden_features, rngs)
        outputs = self.in_features if self.out_features is None else self.out_features
        self.down = projection(self.hidden_features, outputs)

    def __call__(self, x: ArrayLike) -> Array:
        gated = super().__call__(x)
        with jax.named_scope(f"jaxrelu.nnx.{type(self).__name__}"):
            return self.down(gated)
