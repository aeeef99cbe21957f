"""What is kept from the forward pass for the backward pass: the input, the output, or packed codes.

Each class is a pytree with a constructor `keep` and a method `slope`, which gives back either the slope
itself or, for a slope of few values, the code that chooses among them.
"""

import dataclasses
import functools
from typing import TYPE_CHECKING, Protocol, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

if TYPE_CHECKING:
    from .formulas import Formulas


_WHOLE = (8, 4, 2, 1)  # the widths of codes that fill a byte


class Residual(Protocol):
    """What survives to the backward pass, and how the slope is read from it."""

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self: ...

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array: ...


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Input:
    """The input, in its own dtype; the slope is computed anew."""

    x: Array

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self:
        return cls(x)

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array:
        return formulas.slope_at(self.x, *parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Output:
    """The output, in its own dtype: free where the next layer keeps it anyway."""

    y: Array

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self:
        return cls(y)

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array:
        return formulas.slope_at_output(self.y, *parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Bits:
    """The index of the slope among its few values: as many bits an element as that takes, packed."""

    packed: tuple[Array, ...]
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    bits: int = dataclasses.field(metadata={"static": True})

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self:
        bits = bits_for(len(formulas.levels(*parameters)))
        return cls(pack(formulas.slope_at(x, *parameters), bits), x.shape, bits)

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array:
        return unpack(self.packed, self.shape, self.bits)


def bits_for(levels: int) -> int:
    """The bits of a code for so many levels."""
    return max(1, (levels - 1).bit_length())


def pack(codes: Array, bits: int) -> tuple[Array, ...]:
    """Codes of 1 to 8 bits, packed: as their parts of 4, 2 and 1 bits, so that none straddles a byte."""
    codes = jnp.atleast_1d(codes).astype(jnp.uint8)
    if bits in _WHOLE:
        return (_pack_part(codes, bits),)
    return tuple(_pack_part((codes >> low) & (2**width - 1), width) for low, width in _parts(bits))


def unpack(packed: tuple[Array, ...], shape: tuple[int, ...], bits: int) -> Array:
    """The codes of an array of this shape: booleans for one bit, else bytes."""
    if bits in _WHOLE:
        return _unpack_part(packed[0], shape, bits)
    parts = zip(packed, _parts(bits), strict=True)
    shifted = (_unpack_part(part, shape, width).astype(jnp.uint8) << low for part, (low, width) in parts)
    return functools.reduce(jnp.bitwise_or, shifted)


def _parts(bits: int) -> list[tuple[int, int]]:
    """The lowest bit and the width of every part: the powers of two that `bits` is the sum of."""
    widths = [width for width in _WHOLE if bits & width]
    return [(sum(widths[:i]), width) for i, width in enumerate(widths)]


def _pack_part(codes: Array, bits: int) -> Array:
    """The packing is a reduction: XLA does not repeat a reduction in the backward pass, as it would a sum
    of slices, and so does not keep the unpacked codes' origin alive.
    """
    axis, per_word = _packing(codes.shape, bits)
    word = _word(bits)
    if padding := -codes.shape[axis] % per_word:
        codes = jnp.pad(codes, [(0, padding if i == axis else 0) for i in range(codes.ndim)])
    groups = codes.reshape(_grouped(codes.shape, axis, per_word)).astype(word)
    shifted = groups << _shifts(groups, axis + 1, bits)
    return lax.reduce(shifted, np.array(0, word), lax.bitwise_or, (axis + 1,))


def _unpack_part(packed: Array, shape: tuple[int, ...], bits: int) -> Array:
    axis, per_word = _packing(shape, bits)
    groups = jnp.expand_dims(packed, axis + 1)
    groups = jnp.broadcast_to(groups, (*packed.shape[: axis + 1], per_word, *packed.shape[axis + 1 :]))
    shifts = _shifts(groups, axis + 1, bits)
    codes = (groups & (1 << shifts)) != 0 if bits == 1 else (groups >> shifts) & (2**bits - 1)
    length = packed.shape[axis] * per_word
    codes = codes.reshape(*packed.shape[:axis], length, *packed.shape[axis + 1 :])
    codes = lax.slice_in_dim(codes, 0, shape[axis] if shape else 1, axis=axis).reshape(shape)
    return codes if bits == 1 else codes.astype(jnp.uint8)


def _word(bits: int) -> np.dtype:
    """Bytes; codes of a whole byte go by twos, since one alone is nothing to reduce."""
    return np.dtype("uint16" if bits == 8 else "uint8")


def _packing(shape: tuple[int, ...], bits: int) -> tuple[int, int]:
    """The axis along which codes are packed, and how many a word holds.

    The last axis but one, where that leaves no word half empty: neighbours on the last axis, which vector
    units and lanes run along, then stay neighbours. Else the last.
    """
    per_word = 8 * _word(bits).itemsize // bits
    if len(shape) >= 2 and shape[-2] % per_word == 0:
        return len(shape) - 2, per_word
    return max(len(shape) - 1, 0), per_word


def _grouped(shape: tuple[int, ...], axis: int, per_word: int) -> tuple[int, ...]:
    return (*shape[:axis], shape[axis] // per_word, per_word, *shape[axis + 1 :])


def _shifts(groups: Array, axis: int, bits: int) -> np.ndarray:
    """How far each code of a word is shifted, to broadcast with the groups."""
    steps = np.arange(groups.shape[axis], dtype=groups.dtype) * groups.dtype.type(bits)
    return steps.reshape([-1 if i == axis else 1 for i in range(groups.ndim)])
