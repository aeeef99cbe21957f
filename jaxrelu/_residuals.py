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
    """Codes of `bits` bits (1, 2, 4 or 8), packed along the last axis into bytes.

    The packing is a reduction: XLA does not repeat a reduction in the backward pass, as it would a sum
    of slices, and so does not keep the unpacked codes' origin alive.
    """
    codes = jnp.atleast_1d(codes).astype(jnp.uint8)
    per_byte = 8 // bits
    padding = -codes.shape[-1] % per_byte
    codes = jnp.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, padding)])
    groups = codes.reshape(*codes.shape[:-1], codes.shape[-1] // per_byte, per_byte)
    return lax.reduce(groups << _shifts(groups, bits), jnp.uint8(0), lax.bitwise_or, (groups.ndim - 1,))


def unpack(packed: Array, shape: tuple[int, ...], bits: int) -> Array:
    """The codes of an array of this shape: booleans for one bit, else bytes."""
    per_byte = 8 // bits
    groups = jnp.broadcast_to(packed[..., None], (*packed.shape, per_byte))
    codes = (groups >> _shifts(groups, bits)) & (2**bits - 1)
    codes = codes.reshape(*packed.shape[:-1], packed.shape[-1] * per_byte)
    codes = codes[..., : shape[-1] if shape else 1].reshape(shape)
    return codes.astype(bool) if bits == 1 else codes


def _shifts(groups: Array, bits: int) -> Array:
    return lax.broadcasted_iota(jnp.uint8, groups.shape, groups.ndim - 1) * jnp.uint8(bits)
