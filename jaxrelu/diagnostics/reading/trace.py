"""A model is called once, and what its activations see is kept."""

import dataclasses
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax import Array

from ..._mechanism.rules import TEXTS, Rule
from ..units.statistics import Statistics, statistics
from .models import Model, layer_name
from .provenance import Flow, constant, parameter
from .sites import names_of
from .walk import Site, Values, Walk

ModelCall = Callable[[Any, Any], Any]

_CALL = Rule("a function (model, batch)", callable).or_none()
_FUNCTIONS = Rule("names of jitted functions, as ('own',)", TEXTS.right_type)


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


def check_reading(function: str, call: Any, functions: Any) -> None:
    """What says how a model is called, and what its activations are."""
    _CALL.apply(function, "call", call)
    _FUNCTIONS.apply(function, "functions", functions)


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
    call: ModelCall | None = None,
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
    names = names_of(functions)
    walk = Walk(names, slopes, perturbations)
    results, _ = walk.run(closed, [*model.leaves, *given], origins)
    if not walk.sites:
        raise ValueError(
            "no activation was found in the model. The functions of jaxrelu and of jax.nn are found, "
            "jnp.maximum(x, 0) and jnp.tanh(x). Wrap a function of your own in jax.jit, and give its name in "
            "functions=(...)."
        )
    result = jax.tree.unflatten(jax.tree.structure(shapes), results)
    return Trace(model, _names(model, walk.sites), walk.sites, walk.values, walk.flow, result)


def _names(model: Model, sites: list[Site]) -> list[str]:
    """The layer whose weights are in front of each site; the function's name where there is none."""
    names, seen = [], Counter()
    for site in sites:
        weights = [axis.weight for axis in site.origin.axes if axis.weight]
        name = layer_name(model, weights[-1][0]) if weights else site.function
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


def activities(trace: Trace) -> dict[str, Activity]:
    """The activations by name; one in a scan gives one a step."""
    by_label = {}
    for name, site, values in zip(trace.names, trace.sites, trace.values, strict=True):
        for label, each in _unstacked(name, values, site.repeats):
            by_label[label] = Activity(*each, function=site.function, unit_axes=site.unit_axes)
    return by_label


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
