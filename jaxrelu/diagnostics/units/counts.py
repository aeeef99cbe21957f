"""Counts beyond 2**32, under jit and without 64-bit integers: two words with a carry."""

import dataclasses
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Count:
    """Non-negative integers below 2**64, exact: high * 2**32 + low."""

    low: Array
    high: Array

    @classmethod
    def of(cls, number: Array | int) -> Self:
        """Integers below 2**32."""
        low = jnp.asarray(number, jnp.uint32)
        return cls(low, jnp.zeros_like(low))

    def __add__(self, other: "Count") -> "Count":
        low = self.low + other.low
        carry = (low < self.low).astype(jnp.uint32)
        return Count(low, self.high + other.high + carry)

    def __sub__(self, other: "Count") -> "Count":
        borrow = (self.low < other.low).astype(jnp.uint32)
        return Count(self.low - other.low, self.high - other.high - borrow)

    def as_float(self) -> Array:
        """As float32, rounded."""
        return self.high.astype(jnp.float32) * jnp.float32(2.0**32) + self.low.astype(jnp.float32)

    def as_numpy(self) -> np.ndarray:
        """As NumPy integers, exact."""
        return (np.asarray(self.high).astype(np.uint64) << np.uint64(32)) + np.asarray(self.low).astype(
            np.uint64
        )
