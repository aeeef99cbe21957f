"""How arrays are laid out over the devices of a mesh, as far as their types tell."""

import collections
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.sharding import AxisType, NamedSharding, PartitionSpec


def explicit_sharding(x: Array) -> NamedSharding | None:
    """The sharding of x where an axis of the mesh is explicit, so that JAX asks for it; else None."""
    sharding = jax.typeof(x).sharding
    return sharding if AxisType.Explicit in sharding.mesh.axis_types else None


def laid_out_like(models: Sequence[Array], values: Sequence[Array]) -> list[Array]:
    """The values, each laid out as its model is, where JAX asks for it: as a cotangent has to be.

    Values that are alike travel together, in one collective.
    """
    laid_out, alike = list(values), collections.defaultdict(list)
    for i, (model, value) in enumerate(zip(models, values, strict=True)):
        wanted, sharding = explicit_sharding(model), jax.typeof(value).sharding
        if wanted not in (None, sharding):
            alike[wanted, sharding, value.shape, value.dtype].append(i)
    for (wanted, *_), indices in alike.items():
        spec = NamedSharding(wanted.mesh, PartitionSpec(None, *wanted.spec))
        together = jax.sharding.reshard(jnp.stack([values[i] for i in indices]), spec)
        for i, value in zip(indices, together, strict=True):
            laid_out[i] = value
    return laid_out


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
