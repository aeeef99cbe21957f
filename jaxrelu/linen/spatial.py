"""Linen modules whose activation looks beyond its element: FReLU at the neighbours, DyReLU at the image."""

from dataclasses import field

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._functions.rectifiers import relu
from .._modules import spatial
from .._modules.checks import check_length, check_rank, check_window, operand
from .._modules.parameters import initializer, wide
from .parameters import WithSettings, matrix


class FReLU(WithSettings, spatial.FReLU):
    """Funnel activation: the larger of x and a condition that sees its neighbours.

    The parameters are `condition/kernel`, `norm/scale` and `norm/bias`; the statistics, `norm/mean` and
    `norm/var`, are in the collection `batch_stats`.

    Args:
      num_features: the number of channels, the last axis of the input (batch, space, channels);
        None takes it from the input.
      use_running_average: whether to normalise by the stored statistics, for evaluation; as in
        `linen.BatchNorm`, it is given here or to the call.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import FReLU
      >>> x = jnp.ones((2, 5, 5, 8))
      >>> model = FReLU(use_running_average=False)
      >>> variables = model.init(jax.random.key(0), x)
      >>> y, statistics = model.apply(variables, x, mutable=["batch_stats"])
      >>> y.shape
      (2, 5, 5, 8)
    """

    num_features: int | None = field(default=None, kw_only=False)
    use_running_average: bool | None = None

    @nn.compact
    @jax.named_scope("jaxrelu.linen.FReLU")
    def __call__(self, x: ArrayLike, use_running_average: bool | None = None) -> Array:
        x = operand("FReLU", x, self.dtype)
        check_window("FReLU", len(self.kernel_size), x)
        if self.num_features is not None:
            check_length("FReLU", "num_features", self.num_features, x)
        condition = nn.Conv(
            x.shape[-1],
            self.kernel_size,
            feature_group_count=x.shape[-1],
            use_bias=False,
            dtype=x.dtype,
            param_dtype=self.param_dtype,
            kernel_init=initializer(self.kernel_init),
            name="condition",
        )
        norm = nn.BatchNorm(
            use_running_average=self.use_running_average,
            momentum=self.momentum,
            epsilon=self.epsilon,
            name="norm",
        )
        normalised = norm(condition(x).astype(wide(x.dtype)), use_running_average)
        return spatial.funnel(x, normalised.astype(x.dtype))


class DyReLU(WithSettings, spatial.DyReLU):
    """Dynamic relu: the largest of lines whose slopes and offsets a small network sets for each example.

    The parameters are `reduce/kernel`, `reduce/bias`, `expand/kernel` and `expand/bias`; the outputs of the
    second are the slopes, line by line, and then the offsets.

    Args:
      num_features: the number of channels, the last axis of the input (batch, ..., channels); None
        takes it from the input.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import DyReLU
      >>> model, x = DyReLU(variant="B"), jnp.ones((2, 5, 5, 16))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 5, 5, 16)
    """

    num_features: int | None = field(default=None, kw_only=False)

    @nn.compact
    @jax.named_scope("jaxrelu.linen.DyReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = operand("DyReLU", x, self.dtype)
        check_rank("DyReLU", "batch and channels", 2, x)
        channels = x.shape[-1] if self.num_features is None else self.num_features
        hidden, outputs = self._widths(channels)
        check_length("DyReLU", "num_features", channels, x)
        theta = matrix(self, spatial.pooled(x), hidden, "reduce")
        theta = matrix(self, relu(theta), outputs, "expand")
        return self._of(x, theta)
