"""Initializers of JAX as objects with a name, which pickle: what JAX makes are functions inside functions."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array
from jax.nn.initializers import Initializer


@dataclasses.dataclass(frozen=True)
class Drawn:
    """An initializer (key, shape, dtype): equal to every other with the same maker and arguments.

    Attributes:
      maker: of `jax.nn.initializers`.
      arguments: its arguments, by position.
    """

    maker: Callable[..., Initializer]
    arguments: tuple[Any, ...] = ()

    def __call__(self, key: Array, shape: Any, *args: Any, **kwargs: Any) -> Array:
        return self.maker(*self.arguments)(key, shape, *args, **kwargs)
