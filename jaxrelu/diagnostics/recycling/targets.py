"""Which units of a model can be recycled, and the weights around them."""

from collections.abc import Mapping
from typing import NamedTuple

from ..reading.provenance import Edge
from ..reading.trace import Trace


class Target(NamedTuple):
    """Units that can be recycled: the weight that makes them, and those that take them.

    Attributes:
      names: the layers whose units these are; more than one where a module is used again.
      function: the activation.
      weight: the incoming weight and the axis of its units.
      affine: biases ("add") and scales ("mul") behind it.
      outgoing: the weights that take the units.
    """

    names: tuple[str, ...]
    function: str
    weight: tuple[int, int]
    affine: Mapping[int, str]
    outgoing: tuple[Edge, ...]


def targets(trace: Trace) -> list[Target]:
    """The layers whose units come from one weight along one axis, and go into weights only."""
    uses: dict[tuple[int, int], list[int]] = {}
    for place, site in enumerate(trace.sites):
        weight = site.origin.axes[site.unit_axes[0]].weight
        if weight is not None:
            uses.setdefault(weight, []).append(place)
    recyclable = []
    for weight, places in uses.items():
        outgoing = tuple(dict.fromkeys(e for e in trace.flow.edges if e.units.site in places))
        served = {edge.units.site for edge in outgoing}
        length = trace.model.leaves[weight[0]].shape[weight[1]]
        whole = all(len(trace.sites[p].unit_axes) == 1 and not trace.sites[p].repeats for p in places)
        same = all(edge.units.number == length for edge in outgoing)
        if whole and same and served == set(places) and not served & trace.flow.leaks:
            names = tuple(trace.names[place] for place in places)
            function = trace.sites[places[0]].function
            recyclable.append(Target(names, function, weight, trace.flow.affine.get(weight, {}), outgoing))
    return recyclable


def bias_behind(trace: Trace, parameter: int) -> tuple[int, int] | None:
    """The bias beside a weight, and the axis of the weight along which it lies, or None."""
    paths = trace.model.paths
    for (place, axis), affine in trace.flow.affine.items():
        for other, kind in affine.items():
            if place == parameter and kind == "add" and paths[other][:-1] == paths[parameter][:-1]:
                return other, axis
    return None
