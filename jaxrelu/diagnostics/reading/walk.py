"""A jaxpr is evaluated once more, and at each activation what goes in, what comes out and the slope are kept.

Calls, checkpoints and scans are entered, so that an activation is found wherever it is called from.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.extend.core import ClosedJaxpr, Literal

from ..._mechanism.programs import alone
from .provenance import Axis, Flow, Origin, Units, constant
from .sites import ActivationEquation, activations, body_of, count


class Site(NamedTuple):
    """An activation that was met.

    Attributes:
      function: its name.
      origin: of what goes in; the weights that made its axes name the layer.
      unit_axes: of what comes out.
      repeats: the lengths of the scans that it stands in.
    """

    function: str
    origin: Origin
    unit_axes: tuple[int, ...]
    repeats: tuple[int, ...]


class Values(NamedTuple):
    """What was seen at a site; behind a scan with its steps as the first axis."""

    inputs: Array
    outputs: Array
    slopes: Array | None


@dataclasses.dataclass
class Walk:
    """The evaluation of one jaxpr, with the sites met so far.

    Attributes:
      names: of the calls that are activations.
      slopes: whether the slopes are computed.
      perturbations: added to the outputs of the sites, to differentiate by; None for nothing.
    """

    names: frozenset[str]
    slopes: bool = True
    perturbations: list[Array] | None = None
    repeats: tuple[int, ...] = ()
    flow: Flow = dataclasses.field(default_factory=Flow)
    sites: list[Site] = dataclasses.field(default_factory=list)
    values: list[Values] = dataclasses.field(default_factory=list)

    def run(
        self, closed: ClosedJaxpr, arguments: list[Any], origins: list[Origin]
    ) -> tuple[list[Any], list[Origin]]:
        """The results of the jaxpr, and their origins."""
        jaxpr = closed.jaxpr
        known: dict[Any, tuple[Any, Origin]] = {}
        known.update(zip(jaxpr.invars, zip(arguments, origins, strict=True), strict=True))
        for variable, value in zip(jaxpr.constvars, closed.consts, strict=True):
            known[variable] = (value, constant(jnp.shape(value)))

        def read(variable: Any) -> tuple[Any, Origin]:
            if isinstance(variable, Literal):
                return variable.val, constant(jnp.shape(variable.val))
            return known[variable]

        by_place = activations(jaxpr, self.names)
        for place, equation in enumerate(jaxpr.eqns):
            operands = [read(variable) for variable in equation.invars]
            activation = by_place.get(place)
            seen = activation and self._site(activation, [read(v) for v in activation.operands])
            results = seen or self._evaluate(jaxpr, equation, operands)
            known.update(zip(equation.outvars, results, strict=True))
        outputs = [read(variable) for variable in jaxpr.outvars]
        return [value for value, _ in outputs], [origin for _, origin in outputs]

    def _evaluate(
        self, jaxpr: Any, equation: Any, operands: list[tuple[Any, Origin]]
    ) -> list[tuple[Any, Origin]]:
        arguments, origins = [value for value, _ in operands], [origin for _, origin in operands]
        body = body_of(equation)
        if body is not None:
            plain = equation.primitive.name in ("jit", "pjit", "closed_call", "core_call")
            if plain or count(body.jaxpr, self.names):
                return list(zip(*self.run(body, arguments, origins), strict=True))
        if equation.primitive.name == "scan" and count(equation.params["jaxpr"].jaxpr, self.names):
            return self._scan(equation, arguments, origins)
        results = alone(jaxpr, equation, arguments)
        return list(zip(results, self.flow.through(equation, origins), strict=True))

    def _site(
        self, activation: ActivationEquation, operands: list[tuple[Any, Origin]]
    ) -> list[tuple[Any, Origin]] | None:
        """The result of an activation, noted; None where it is none, as max(variance, 0) in a norm."""
        place = next((k for k, (v, o) in enumerate(operands) if o.data and _is_float_array(v)), None)
        if place is None:
            return None
        x, origin = operands[place]
        arguments = [value for value, _ in operands]

        def function(x: Array) -> Array:
            return activation.apply(*arguments[:place], x, *arguments[place + 1 :])

        shape = jax.eval_shape(function, x).shape
        weighted = tuple(k for k, axis in enumerate(origin.axes) if axis.weight)
        axes = weighted or (len(shape) - 1,)
        if len(shape) != x.ndim or not set(range(x.ndim)) - set(axes):
            return None
        y = function(x)
        if self.perturbations is not None:
            y = y + self.perturbations[len(self.sites)]
        slopes = _slopes(function, x, shape) if self.slopes else None
        after = self._units(shape, origin, axes)
        self.sites.append(Site(activation.name, origin, axes, self.repeats))
        self.values.append(Values(x, y, slopes))
        return [(y, Origin(after, True))]

    def _units(self, shape: tuple[int, ...], origin: Origin, axes: tuple[int, ...]) -> tuple[Axis, ...]:
        """The axes behind a site; its units can be followed if they lie along one axis."""
        units = Units(len(self.sites), shape[axes[0]]) if len(axes) == 1 and not self.repeats else None
        return tuple(Axis(axis.weight, units if k in axes else None) for k, axis in enumerate(origin.axes))

    def _scan(self, equation: Any, arguments: list[Any], origins: list[Origin]) -> list[tuple[Any, Origin]]:
        """The scan again, with a body that also gives what its sites see."""
        fixed, carried = _parts(equation)
        first = len(self.sites)
        inside = [
            *origins[:carried],
            *(origin._replace(axes=origin.axes[1:]) for origin in origins[carried:]),
        ]
        finished: list[tuple[Walk, list[Origin]]] = []

        def scanned(perturbations: list[Array] | None) -> tuple[Any, Any]:
            def step(carry: list[Any], each: tuple[Any, Any]) -> tuple[list[Any], Any]:
                xs, own = each
                walk = dataclasses.replace(
                    self,
                    # Earlier activations get a zero, so that the index of each is the same inside the scan.
                    perturbations=None if own is None else [*[jnp.zeros(())] * first, *own],
                    repeats=(*self.repeats, equation.params["length"]),
                    sites=list(self.sites),
                    values=[],
                )
                body = equation.params["jaxpr"]
                results, after = walk.run(body, [*arguments[:fixed], *carry, *xs], inside)
                finished.append((walk, after))
                return results[: carried - fixed], (results[carried - fixed :], walk.values)

            options = {name: equation.params[name] for name in ("length", "reverse")}
            return lax.scan(step, arguments[fixed:carried], (arguments[carried:], perturbations), **options)

        own = None
        if self.perturbations is not None:
            shapes = jax.eval_shape(lambda: scanned(None)[1][1])
            own = self.perturbations[first : first + len(shapes)]
        carry, (ys, values) = scanned(own)
        walk, after = finished[-1]
        self.sites += walk.sites[first:]
        self.values += values
        known = [*after[: carried - fixed], *(constant(jnp.shape(y), data=True) for y in ys)]
        return list(zip([*carry, *ys], known, strict=True))


def _parts(equation: Any) -> tuple[int, int]:
    """How many operands of a scan are constants, and how many are constants or carried.

    What is scanned has one axis more outside than in the body; that is the same in every version of JAX.
    """
    body = equation.params["jaxpr"].jaxpr

    def same(outside: Any, within: Any) -> int:
        pairs = zip(outside, within, strict=True)
        return sum(len(a.aval.shape) == len(b.aval.shape) for a, b in pairs)

    carried = same(equation.invars, body.invars)
    return carried - same(equation.outvars, body.outvars), carried


def _is_float_array(value: Any) -> bool:
    return jnp.ndim(value) > 0 and jnp.issubdtype(value.dtype, jnp.floating)


def _slopes(function: Any, x: Array, shape: tuple[int, ...]) -> Array | None:
    """The slope of each output, as the backward pass sees it.

    Of a function that makes several channels of one, such as crelu, the slopes of each part by itself.
    """
    y, pullback = jax.vjp(function, x)
    if y.shape == x.shape:
        return pullback(jnp.ones_like(y))[0]
    (axis,) = (k for k, (n, m) in enumerate(zip(shape, x.shape, strict=True)) if n != m)
    if shape[axis] % x.shape[axis]:
        return None
    parts = shape[axis] // x.shape[axis]
    position = lax.broadcasted_iota(jnp.int32, shape, axis) // x.shape[axis]
    slopes = [pullback((position == part).astype(y.dtype))[0] for part in range(parts)]
    return jnp.concatenate(slopes, axis)
