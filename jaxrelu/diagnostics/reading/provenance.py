"""Where the axes of a value come from: which weight made them, and which units run along them.

A jaxpr is read equation by equation. Each axis of each value carries what is known of it:

*   the parameter that made it, and which axis of that parameter it was: the name of a layer, and the axis
    of its units, are read from there;
*   the activation whose units run along it, until a weight consumes them: these are the outgoing weights.

Operations without a rule give axes of unknown origin. Nothing here changes a value.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class Units(NamedTuple):
    """The units of an activation along an axis: position p belongs to unit (p // inner) % number."""

    site: int
    number: int
    inner: int = 1


class Axis(NamedTuple):
    """What is known of one axis."""

    weight: tuple[int, int] | None = None  # a parameter, by its place among the leaves, and its axis
    units: Units | None = None


class Origin(NamedTuple):
    """What is known of a value; `data` tells whether it depends on the batch or on parameters alone."""

    axes: tuple[Axis, ...]
    data: bool


class Edge(NamedTuple):
    """Units of an activation enter a weight along this axis."""

    units: Units
    parameter: int
    axis: int


UNKNOWN = Axis()


@dataclasses.dataclass
class Flow:
    """What has been learnt on the way.

    Attributes:
      edges: the outgoing weights.
      affine: for a weight and its axis, the parameters added ("add") or multiplied ("mul") behind it.
      leaks: activations whose units also go elsewhere.
    """

    edges: list[Edge] = dataclasses.field(default_factory=list)
    affine: dict[tuple[int, int], dict[int, str]] = dataclasses.field(default_factory=dict)
    leaks: set[int] = dataclasses.field(default_factory=set)

    def through(self, equation: Any, origins: Sequence[Origin]) -> list[Origin]:
        """The origins of the results of an equation."""
        rule = _RULES.get(equation.primitive.name, _elementwise)
        return [rule(self, equation, origins, out.aval.shape) for out in equation.outvars]


def constant(shape: Sequence[int], data: bool = False) -> Origin:
    """A value of which nothing is known."""
    return Origin((UNKNOWN,) * len(shape), data)


def parameter(place: int, shape: Sequence[int]) -> Origin:
    """A parameter itself."""
    return Origin(tuple(Axis((place, axis)) for axis in range(len(shape))), False)


def _dot(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    left, right = origins[:2]
    (left_in, right_in), (left_batch, right_batch) = equation.params["dimension_numbers"]
    for here, there, mine, its in ((left, right, left_in, right_in), (right, left, right_in, left_in)):
        if here.data and not there.data:
            _consume(flow, here, there, zip(mine, its, strict=True))
    weighted = left.data != right.data

    def free(origin: Origin, used: Sequence[int]) -> list[Axis]:
        axes = [axis for i, axis in enumerate(origin.axes) if i not in used]
        # Behind a weight the axes of the data are examples, even if an earlier layer had made them.
        return [UNKNOWN] * len(axes) if weighted and origin.data else axes

    batch = [
        right.axes[r] if left.data and weighted else left.axes[k]
        for k, r in zip(left_batch, right_batch, strict=True)
    ]
    axes = [*batch, *free(left, (*left_in, *left_batch)), *free(right, (*right_in, *right_batch))]
    return Origin(tuple(Axis(axis.weight) for axis in axes), left.data or right.data)


def _consume(flow: Flow, data: Origin, weight: Origin, pairs: Any) -> None:
    for mine, its in pairs:
        units, source = data.axes[mine].units, weight.axes[its].weight
        if units is not None and source is not None:
            flow.edges.append(Edge(units, *source))


def _conv(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    data, kernel = origins[:2]
    numbers = equation.params["dimension_numbers"]
    if equation.params["feature_group_count"] == 1:
        _consume(flow, data, kernel, [(numbers.lhs_spec[1], numbers.rhs_spec[1])])
    axes = [UNKNOWN] * len(shape)
    axes[numbers.out_spec[1]] = Axis(kernel.axes[numbers.rhs_spec[0]].weight)
    return Origin(tuple(axes), data.data or kernel.data)


_ADDITIVE = {"add", "sub", "add_any", "max", "min", "select_n", "concatenate"}


def _elementwise(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    """Also whatever keeps the rank: axes of unchanged length are taken for the same axes."""
    data = any(origin.data for origin in origins)
    _note_affine(flow, equation, origins, shape)
    operands = [
        (origin, operand.aval.shape)
        for origin, operand in zip(origins, equation.invars, strict=True)
        if len(origin.axes) == len(shape) and (origin.data or not data)
    ]
    return Origin(tuple(_merged(flow, equation, operands, k, n) for k, n in enumerate(shape)), data)


def _note_affine(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> None:
    """Notes a bias or a scale: a parameter of one axis that meets the data along the axis of a weight."""
    kind = {"add": "add", "sub": "add", "mul": "mul"}.get(equation.primitive.name)
    if kind is None or origins[0].data == origins[1].data:
        return
    data, own = origins if origins[0].data else origins[::-1]
    for mine, its in zip(data.axes, own.axes, strict=False):
        if mine.weight and its.weight and sum(axis.weight is not None for axis in own.axes) == 1:
            flow.affine.setdefault(mine.weight, {})[its.weight[0]] = kind


def _merged(flow: Flow, equation: Any, operands: Sequence[tuple[Origin, Any]], k: int, length: int) -> Axis:
    axes = [origin.axes[k] for origin, shape in operands if shape[k] == length]
    weight = next((axis.weight for axis in axes if axis.weight), None)
    units = {axis.units for axis in axes}
    if units - {None} and len(units) > 1 and (equation.primitive.name in _ADDITIVE or len(units) > 2):
        # As in a residual stream: these units cannot be silenced by what comes behind.
        flow.leaks |= {each.site for each in units if each is not None}
        units = set()
    return Axis(weight, next((each for each in units if each is not None), None))


def _forget(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    flow.leaks |= {axis.units.site for origin in origins for axis in origin.axes if axis.units}
    return constant(shape, any(origin.data for origin in origins))


def _concatenate(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    joined = equation.params["dimension"]
    flow.leaks |= {o.axes[joined].units.site for o in origins if o.axes[joined].units}  # pyright: ignore
    first = next((o for o in origins if o.data), origins[0])
    return Origin(tuple(UNKNOWN if k == joined else a for k, a in enumerate(first.axes)), first.data)


def _transpose(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    (origin,) = origins
    return origin._replace(axes=tuple(origin.axes[k] for k in equation.params["permutation"]))


def _broadcast(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    origin, *_ = origins
    axes = [UNKNOWN] * len(shape)
    kept = zip(
        equation.params["broadcast_dimensions"], origin.axes, equation.invars[0].aval.shape, strict=True
    )
    for target, axis, length in kept:
        if shape[target] == length:
            axes[target] = axis
    return origin._replace(axes=tuple(axes))


def _without(parameter: str) -> Any:
    def rule(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
        origin, gone = origins[0], equation.params[parameter]
        return origin._replace(axes=tuple(a for k, a in enumerate(origin.axes) if k not in gone))

    return rule


def _reshape(flow: Flow, equation: Any, origins: Sequence[Origin], shape: tuple[int, ...]) -> Origin:
    origin, *_ = origins
    old = [(axis, n) for axis, n in zip(origin.axes, equation.invars[0].aval.shape, strict=True) if n != 1]
    axes, remaining = [UNKNOWN] * len(shape), list(old)
    targets = [k for k, n in enumerate(shape) if n != 1]
    while targets and remaining:
        into, outof = [targets.pop(0)], [remaining.pop(0)]
        while math.prod(shape[k] for k in into) != math.prod(n for _, n in outof):
            if math.prod(shape[k] for k in into) < math.prod(n for _, n in outof):
                into.append(targets.pop(0))
            else:
                outof.append(remaining.pop(0))
        if len(into) == 1:
            axes[into[0]] = _flattened(outof)
        elif len(outof) == 1:
            # The parts of an axis of a weight, such as heads, are all of this weight.
            axes = [Axis(outof[0][0].weight) if k in into else axis for k, axis in enumerate(axes)]
    return origin._replace(axes=tuple(axes))


def _flattened(axes: list[tuple[Axis, int]]) -> Axis:
    """One axis made of several: units stay known, as in the flattening between convolution and dense."""
    if len(axes) == 1:
        return axes[0][0]
    parameters = {axis.weight and axis.weight[0] for axis, _ in axes}
    if len(parameters) == 1 and parameters != {None}:
        return Axis(axes[-1][0].weight)
    known = [k for k, (axis, _) in enumerate(axes) if axis.units]
    if len(known) != 1:
        return UNKNOWN
    units = axes[known[0]][0].units
    assert units is not None
    after = math.prod(n for _, n in axes[known[0] + 1 :])
    return Axis(None, units._replace(inner=units.inner * after))


_REDUCTIONS = ("sum", "max", "min", "prod", "and", "or")
_RULES: dict[str, Any] = {
    "dot_general": _dot,
    "conv_general_dilated": _conv,
    "transpose": _transpose,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "squeeze": _without("dimensions"),
    "concatenate": _concatenate,
    **{f"reduce_{name}": _without("axes") for name in _REDUCTIONS},
    **dict.fromkeys(("argmax", "argmin"), _without("axes")),
    **dict.fromkeys(("gather", "sort", "rev", "scatter", "scatter-add", "cumsum"), _forget),
}
