"""Linen modules whose activation looks beyond its element: FReLU at the neighbours, DyReLU at the image."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.rectifiers import relu
from .._modules.parameters import (
    KERNEL,
    Init,
    check_length,
    check_rank,
    initializer,
    operand,
    positive_integers,
    wide,
)
from .._modules.spatial import dynamic, dynamic_widths, funnel, pooled


class FReLU(nn.Module):
    r"""Funnel activation: the larger of x and a condition that sees its neighbours.

    .. math:: \mathrm{frelu}(x) = \max(x, T(x)), \quad T = \text{batch norm of a depthwise convolution}

    The convolution has no bias, which the normalisation would take away. Of equals, x takes the slope. The
    convolution is computed in the dtype of x, the normalisation in float32; the kernel decays like others.
    Kept for the backward pass: what these keep, and one byte an element.

    Attributes:
      num_features: the number of channels, the last axis of the input (batch, *spatial, channels);
        None takes it from the input.
      kernel_size: the window, one length for each spatial axis.
      use_running_average: whether to normalise by the stored statistics, for evaluation; as in
        `linen.BatchNorm`, it is given here or to the call.
      momentum: of the stored statistics.
      epsilon: added to the variance.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the kernel; that of the normalisation is float32, like its statistics.
      kernel_init: an initializer `(key, shape, dtype)` of the kernel, or a value.

    The parameters are `condition/kernel`, `norm/scale` and `norm/bias`; the statistics, `norm/mean` and
    `norm/var`, are in the collection `batch_stats`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if num_features is not positive or not the length of the last axis, or if the input has too
        few axes.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import FReLU
      >>> x = jnp.ones((2, 5, 5, 8))
      >>> model = FReLU(use_running_average=False)
      >>> variables = model.init(jax.random.key(0), x)
      >>> y, statistics = model.apply(variables, x, mutable=["batch_stats"])
      >>> y.shape
      (2, 5, 5, 8)

    References:
      Ma, Zhang and Sun, Funnel activation for visual recognition, ECCV 2020.
    """

    num_features: int | None = None
    _: dataclasses.KW_ONLY
    kernel_size: tuple[int, ...] = (3, 3)
    use_running_average: bool | None = None
    momentum: float = 0.99
    epsilon: float = 1e-5
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL

    @nn.compact
    @jax.named_scope("jaxrelu.linen.FReLU")
    def __call__(self, x: ArrayLike, use_running_average: bool | None = None) -> Array:
        positive_integers("FReLU", num_features=self.num_features)
        x = operand("FReLU", x, self.dtype)
        spatial = len(self.kernel_size)
        check_rank("FReLU", f"{spatial} spatial ones and the channels", spatial + 1, x)
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
        return funnel(x, normalised.astype(x.dtype))


class DyReLU(nn.Module):
    r"""Dynamic relu: the largest of lines whose slopes and offsets a small network sets for each example.

    .. math:: \mathrm{dyrelu}(x) = \max_k (a_k x + b_k), \quad a_k = [k = 1] + \lambda_a \theta_k, \quad
        b_k = \lambda_b \theta_{K + k}

    The theta, from -1 to 1, are 2 logistic(.) - 1 of a matrix, relu, and a matrix, applied to the mean over
    the image. Variant A shares the lines among all channels, B has lines for each channel. Of equal lines,
    the first takes the slope. The network is computed in float32 for 16-bit floats, and so is the largest
    line, which is rounded once. Kept for the backward pass: the input and the lines. The matrices decay like
    others.

    Attributes:
      num_features: the number of channels, the last axis of the input (batch, ..., channels); None
        takes it from the input.
      variant: "A" or "B".
      num_pieces: how many lines.
      reduction: by how much the hidden layer is narrower than the input, num_features // reduction or 1.
      lambda_a: how far the slopes may be from their first values: 1, and 0 for all but the first line.
      lambda_b: how far the offsets may be from 0, in the units of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    The parameters are `reduce/kernel`, `reduce/bias`, `expand/kernel` and `expand/bias`; the outputs of the
    second are the slopes, line by line, and then the offsets.

    Raises:
      TypeError: if the input is complex.
      ValueError: if variant is neither "A" nor "B", another argument is out of range, num_features is not the
        length of the last axis, or the input has no batch axis.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import DyReLU
      >>> model, x = DyReLU(variant="B"), jnp.ones((2, 5, 5, 16))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 5, 5, 16)

    References:
      Chen et al., Dynamic ReLU, ECCV 2020.
    """

    num_features: int | None = None
    _: dataclasses.KW_ONLY
    variant: Literal["A", "B"] = "B"
    num_pieces: int = 2
    reduction: int = 8
    lambda_a: float = 1.0
    lambda_b: float = 0.5
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0

    @nn.compact
    @jax.named_scope("jaxrelu.linen.DyReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = operand("DyReLU", x, self.dtype)
        check_rank("DyReLU", "batch and channels", 2, x)
        channels = x.shape[-1] if self.num_features is None else self.num_features
        hidden, outputs = dynamic_widths(channels, self.variant, self.num_pieces, self.reduction)
        check_length("DyReLU", "num_features", channels, x)
        theta = self._matrix(pooled(x), hidden, "reduce")
        theta = self._matrix(relu(theta), outputs, "expand")
        return dynamic(x, theta, self.num_pieces, self.lambda_a, self.lambda_b)

    def _matrix(self, x: Array, features: int, name: str) -> Array:
        matrix = nn.Dense(
            features,
            dtype=x.dtype,
            param_dtype=self.param_dtype,
            kernel_init=initializer(self.kernel_init),
            bias_init=initializer(self.bias_init),
            name=name,
        )
        return matrix(x)
