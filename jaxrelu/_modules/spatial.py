"""FReLU and DyReLU: what they say, and compute once convolutions and matrices are applied."""

import functools
from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import DTypeLike

from .._kernels.gates import finite
from .._mechanism.elementwise import elementwise
from .parameters import KERNEL, Init, wide
from .settings import settings


@settings
class FReLU:
    r"""The larger of x and a condition that sees its neighbours.

    .. math:: \mathrm{frelu}(x) = \max(x, T(x)), \quad T = \text{batch norm of a depthwise convolution}

    The convolution has no bias, which the normalisation would take away. Of equals, x takes the slope. The
    convolution is computed in the dtype of x, the normalisation in float32; the kernel decays like others.
    Kept for the backward pass: what these keep, and one byte an element.

    Args:
      num_features: the number of channels, the last axis of the input (batch, space, channels).
      kernel_size: the window, one length for each spatial axis.
      momentum: of the stored statistics.
      epsilon: added to the variance.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the kernel; that of the normalisation is float32, like its statistics.
      kernel_init: an initializer `(key, shape, dtype)` of the kernel, or a value.

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if num_features is not positive or not the length of the last axis, or if the input has too
        few axes.

    References:
      Ma, Zhang and Sun, Funnel activation for visual recognition, ECCV 2020.
    """

    kernel_size: tuple[int, ...] = (3, 3)
    momentum: float = 0.99
    epsilon: float = 1e-5
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL


@settings
class DyReLU:
    r"""The largest of lines whose slopes and offsets a small network sets for each example.

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

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if variant is neither "A" nor "B", another argument is out of range, num_features is not the
        length of the last axis, or the input has no batch axis.

    References:
      Chen et al., Dynamic ReLU, ECCV 2020.
    """

    variant: Literal["A", "B"] = "B"
    num_pieces: int = 2
    reduction: int = 8
    lambda_a: float = 1.0
    lambda_b: float = 0.5
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0

    def _widths(self, num_features: int) -> tuple[int, int]:
        """The lengths of the hidden layer and of theta."""
        lines = num_features if self.variant == "B" else 1
        return max(1, num_features // self.reduction), 2 * self.num_pieces * lines

    def _of(self, x: Array, theta: Array) -> Array:
        """The largest of the lines that theta gives for each example."""
        return dynamic(x, theta, self.num_pieces, self.lambda_a, self.lambda_b)


def funnel(x: Array, condition: Array) -> Array:
    """The larger of both; of equals, x takes the slope. Kept for the backward pass: which, one byte each."""
    return jnp.where((condition > x) | jnp.isnan(condition), condition, x)


def pooled(x: Array) -> Array:
    """The mean over all axes but the first and the last, at least in float32."""
    return x.astype(wide(x.dtype)).mean(tuple(range(1, x.ndim - 1)))


def dynamic(x: Array, theta: Array, num_pieces: int, lambda_a: float, lambda_b: float) -> Array:
    """The largest of the lines that theta gives for each example.

    Args:
      x: an array of shape (batch, ..., channels).
      theta: of shape (batch, 2 * num_pieces * width), where width is 1 or channels: the slopes, line by
        line, and then the offsets.
      num_pieces: how many lines.
      lambda_a: how far the slopes may be from 1, for the first line, or 0.
      lambda_b: how far the offsets may be from 0.
    """
    batch, width = theta.shape[0], theta.shape[1] // (2 * num_pieces)
    theta = jnp.tanh(0.5 * theta)  # 2 logistic(theta) - 1
    theta = jnp.moveaxis(theta.reshape(batch, 2, num_pieces, width), 0, 2)
    theta = theta.reshape(2, num_pieces, batch, *(1,) * (x.ndim - 2), width)
    first = jax.nn.one_hot(0, num_pieces, dtype=theta.dtype).reshape(num_pieces, *(1,) * x.ndim)
    return _largest_line(x, first + lambda_a * theta[0], lambda_b * theta[1])


Lines = tuple[Array, ...]


def _values(x: Array, slopes: Lines, offsets: Lines) -> list[Array]:
    return [jnp.where(a == 0.0, 0.0, a * x) + b for a, b in zip(slopes, offsets, strict=True)]


def _winner(x: Array, slopes: Lines, offsets: Lines) -> Array:
    """Which line is the largest: the first of equals."""
    largest, *others = _values(x, slopes, offsets)
    winner = jnp.zeros(largest.shape, jnp.uint8)
    for i, line in enumerate(others, start=1):
        winner = jnp.where(line > largest, jnp.uint8(i), winner)
        largest = jnp.maximum(largest, line)
    return winner


def _slope(x: Array, slopes: Lines, offsets: Lines) -> Array:
    winner = _winner(x, slopes, offsets)
    return functools.reduce(jnp.add, (jnp.where(winner == i, a, 0.0) for i, a in enumerate(slopes)))


def _by_slopes(x: Array, slopes: Lines, offsets: Lines) -> Lines:
    winner = _winner(x, slopes, offsets)
    return tuple(jnp.where(winner == i, finite(x), 0.0) for i in range(len(slopes)))


def _by_offsets(x: Array, slopes: Lines, offsets: Lines) -> Lines:
    winner = _winner(x, slopes, offsets)
    return tuple(jnp.where(winner == i, jnp.ones_like(x), 0.0) for i in range(len(offsets)))


@elementwise(
    value=lambda x, slopes, offsets: functools.reduce(jnp.maximum, _values(x, slopes, offsets)),
    slope=_slope,
    parameter_slopes={"slopes": _by_slopes, "offsets": _by_offsets},
    stacked=("slopes", "offsets"),
)
def _largest_line(x: Array, slopes: Array, offsets: Array) -> Array:
    """The largest of the lines a x + b; of equals, the first takes the slope.

    Computed in float32 for 16-bit floats, and rounded once. Kept for the backward pass: x and the lines.

    Args:
      x: an array of floats.
      slopes: the a, of shape (lines, ...), where the rest has the rank of x and broadcasts to its shape.
      offsets: the b, of the same shape.
    """
    ...
