"""How arrays are laid out over the devices of a mesh, as far as their types tell."""

from collections.abc import Sequence

import jax
from jax import Array, lax
from jax.sharding import AxisType, NamedSharding


def explicit_sharding(x: Array) -> NamedSharding | None:
    """The sharding of x where an axis of the mesh is explicit, so that JAX asks for it; else None."""
    sharding = jax.typeof(x).sharding
    return sharding if AxisType.Explicit in sharding.mesh.axis_types else None


def laid_out_like(model: Array, values: Array) -> Array:
    """The values, laid out as the model is, where JAX asks for it: as a cotangent has to be."""
    wanted = explicit_sharding(model)
    return values if wanted in (None, jax.typeof(values).sharding) else jax.sharding.reshard(values, wanted)


def varying_alike(arrays: Sequence[Array]) -> list[Array]:
    """The arrays, each varying over every manual mesh axis that one of them varies over.

    Inside `jax.shard_map` a parameter may be the same on all devices while the input is not. JAX then sums
    the cotangent of the parameter over the devices, as the cotangent leaves this conversion.
    """
    union = frozenset().union(*map(_varying, arrays))
    return [_with_axes(x, union - _varying(x)) for x in arrays]


def _varying(x: Array) -> frozenset[str]:
    return jax.typeof(x).manual_axis_type.varying


def _with_axes(x: Array, axes: frozenset[str]) -> Array:
    return lax.pcast(x, tuple(sorted(axes)), to="varying") if axes else x
