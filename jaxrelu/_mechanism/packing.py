"""Codes of a few bits, packed into words along the last axis.

Codes of one bit go eight to a byte, the first one lowest:

    codes   0  1  1  0  0  0  0  1
    word    10000110

Codes of two bits go four to a byte, and codes of four bits two. A code of another width is split into
parts of four, two and one bits, so that no part lies in two bytes. Codes of eight bits go in pairs into words
of 16 bits.
"""

import functools

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from .._kernels.sharding import explicit_sharding

_WHOLE = (8, 4, 2, 1)  # the widths of codes that fill a byte


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


def words_are_local(x: Array, bits: int) -> bool:
    """Whether no word holds codes of two devices, as far as the type of x tells how x is sharded.

    The type tells it under explicit sharding only.
    """
    sharding = explicit_sharding(x)
    if sharding is None or x.ndim == 0:
        return True
    on_a_device = sharding.shard_shape(x.shape)[-1]
    return on_a_device == x.shape[-1] or on_a_device % _per_word(bits & -bits) == 0


def _parts(bits: int) -> list[tuple[int, int]]:
    """The lowest bit and the width of every part: the powers of two that `bits` is the sum of."""
    widths = [width for width in _WHOLE if bits & width]
    return [(sum(widths[:i]), width) for i, width in enumerate(widths)]


def _pack_part(codes: Array, bits: int) -> Array:
    """Neighbours on the last axis, packed into words.

    Codes are combined by a sum along an axis. XLA does not repeat a reduction in the backward pass. It would
    repeat a sum of slices, and for that it would keep the input. The sum of codes that share no bit is their
    bitwise or. A device that holds less than one word takes part in an all-reduce, and XLA:CPU has none for
    a bitwise or.
    """
    per_word = _per_word(bits)
    if padding := -codes.shape[-1] % per_word:
        codes = jnp.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, padding)])
    groups = codes.reshape(*codes.shape[:-1], codes.shape[-1] // per_word, per_word).astype(_word(bits))
    return jnp.sum(groups << _shifts(groups, bits), axis=-1, dtype=groups.dtype)


def _unpack_part(packed: Array, shape: tuple[int, ...], bits: int) -> Array:
    groups = packed[..., None]
    shifts = _shifts(groups, bits)
    codes = (groups & (1 << shifts)) != 0 if bits == 1 else (groups >> shifts) & (2**bits - 1)
    codes = codes.reshape(*packed.shape[:-1], packed.shape[-1] * _per_word(bits))
    codes = lax.slice_in_dim(codes, 0, shape[-1] if shape else 1, axis=-1).reshape(shape)
    return codes if bits == 1 else codes.astype(jnp.uint8)


def _word(bits: int) -> np.dtype:
    """Bytes; codes of a whole byte are packed in pairs, because a sum needs at least two."""
    return np.dtype("uint16" if bits == 8 else "uint8")


def _per_word(bits: int) -> int:
    return 8 * _word(bits).itemsize // bits


def _shifts(groups: Array, bits: int) -> np.ndarray:
    """How far each code of a word is shifted, to broadcast with the groups."""
    shifts = np.arange(_per_word(bits), dtype=_word(bits)) * _word(bits).type(bits)
    return np.expand_dims(shifts, tuple(range(groups.ndim - 1)))
