"""What a model's activations take and give, found without touching the model."""

import dataclasses
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax import Array

from ._models import Model, layer_name, opened
from ._provenance import Flow, constant, parameter
from ._sites import names_of
from ._statistics import Statistics, statistics
from ._walk import Site, Values, Walk

Call = Callable[[Any, Any], Any]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Activity:
    """One activation of a model for one batch.

    Attributes:
      inputs: what goes into the activation, the pre-activations.
      outputs: what comes out.
      slopes: the slope of each output, as the backward pass sees it; None where it is not asked for.
      function: the name of the activation.
      unit_axes: the axes of the units; all others are examples and positions.
    """

    inputs: Array
    outputs: Array
    slopes: Array | None
    function: str = dataclasses.field(metadata={"static": True})
    unit_axes: tuple[int, ...] = dataclasses.field(metadata={"static": True})

    def statistics(self, *, rank: bool = False, gradients: Array | None = None) -> Statistics:
        """The statistics of its units; see `jaxrelu.diagnostics.statistics`."""
        return statistics(
            self.outputs, slopes=self.slopes, gradients=gradients, unit_axes=self.unit_axes, rank=rank
        )


class Trace(NamedTuple):
    """A model that was read: its sites, what they saw, their names, and how units flow on."""

    model: Model
    names: list[str]
    sites: list[Site]
    values: list[Values]
    flow: Flow
    result: Any


def call_model(model: Any, batch: Any) -> Any:
    """The default way to call a model."""
    return model(batch)


def read(
    model: Model,
    batch: Any,
    call: Call | None = None,
    functions: Sequence[str] = (),
    *,
    slopes: bool = True,
    perturbations: list[Array] | None = None,
) -> Trace:
    """Runs the model on a batch and keeps what its activations see."""

    def run(leaves: list[Any], batch: Any) -> Any:
        return (call or call_model)(model.rebuild(leaves), batch)

    closed, shapes = jax.make_jaxpr(run, return_shape=True)(model.leaves, batch)
    given = jax.tree.leaves(batch)
    origins = [parameter(place, jax.numpy.shape(leaf)) for place, leaf in enumerate(model.leaves)]
    origins += [constant(jax.numpy.shape(leaf), data=True) for leaf in given]
    names = names_of(tuple(functions))
    walk = Walk(names, slopes, perturbations)
    results, _ = walk.run(closed, [*model.leaves, *given], origins)
    if not walk.sites:
        raise ValueError(
            "no activation was found in the model. Found are named calls, as the functions of jaxrelu and of "
            "jax.nn are, besides jnp.maximum(x, 0) and jnp.tanh(x); for a function of your own, wrap it in "
            "jax.jit and give its name in functions=(...)."
        )
    result = jax.tree.unflatten(jax.tree.structure(shapes), results)
    return Trace(model, _names(model, walk.sites), walk.sites, walk.values, walk.flow, result)


def _names(model: Model, sites: list[Site]) -> list[str]:
    """The layer whose weights are in front of each site; the function's name where there is none."""
    found, seen = [], Counter()
    for site in sites:
        weights = [axis.weight for axis in site.origin.axes if axis.weight]
        name = layer_name(model, weights[-1][0]) if weights else site.function
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


def activities(trace: Trace) -> dict[str, Activity]:
    """The activations by name; one in a scan gives one a step."""
    found = {}
    for name, site, values in zip(trace.names, trace.sites, trace.values, strict=True):
        for label, each in _unstacked(name, values, site.repeats):
            found[label] = Activity(*each, function=site.function, unit_axes=site.unit_axes)
    return found


def _unstacked(name: str, values: Values, repeats: tuple[int, ...]) -> list[tuple[str, Values]]:
    if not repeats:
        return [(name, values)]
    return [
        entry
        for place in range(repeats[0])
        for entry in _unstacked(
            f"{name}[{place}]", jax.tree.map(operator.itemgetter(place), values), repeats[1:]
        )
    ]


def capture(
    model: Any, batch: Any, *, call: Call | None = None, functions: Sequence[str] = ()
) -> dict[str, Activity]:
    """What every activation of a model takes and gives for a batch.

    The model is traced, and its jaxpr evaluated with its activations written down: functions that are called
    in `__call__` are found like modules, in calls, checkpoints and scans too, and the model is not changed.
    Pure: use it under jit, or under `jax.vmap` over several models.

    Not found are activations inside `lax.cond`, `lax.while_loop` and `shard_map` (call this inside of it),
    and functions written out by hand; wrap these in `jax.jit` and give their names.

    Args:
      model: an NNX module, a bound Linen module (`module.bind(variables)`), a `functools.partial` of a
        function and its parameters, a pytree that can be called, or a function.
      batch: what it is called with.
      call: how, where it is not `model(batch)`: a function `(model, batch)`.
      functions: names of further jitted functions that are activations.

    Returns:
      `Activity` by the name of the layer whose weights are in front; a layer used again has "#2" added, and
      a step of a scan "[0]".

    Raises:
      TypeError: if model cannot be called.
      ValueError: if no activation is found.

    Examples:
      >>> import jax, jaxrelu
      >>> from flax import nnx
      >>> from jaxrelu import diagnostics
      >>> class Model(nnx.Module):
      ...     def __init__(self, rngs):
      ...         self.first, self.last = nnx.Linear(3, 4, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
      ...     def __call__(self, x):
      ...         return self.last(jaxrelu.relu(self.first(x)))
      >>> found = diagnostics.capture(Model(nnx.Rngs(0)), jax.numpy.ones((5, 3)))
      >>> {name: (activity.function, activity.outputs.shape) for name, activity in found.items()}
      {'first': ('relu', (5, 4))}
    """
    return activities(read(opened(model), batch, call, functions))


def observe(
    model: Any, batch: Any, *, call: Call | None = None, functions: Sequence[str] = (), rank: bool = False
) -> dict[str, Statistics]:
    """The statistics of the units of every activation of a model for a batch; `capture`, summed up.

    Pure: use it under jit, with sharded batches too, and merge what it gives: by `Statistics.merge` over
    batches, by `Statistics.merged` over devices and processes. For an ensemble in one `jax.vmap`, call it
    inside; models that vmap over their own parameters need nothing, each member's units are apart.

    Args:
      model: as for `capture`.
      batch: what it is called with.
      call: how, where it is not `model(batch)`.
      functions: names of further jitted functions that are activations.
      rank: whether the effective rank is wanted.

    Returns:
      `Statistics` by the name of the layer.

    Raises:
      TypeError: if model cannot be called.
      ValueError: if no activation is found.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> diagnostics.observe(jaxrelu.relu, jax.numpy.array([[-1.0, 2.0]]))["relu"].dead
      Array([ True, False], dtype=bool)
    """
    return {
        name: a.statistics(rank=rank)
        for name, a in capture(model, batch, call=call, functions=functions).items()
    }
