"""Values that are chosen and not computed: by a condition, from a table, or between two bounds."""

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .platforms import by_platform
from .sharding import explicit_sharding


def where(condition: Array, chosen: ArrayLike, other: ArrayLike) -> Array:
    """jnp.where for values, of which one may be a number or a parameter.

    Inside `lax.scan`, JAX moves work that does not depend on the loop in front of it. It would expand the
    number to a full array there, and read that array in every iteration. Adding `condition & False`, which is
    always zero, makes the number appear to depend on the loop. XLA removes the addition later.
    """
    nothing = (condition & False).astype(jnp.result_type(chosen, other))
    branches = (b if jnp.shape(b) == condition.shape else b + nothing for b in (chosen, other))
    return jnp.where(condition, *branches)


def looked_up(table: Any, places: Array, dtype: Any) -> Array:
    """`table[places]`; a place outside the table gives its nearest entry."""
    entries = jnp.asarray(table, dtype)
    return entries.at[places].get(mode="clip", out_sharding=explicit_sharding(places))


def rectified(x: Array) -> Array:
    """max(x, 0), NaN where x is."""
    return by_platform("cpu", _rectified_by_selection, lambda x: jnp.maximum(x, 0), x)


def _rectified_by_selection(x: Array) -> Array:
    # XLA:CPU converts 16-bit floats to float32 for a maximum, and selects them as they are.
    return where(x <= 0, 0, x)


def clamp(x: Array, min_value: ArrayLike, max_value: ArrayLike) -> Array:
    """x between the two, NaN where x is."""
    low, high = (jnp.asarray(bound, x.dtype) for bound in (min_value, max_value))
    # The compilers for GPUs and TPUs take minimum and maximum into the kernel of a matmul before it.
    return by_platform("cpu", _clamp_by_selection, jnp.clip, x, low, high)


def _clamp_by_selection(x: Array, low: Array, high: Array) -> Array:
    return where((x <= low) | (x >= high), where(x <= low, low, high), x)
