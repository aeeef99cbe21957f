"""NNX modules whose activation looks beyond its element: FReLU at the neighbours, DyReLU at the image."""

from typing import Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.rectifiers import relu
from .._modules.parameters import (
    KERNEL,
    Init,
    check_length,
    check_rank,
    in_dtype_of_input,
    initializer,
    operand,
    positive_integers,
    wide,
)
from .._modules.spatial import dynamic, dynamic_widths, funnel, pooled


class FReLU(nnx.Module):
    r"""Funnel activation: the larger of x and a condition that sees its neighbours.

    .. math:: \mathrm{frelu}(x) = \max(x, T(x)), \quad T = \text{batch norm of a depthwise convolution}

    The convolution has no bias, which the normalisation would take away. Of equals, x takes the slope. The
    convolution is computed in the dtype of x, the normalisation in float32; the kernel decays like others.
    Kept for the backward pass: what these keep, and one byte an element.

    Args:
      num_features: the number of channels, the last axis of the input (batch, *spatial, channels).
      kernel_size: the window, one length for each spatial axis.
      use_running_average: whether to normalise by the stored statistics, for evaluation; as in
        `nnx.BatchNorm`, `model.train()` and `model.eval()` set it.
      momentum: of the stored statistics.
      epsilon: added to the variance.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the kernel; that of the normalisation is float32, like its statistics.
      kernel_init: an initializer `(key, shape, dtype)` of the kernel, or a value.
      rngs: draws the kernel.

    Attributes:
      condition: the convolution, an `nnx.Conv`.
      norm: the `nnx.BatchNorm`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if num_features is not positive or not the length of the last axis, or if the input has too
        few axes.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import FReLU
      >>> model = FReLU(8, rngs=nnx.Rngs(0))
      >>> model.eval()
      >>> model(jnp.ones((2, 5, 5, 8))).shape
      (2, 5, 5, 8)

    References:
      Ma, Zhang and Sun, Funnel activation for visual recognition, ECCV 2020.
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
        self.condition = nnx.Conv(
            num_features,
            num_features,
            kernel_size,
            feature_group_count=num_features,
            use_bias=False,
            param_dtype=param_dtype,
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
        window = self.condition.kernel_size
        check_rank("FReLU", f"{len(window)} spatial ones and the channels", len(window) + 1, x)
        check_length("FReLU", "num_features", self.condition.out_features, x)
        condition = self.condition(x).astype(wide(x.dtype))
        return funnel(x, self.norm(condition, use_running_average).astype(x.dtype))


class DyReLU(nnx.Module):
    r"""Dynamic relu: the largest of lines whose slopes and offsets a small network sets for each example.

    .. math:: \mathrm{dyrelu}(x) = \max_k (a_k x + b_k), \quad a_k = [k = 1] + \lambda_a \theta_k, \quad
        b_k = \lambda_b \theta_{K + k}

    The theta, from -1 to 1, are 2 logistic(.) - 1 of a matrix, relu, and a matrix, applied to the mean over
    the image. Variant A shares the lines among all channels, B has lines for each channel. Of equal lines,
    the first takes the slope. The network is computed in float32 for 16-bit floats, and so is the largest
    line, which is rounded once. Kept for the backward pass: the input and the lines. The matrices decay like
    others.

    Args:
      num_features: the number of channels, the last axis of the input (batch, ..., channels).
      variant: "A" or "B".
      num_pieces: how many lines.
      reduction: by how much the hidden layer is narrower than the input, num_features // reduction or 1.
      lambda_a: how far the slopes may be from their first values: 1, and 0 for all but the first line.
      lambda_b: how far the offsets may be from 0, in the units of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      rngs: draws the matrices.

    Attributes:
      reduce: the first `nnx.Linear`.
      expand: the second, whose outputs are the slopes, line by line, and then the offsets.

    Raises:
      TypeError: if the input is complex.
      ValueError: if variant is neither "A" nor "B", another argument is out of range, num_features is not the
        length of the last axis, or the input has no batch axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import DyReLU
      >>> model = DyReLU(16, variant="B", rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 5, 5, 16))).shape
      (2, 5, 5, 16)

    References:
      Chen et al., Dynamic ReLU, ECCV 2020.
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
        def matrix(in_features: int, features: int) -> nnx.Linear:
            return nnx.Linear(
                in_features,
                features,
                param_dtype=param_dtype,
                kernel_init=initializer(kernel_init),
                bias_init=initializer(bias_init),
                promote_dtype=in_dtype_of_input,
                rngs=rngs,
            )

        hidden, outputs = dynamic_widths(num_features, variant, num_pieces, reduction)
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
        theta = self.expand(relu(self.reduce(pooled(x))))
        return dynamic(x, theta, self.num_pieces, self.lambda_a, self.lambda_b)
