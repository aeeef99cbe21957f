"""Values that are chosen and not computed: where, and clamp by it."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike


def where(condition: Array, chosen: ArrayLike, other: ArrayLike) -> Array:
    """jnp.where for values, of which one may be a number or a parameter.

    Under scan, JAX computes what needs nothing from the loop before it: the number spread to a tensor, which
    is then kept to the end and read in every round. So it needs the condition, until XLA sees that it
    does not.
    """
    nothing = (condition & False).astype(jnp.result_type(chosen, other))
    branches = (b if jnp.shape(b) == condition.shape else b + nothing for b in (chosen, other))
    return jnp.where(condition, *branches)


def clamp(x: Array, min_value: ArrayLike, max_value: ArrayLike) -> Array:
    """x between the two, NaN where x is: on a CPU with the fewest conversions of 16-bit floats."""
    low, high = (jnp.asarray(bound, x.dtype) for bound in (min_value, max_value))
    return where((x <= low) | (x >= high), where(x <= low, low, high), x)
