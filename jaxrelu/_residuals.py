"""What is kept from the forward pass for the backward pass: the input, the output, or packed codes.

Each class is a pytree with a constructor `keep` and a method `slope`, which gives back either the slope
itself or, for a slope of few values, the code that chooses among them.
"""

import dataclasses
from typing import TYPE_CHECKING, Protocol, Self

import jax
import jax.numpy as jnp
from jax import Array, lax

if TYPE_CHECKING:
    from ._formulas import Formulas


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
        return formulas.slope_at(_kept(self.x), *parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Output:
    """The output, in its own dtype: free where the next layer keeps it anyway."""

    y: Array

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self:
        return cls(y)

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array:
        return formulas.slope_at_output(_kept(self.y), *parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Bits:
    """The index of the slope among its few values, 1, 2 or 4 bits an element, packed along the last axis."""

    packed: Array
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    bits: int = dataclasses.field(metadata={"static": True})

    @classmethod
    def keep(cls, formulas: "Formulas", x: Array, y: Array, *parameters: Array) -> Self:
        bits = bits_for(len(formulas.levels(*parameters)))
        return cls(pack(formulas.slope_at(x, *parameters), bits), x.shape, bits)

    def slope(self, formulas: "Formulas", *parameters: Array) -> Array:
        return unpack(_kept(self.packed), self.shape, self.bits)


def _kept(residual: Array) -> Array:
    """The residual, opaque to XLA.

    Without the barrier XLA recognises what the forward pass computed from the same tensor, reuses it,
    and keeps all of that alive in place of the one tensor.
    """
    return lax.optimization_barrier(residual)


def bits_for(levels: int) -> int:
    """The bits of a code for so many levels: 1, 2, 4 or 8, so that codes never straddle bytes."""
    return next(bits for bits in (1, 2, 4, 8) if levels <= 2**bits)


def pack(codes: Array, bits: int) -> Array:
    """Codes of `bits` bits (1, 2, 4 or 8), packed into bytes along one axis.

    The packing is a reduction: XLA does not repeat a reduction in the backward pass, as it would a sum
    of slices, and so does not keep the unpacked codes' origin alive.
    """
    axis, per_byte = _packing(codes.shape, bits)
    codes = jnp.atleast_1d(codes).astype(jnp.uint8)
    padding = -codes.shape[axis] % per_byte
    codes = jnp.pad(codes, [(0, padding if i == axis else 0) for i in range(codes.ndim)])
    groups = codes.reshape(_grouped(codes.shape, axis, per_byte))
    shifted = groups << _shifts(groups, axis + 1, bits)
    return lax.reduce(shifted, jnp.uint8(0), lax.bitwise_or, (axis + 1,))


def unpack(packed: Array, shape: tuple[int, ...], bits: int) -> Array:
    """The codes of an array of this shape: booleans for one bit, else bytes."""
    axis, per_byte = _packing(shape, bits)
    groups = jnp.expand_dims(packed, axis + 1)
    groups = jnp.broadcast_to(groups, (*packed.shape[: axis + 1], per_byte, *packed.shape[axis + 1 :]))
    codes = (groups >> _shifts(groups, axis + 1, bits)) & (2**bits - 1)
    length = packed.shape[axis] * per_byte
    codes = codes.reshape(*packed.shape[:axis], length, *packed.shape[axis + 1 :])
    codes = lax.slice_in_dim(codes, 0, shape[axis] if shape else 1, axis=axis).reshape(shape)
    return codes.astype(bool) if bits == 1 else codes


def _packing(shape: tuple[int, ...], bits: int) -> tuple[int, int]:
    """The axis along which codes are packed, and how many a byte holds.

    The last axis but one, where that leaves no byte half empty: neighbours on the last axis, which vector
    units and lanes run along, then stay neighbours. Else the last.
    """
    per_byte = 8 // bits
    if len(shape) >= 2 and shape[-2] % per_byte == 0:
        return len(shape) - 2, per_byte
    return max(len(shape) - 1, 0), per_byte


def _grouped(shape: tuple[int, ...], axis: int, per_byte: int) -> tuple[int, ...]:
    return (*shape[:axis], shape[axis] // per_byte, per_byte, *shape[axis + 1 :])


def _shifts(groups: Array, axis: int, bits: int) -> Array:
    return lax.broadcasted_iota(jnp.uint8, groups.shape, axis) * jnp.uint8(bits)
