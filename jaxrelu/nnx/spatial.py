"""NNX modules whose activation looks beyond its element: FReLU at the neighbours, DyReLU at the image."""

from typing import Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.rectifiers import relu
from .._modules import spatial
from .._modules.checks import check, check_length, check_rank, check_window, operand, positive_integers
from .._modules.documentation import completed_by
from .._modules.parameters import KERNEL, Init, initializer, wide
from .parameters import check_rngs, in_dtype_of_input


@completed_by(spatial.FUNNEL)
class FReLU(nnx.Module):
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

    def __init__(
        self,
        num_features: int,
        *,
        kernel_size: tuple[int, ...] = (3, 3),
        use_running_average: bool | None = False,
        momentum: float = 0.99,
        epsilon: float = 1e-5,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        kernel_init: Init = KERNEL,
        rngs: nnx.Rngs,
    ):
        positive_integers("FReLU", num_features=num_features)
        check("FReLU", kernel_size=kernel_size, use_running_average=use_running_average, momentum=momentum)
        check("FReLU", epsilon=epsilon, dtype=dtype, param_dtype=param_dtype, kernel_init=kernel_init)
        check_rngs("FReLU", rngs)
        self.condition = nnx.Conv(
            num_features,
            num_features,
            kernel_size,
            feature_group_count=num_features,
            use_bias=False,
            param_dtype=jnp.dtype(param_dtype),
            kernel_init=initializer(kernel_init),
            promote_dtype=in_dtype_of_input,
            rngs=rngs,
        )
        self.norm = nnx.BatchNorm(
            num_features,
            use_running_average=use_running_average,
            momentum=momentum,
            epsilon=epsilon,
            rngs=rngs,
        )
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.FReLU")
    def __call__(self, x: ArrayLike, use_running_average: bool | None = None) -> Array:
        x = operand("FReLU", x, self.dtype)
        check_window("FReLU", len(self.condition.kernel_size), x)
        check_length("FReLU", "num_features", self.condition.out_features, x)
        condition = self.condition(x).astype(wide(x.dtype))
        return spatial.funnel(x, self.norm(condition, use_running_average).astype(x.dtype))


@completed_by(spatial.DYNAMIC)
class DyReLU(nnx.Module):
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

    def __init__(
        self,
        num_features: int,
        *,
        variant: Literal["A", "B"] = "B",
        num_pieces: int = 2,
        reduction: int = 8,
        lambda_a: float = 1.0,
        lambda_b: float = 0.5,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        kernel_init: Init = KERNEL,
        bias_init: Init = 0.0,
        rngs: nnx.Rngs,
    ):
        positive_integers("DyReLU", num_features=num_features)
        check("DyReLU", variant=variant, num_pieces=num_pieces, reduction=reduction, lambda_a=lambda_a)
        check("DyReLU", lambda_b=lambda_b, dtype=dtype, param_dtype=param_dtype)
        check("DyReLU", kernel_init=kernel_init, bias_init=bias_init)
        check_rngs("DyReLU", rngs)

        def matrix(in_features: int, features: int) -> nnx.Linear:
            return nnx.Linear(
                in_features,
                features,
                param_dtype=jnp.dtype(param_dtype),
                kernel_init=initializer(kernel_init),
                bias_init=initializer(bias_init),
                promote_dtype=in_dtype_of_input,
                rngs=rngs,
            )

        hidden, outputs = spatial.dynamic_widths(num_features, variant, num_pieces, reduction)
        self.reduce = matrix(num_features, hidden)
        self.expand = matrix(hidden, outputs)
        self.num_pieces = num_pieces
        self.lambda_a = lambda_a
        self.lambda_b = lambda_b
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.DyReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = operand("DyReLU", x, self.dtype)
        check_rank("DyReLU", "batch and channels", 2, x)
        check_length("DyReLU", "num_features", self.reduce.in_features, x)
        theta = self.expand(relu(self.reduce(spatial.pooled(x))))
        return spatial.dynamic(x, theta, self.num_pieces, self.lambda_a, self.lambda_b)
