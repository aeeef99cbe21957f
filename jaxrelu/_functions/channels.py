"""Functions that change the channel axis: crelu, maxout."""

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.selection import where
from .._mechanism.arguments import channel_axis, is_integral, split_axis
from .._mechanism.composition import composed
from .._mechanism.declaration import declared_as
from .._mechanism.differentiation import Differentiation, ForwardMode
from .._mechanism.formulas import Formula, compute_dtype, is_float
from .rectifiers import relu


def _crelu(relu: Formula, x: Array, axis: int) -> Array:
    if is_integral(x):  # the negative of an unsigned integer or a boolean is none
        halves = [relu(x), relu(-x.astype(jnp.int32)).astype(relu(x).dtype)]
    else:
        halves = [relu(x), relu(-x)]
    return jnp.concatenate(halves, channel_axis("crelu", x, axis))


@composed(relu, formula=_crelu, static=("axis",))
def crelu(x: ArrayLike, axis: int = -1) -> Array:
    r"""Concatenated rectified linear unit: both halves of x, each rectified.

    .. math:: \mathrm{crelu}(x) = [\max(x, 0), \max(-x, 0)]

    The halves have the slopes of `relu` at x and -x: both are 0 at the kink x = 0. A NaN gives NaN in both
    halves, with slope 0. Value and slope are exact. The sum of squares is that of x.

    Kept for the backward pass: a mask, one byte an element of the result. `with_residual` also offers "bits"
    (one bit an element), "input" and "output".

    Args:
      x: an array with at least one axis; integers are kept.
      axis: the axis to concatenate on, the channel axis; a Python int.

    Returns:
      An array of the dtype of x, twice as long on `axis`.

    Raises:
      TypeError: if x is complex or not an array.
      ValueError: if axis is out of range.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.crelu(jax.numpy.array([-2.0, 3.0]))
      Array([0., 3., 2., 0.], dtype=float32)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """
    ...


_MOST_COMPARED = 16  # pieces; the compile time of more comparisons would be felt


def _largest(pieces: Array) -> tuple[Array, Array]:
    """The largest of the last axis, and which it is: the first of equals, and the first NaN before all."""
    if 1 < pieces.shape[-1] <= _MOST_COMPARED:
        return _largest_by_comparisons(pieces)
    winner = jnp.argmax(pieces, axis=-1, keepdims=True).astype(jnp.uint8)
    return jnp.take_along_axis(pieces, winner.astype(jnp.int32), axis=-1)[..., 0], winner[..., 0]


def _largest_by_comparisons(pieces: Array) -> tuple[Array, Array]:
    """The same, piece by piece: GPUs would take fifty times as long for a reduction of so few."""
    wide = pieces.astype(compute_dtype(pieces.dtype)) if is_float(pieces) else pieces
    largest, winner = wide[..., 0], jnp.uint8(0)
    for place in range(1, pieces.shape[-1]):
        piece = wide[..., place]
        is_larger = ~(piece <= largest) & (largest == largest)
        largest = jnp.where(is_larger, piece, largest)
        winner = where(is_larger, jnp.uint8(place), winner)
    return largest.astype(pieces.dtype), winner


@jax.custom_vjp
def _maxout(pieces: Array) -> Array:
    return _largest(pieces)[0]


def _maxout_forward(pieces: Array) -> tuple[Array, tuple[Array, int]]:
    y, winner = _largest(pieces)
    return y, (winner, pieces.shape[-1])


def _maxout_backward(kept: tuple[Array, int], g: Array) -> tuple[Array]:
    winner, num_pieces = kept
    pieces = jax.lax.broadcasted_iota(winner.dtype, (*winner.shape, num_pieces), winner.ndim)
    return (jnp.where(pieces == winner[..., None], g[..., None], 0),)


_maxout.defvjp(_maxout_forward, _maxout_backward)


@dataclasses.dataclass(frozen=True)
class _Maxout:
    """The declaration of maxout."""

    name: str = "maxout"
    static: tuple[str, ...] = ("num_pieces", "axis")

    @staticmethod
    def check(num_pieces: int, axis: int) -> None:
        if not 1 <= num_pieces <= 256:
            raise ValueError(f"maxout: num_pieces must be from 1 to 256, got {num_pieces}")

    def apply(self, differentiation: Differentiation, x: Array, num_pieces: int, axis: int) -> Array:
        axis = split_axis(self.name, x, axis, num_pieces)
        pieces = jnp.moveaxis(x, axis, -1)
        pieces = pieces.reshape(*pieces.shape[:-1], pieces.shape[-1] // num_pieces, num_pieces)
        plain = isinstance(differentiation, ForwardMode) or not jnp.issubdtype(x.dtype, jnp.floating)
        y = _largest(pieces)[0] if plain else _maxout(pieces)
        return jnp.moveaxis(y, -1, axis)

    def residuals(self) -> frozenset[str]:
        return frozenset({"mask"})


@declared_as(_Maxout())
def maxout(x: ArrayLike, num_pieces: int, axis: int = -1) -> Array:
    r"""The largest of each group of neighbouring channels.

    .. math:: \mathrm{maxout}(x)_i = \max_{j < k} x_{i k + j}, \quad k = \text{num\_pieces}

    The slope is 1 for the largest of a group and 0 for the rest; at the kink, among equals, the first is
    taken. A NaN gives NaN, and takes the slope. Value and slope are exact.

    Kept for the backward pass: the index of the largest, one byte an element of the result.

    Args:
      x: an array with at least one axis; integers are kept.
      num_pieces: how many channels form a group, from 1 to 256; a Python int.
      axis: the channel axis, whose length num_pieces divides; a Python int.

    Returns:
      An array of the dtype of x, shorter on `axis` by the factor num_pieces.

    Raises:
      TypeError: if x is complex or not an array.
      ValueError: if axis is out of range, or num_pieces is, or does not divide the axis.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.maxout(jax.numpy.array([-2.0, 3.0, 4.0, 1.0]), 2)
      Array([3., 4.], dtype=float32)

    References:
      Goodfellow et al., Maxout networks, ICML 2013.
    """
    ...
