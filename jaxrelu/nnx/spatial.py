"""NNX modules whose activation looks beyond its element: FReLU at the neighbours, DyReLU at the image."""

from dataclasses import InitVar, field

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._functions.rectifiers import relu
from .._modules import spatial
from .._modules.checks import check, check_length, check_rank, check_window, operand, positive_integers
from .._modules.parameters import initializer, wide
from .parameters import WithSettings, check_rngs, in_dtype_of_input, linear


class FReLU(WithSettings, spatial.FReLU):
    """Funnel activation: the larger of x and a condition that sees its neighbours.

    Args:
      use_running_average: whether to normalise by the stored statistics, for evaluation; as in
        `nnx.BatchNorm`, `model.train()` and `model.eval()` set it.
      rngs: draws the kernel.

    Attributes:
      condition: the convolution, an `nnx.Conv`.
      norm: the `nnx.BatchNorm`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import FReLU
      >>> model = FReLU(8, rngs=nnx.Rngs(0))
      >>> model.eval()
      >>> model(jnp.ones((2, 5, 5, 8))).shape
      (2, 5, 5, 8)
    """

    num_features: int = field(kw_only=False)
    use_running_average: InitVar[bool | None] = False
    rngs: InitVar[nnx.Rngs]

    def __post_init__(self, use_running_average: bool | None, rngs: nnx.Rngs) -> None:
        positive_integers("FReLU", num_features=self.num_features)
        check("FReLU", use_running_average=use_running_average)
        inits = self._check_and_take()
        check_rngs("FReLU", rngs)
        self.condition = nnx.Conv(
            self.num_features,
            self.num_features,
            self.kernel_size,
            feature_group_count=self.num_features,
            use_bias=False,
            param_dtype=jnp.dtype(self.param_dtype),
            kernel_init=initializer(inits["kernel"]),
            promote_dtype=in_dtype_of_input,
            rngs=rngs,
        )
        self.norm = nnx.BatchNorm(
            self.num_features,
            use_running_average=use_running_average,
            momentum=self.momentum,
            epsilon=self.epsilon,
            rngs=rngs,
        )

    @jax.named_scope("jaxrelu.nnx.FReLU")
    def __call__(self, x: ArrayLike, use_running_average: bool | None = None) -> Array:
        x = operand("FReLU", x, self.dtype)
        check_window("FReLU", len(self.kernel_size), x)
        check_length("FReLU", "num_features", self.num_features, x)
        condition = self.condition(x).astype(wide(x.dtype))
        return spatial.funnel(x, self.norm(condition, use_running_average).astype(x.dtype))


class DyReLU(WithSettings, spatial.DyReLU):
    """Dynamic relu: the largest of lines whose slopes and offsets a small network sets for each example.

    Args:
      rngs: draws the matrices.

    Attributes:
      reduce: the first `nnx.Linear`.
      expand: the second, whose outputs are the slopes, line by line, and then the offsets.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import DyReLU
      >>> model = DyReLU(16, variant="B", rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 5, 5, 16))).shape
      (2, 5, 5, 16)
    """

    num_features: int = field(kw_only=False)
    rngs: InitVar[nnx.Rngs]

    def __post_init__(self, rngs: nnx.Rngs) -> None:
        positive_integers("DyReLU", num_features=self.num_features)
        inits = self._check_and_take()
        check_rngs("DyReLU", rngs)
        hidden, outputs = self._widths(self.num_features)
        self.reduce = linear(self.num_features, hidden, True, self.param_dtype, inits, rngs)
        self.expand = linear(hidden, outputs, True, self.param_dtype, inits, rngs)

    @jax.named_scope("jaxrelu.nnx.DyReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = operand("DyReLU", x, self.dtype)
        check_rank("DyReLU", "batch and channels", 2, x)
        check_length("DyReLU", "num_features", self.num_features, x)
        theta = self.expand(relu(self.reduce(spatial.pooled(x))))
        return self._of(x, theta)
