"""What is kept from the forward pass for the backward pass: the input, the output, a mask, or packed bits.

Each class is a pytree with a constructor `keep` and a method `slope`, which gives back either the slope
itself or, for a slope of few values, the code that chooses among them.
"""

import dataclasses
from typing import Protocol, Self

import jax
from jax import Array

from .formulas import Formulas, Parameters
from .packing import bits_for, pack, unpack, words_are_local


class Residual(Protocol):
    """What survives to the backward pass, and how the slope is read from it."""

    @classmethod
    def keep(cls, formulas: Formulas, x: Array, y: Array, parameters: Parameters) -> "Residual": ...

    def slope(self, formulas: Formulas, parameters: Parameters) -> Array: ...


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Input:
    """The input, in its own dtype; the slope is computed anew."""

    x: Array

    @classmethod
    def keep(cls, formulas: Formulas, x: Array, y: Array, parameters: Parameters) -> Self:
        return cls(x)

    def slope(self, formulas: Formulas, parameters: Parameters) -> Array:
        return formulas.slope_at(self.x, parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Output:
    """The output, in its own dtype: free where the next layer keeps it anyway."""

    y: Array

    @classmethod
    def keep(cls, formulas: Formulas, x: Array, y: Array, parameters: Parameters) -> Self:
        return cls(y)

    def slope(self, formulas: Formulas, parameters: Parameters) -> Array:
        return formulas.slope_at_output(self.y, parameters)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Mask:
    """The index of the slope among its few values, one byte an element.

    The mask has the shape of x and is computed element by element. So every device of a mesh computes and
    holds its own part, however x is sharded.
    """

    codes: Array

    @classmethod
    def keep(cls, formulas: Formulas, x: Array, y: Array, parameters: Parameters) -> Self:
        # Where the output decides, the input need not live on until the mask is computed.
        from_output = formulas.selects and formulas.slope_from_output is not None
        codes = formulas.slope_at_output(y, parameters) if from_output else formulas.slope_at(x, parameters)
        return cls(codes)

    def slope(self, formulas: Formulas, parameters: Parameters) -> Array:
        return self.codes


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Bits:
    """The index of the slope among its few values: as many bits an element as that takes, packed.

    A word holds neighbours on the last axis. On a mesh a device that holds fewer of them than a word takes
    would need its neighbour's: where the type of x says so, a mask is kept instead.
    """

    packed: tuple[Array, ...]
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    bits: int = dataclasses.field(metadata={"static": True})

    @classmethod
    def keep(cls, formulas: Formulas, x: Array, y: Array, parameters: Parameters) -> Self | Mask:
        bits = bits_for(len(formulas.levels(x, parameters)))
        codes = formulas.slope_at(x, parameters)
        if not words_are_local(x, bits):
            return Mask(codes)
        return cls(pack(codes, bits), x.shape, bits)

    def slope(self, formulas: Formulas, parameters: Parameters) -> Array:
        return unpack(self.packed, self.shape, self.bits)
