"""A choice among formulas by the platform that a program is compiled for."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import lax

Chosen = TypeVar("Chosen")


def by_platform(
    platform: str, there: Callable[..., Chosen], elsewhere: Callable[..., Chosen], *x: Any
) -> Chosen:
    """`there(*x)` on this platform, `elsewhere(*x)` on others; chosen when the program is lowered.

    Both are traced. The condition is a constant of the lowered program, so XLA removes the one that is not
    taken. A selection keeps the axes of a batch where they are; `lax.cond` would move them to the front.
    """
    here = lax.platform_dependent(
        default=lambda: jnp.zeros((), bool), **{platform: lambda: jnp.ones((), bool)}
    )
    return jax.tree.map(lambda one, other: lax.select(here, one, other), there(*x), elsewhere(*x))
