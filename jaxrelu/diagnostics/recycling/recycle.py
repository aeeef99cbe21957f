"""Dead units get a new start (ReDo): fresh incoming weights, no outgoing ones, and a clean optimizer."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer, he_normal

from ..._catalogue.lookup import catalogue
from ..._mechanism.arguments import as_key
from ..._mechanism.rules import NOT_NEGATIVE, Rule
from ...initializers import for_activation
from ..reading.models import Model, opened, path_of
from ..reading.provenance import Edge
from ..reading.trace import ModelCall, Trace, activities, check_reading, read
from ..units.statistics import Statistics
from .targets import Target, bias_behind, targets

_INITIALIZER = Rule("an initializer (key, shape, dtype)", callable).or_none()

M = TypeVar("M")
S = TypeVar("S")


class _Change(NamedTuple):
    """What happens to a parameter: where, and to what."""

    where: Array
    value: Array


@dataclasses.dataclass(frozen=True)
class Recycler:
    """Gives dormant and dead units a new start, as ReDo does; a pure step between two training steps.

    A unit is recycled if its score is at most tau, or if it is dead, dead to the gradient, or constant: the
    score alone is blind where a whole layer has died, and to the units behind it, which give their bias and
    nothing else. Its incoming weights are drawn anew, its bias is set to 0 and its scale to 1, its
    outgoing weights to 0, and what it gave in the mean goes into the next biases: recycling dead and constant
    units does not change what the model computes, if no norm stands behind them. A weight between two
    recycled units stays fresh, or a unit behind a dead layer would be born dead again. Units that have
    exploded are left as they are, and a model that gives NaN is beyond this cure.

    Moments in the optimizer's state are set to 0, and so are step counts where it counts by weight, as
    `scale_by_adam` of this package does. With optax's own Adam, which counts once for all, recycled weights
    take steps up to three times too large for a while.

    Which weights these are is read from the jaxpr, through norms, dropout, pooling and flattening. Left as
    they are: units that are added to others, as in a residual stream, in scans, and in ensembles.

    Args:
      tau: the threshold of the score.
      initializer: of fresh incoming weights, `(key, shape, dtype)`; by default normal with the matched gain.
      call: how the model is called, where it is not `model(batch)`: a function `(model, batch)`.
      functions: names of further jitted functions that are activations.

    Examples:
      >>> import jax, jax.numpy as jnp, jaxrelu, optax
      >>> from flax import nnx
      >>> from jaxrelu import diagnostics
      >>> class Model(nnx.Module):
      ...     def __init__(self, rngs):
      ...         self.first, self.last = nnx.Linear(3, 4, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
      ...         self.first.bias[...] = jnp.array([-9.0, 0.0, 0.0, 0.0])  # one unit is dead
      ...     def __call__(self, x):
      ...         return self.last(jaxrelu.relu(self.first(x)))
      >>> model, x = Model(nnx.Rngs(0)), jax.random.normal(jax.random.key(1), (64, 3))
      >>> optimizer = optax.adam(1e-3)
      >>> state = optimizer.init(nnx.state(model, nnx.Param))
      >>> recycled, state = diagnostics.Recycler()(model, state, x, jax.random.key(2))
      >>> int(diagnostics.observe(model, x)["first"].dead.sum())
      1
      >>> int(diagnostics.observe(recycled, x)["first"].dead.sum())
      0
      >>> nnx.update(model, nnx.state(recycled))  # back into the model that was given

    References:
      Sokar et al., The dormant neuron phenomenon in deep reinforcement learning, ICML 2023.
    """

    tau: float = 0.025
    initializer: Initializer | None = None
    call: ModelCall | None = None
    functions: Sequence[str] = ()

    def __post_init__(self) -> None:
        NOT_NEGATIVE.apply("Recycler", "tau", self.tau)
        _INITIALIZER.apply("Recycler", "initializer", self.initializer)
        check_reading("Recycler", self.call, self.functions)

    def __call__(
        self,
        model: M,
        optimizer_state: S,
        batch: Any,
        key: Array,
        statistics: Mapping[str, Statistics] | None = None,
    ) -> tuple[M, S]:
        """A model and an optimizer state like those given.

        Args:
          model: as for `observe`.
          optimizer_state: any pytree, such as optax's; None where there is none. Moments are found by the
            paths and shapes of their parameters.
          batch: what the model is called with: to read it and, without statistics, to find the units.
          key: a JAX random key.
          statistics: what to judge the units by, in place of the batch: the merged results of `observe`.

        Raises:
          TypeError: if model cannot be called, key is no key, or statistics are none.
          ValueError: if no activation is found, no layer of the model can be recycled, or statistics are of
            a layer that the model has not.
        """
        own = opened("Recycler", model)
        key = as_key("Recycler", "key", key, needed=True)
        trace = read(own, batch, self.call, self.functions)
        figures = {name: activity.statistics() for name, activity in activities(trace).items()}
        figures.update(_checked(statistics, figures))
        layers = targets(trace)
        if not layers:
            raise ValueError(
                "Recycler: no layer can be recycled; units must come from one weight and go into others, not "
                "into a sum"
            )
        chosen = [self._chosen(layer, figures) for layer in layers]
        surgery = _Surgery(
            trace, {site: figures[name].mean for site, name in enumerate(trace.names) if name in figures}
        )
        for layer, units in zip(layers, chosen, strict=True):
            surgery.silence(layer, units)
        for layer, units, own_key in zip(layers, chosen, jax.random.split(key, len(layers)), strict=True):
            surgery.renew(layer, units, self.initializer or _matched(layer.function), own_key)
        return own.rebuild(surgery.leaves()), _cleared(optimizer_state, own, surgery.changes)  # pyright: ignore

    def _chosen(self, target: Target, figures: Mapping[str, Statistics]) -> Array:
        """The units to recycle: a module that is used again must need it everywhere."""
        marks = [
            of.dormant(self.tau) | of.dead | of.gradient_dead() | of.constant()
            for of in (figures[name] for name in target.names)
        ]
        return jnp.stack(marks).all(0)


def _checked(given: Any, figures: Mapping[str, Statistics]) -> Mapping[str, Statistics]:
    """Statistics that a caller gives, by the names of the layers."""
    of_statistics = isinstance(given, Mapping) and all(isinstance(of, Statistics) for of in given.values())
    if given is not None and not of_statistics:
        raise TypeError(
            f"Recycler: statistics must be a mapping of Statistics, as observe gives, got {given!r}"
        )
    strange = [name for name in given or {} if name not in figures]
    if strange:
        raise ValueError(f"Recycler: statistics must be of the layers {list(figures)}, got {strange}")
    return given or {}


@dataclasses.dataclass
class _Surgery:
    """What happens to the parameters.

    Attributes:
      trace: of the model.
      means: what the units of each site give in the mean, by its place.
      changes: of the parameters, by their places.
      shifts: what is added to biases beforehand.
    """

    trace: Trace
    means: dict[int, Array]
    changes: dict[int, _Change] = dataclasses.field(default_factory=dict)
    shifts: dict[int, Array] = dataclasses.field(default_factory=dict)

    def silence(self, layer: Target, units: Array) -> None:
        """No outgoing weights; what the units gave in the mean goes into the biases behind."""
        for edge in layer.outgoing:
            weight, site = self.trace.model.leaves[edge.parameter], edge.units.site
            behind = bias_behind(self.trace, edge.parameter)
            if behind is not None:
                bias, axis = behind
                given = _through(weight, axis, edge, jnp.where(units, self.means[site], 0))
                self.shifts[bias] = self.shifts.get(bias, jnp.zeros_like(given)) + given
            self._change(edge.parameter, _along(weight, edge.axis, _repeated(units, edge, weight)), 0)

    def renew(self, layer: Target, units: Array, initializer: Initializer, key: Array) -> None:
        """Fresh incoming weights; after `silence` of all layers, so that they stay between recycled units."""
        place, axis = layer.weight
        weight = self.trace.model.leaves[place]
        fresh = initializer(key, weight.shape, weight.dtype)
        self._change(place, _along(weight, axis, units), fresh)
        for other, kind in layer.affine.items():
            if self.trace.model.leaves[other].shape == units.shape:
                self._change(other, units, 1 if kind == "mul" else 0)

    def leaves(self) -> list[Any]:
        """The parameters afterwards."""
        shifted = [
            leaf + self.shifts[k] if k in self.shifts else leaf
            for k, leaf in enumerate(self.trace.model.leaves)
        ]
        return [
            jnp.where(self.changes[k].where, self.changes[k].value, leaf) if k in self.changes else leaf
            for k, leaf in enumerate(shifted)
        ]

    def _change(self, place: int, where: Array, value: Any) -> None:
        """A further change of a parameter: where two changes overlap, the later one wins."""
        value = jnp.broadcast_to(jnp.asarray(value, self.trace.model.leaves[place].dtype), where.shape)
        if place in self.changes:
            earlier = self.changes[place]
            value, where = jnp.where(where, value, earlier.value), where | earlier.where
        self.changes[place] = _Change(where, value)


def _through(weight: Array, axis: int, edge: Edge, given: Array) -> Array:
    """What units that give this add behind the weight, by the units along its axis."""
    values = _along(weight, edge.axis, _repeated(given, edge, weight)).astype(weight.dtype)
    return (weight * values).sum(tuple(k for k in range(weight.ndim) if k != axis))


def _matched(function: str) -> Initializer:
    row = catalogue().get(function)
    return he_normal() if row is None or row.example or row.partners else for_activation(row.bound)


def _repeated(units: Array, edge: Edge, weight: Array) -> Array:
    """The marks along the axis of a weight that takes each unit several times, as after flattening."""
    position = jnp.arange(weight.shape[edge.axis]) // edge.units.inner % edge.units.number
    return units[position]


def _along(weight: Array, axis: int, units: Array) -> Array:
    shape = [-1 if k == axis else 1 for k in range(weight.ndim)]
    return jnp.broadcast_to(units.reshape(shape), weight.shape)


def _cleared(state: Any, model: Model, changes: Mapping[int, _Change]) -> Any:
    """The optimizer's state with 0 for what belongs to changed weights, found by path and shape."""
    by_path = {model.paths[place]: change.where for place, change in changes.items()}

    def clear(path: tuple[Any, ...], leaf: Any) -> Any:
        words = path_of(path)
        where = next((by_path[words[k:]] for k in range(len(words)) if words[k:] in by_path), None)
        if where is None or jnp.shape(leaf) != where.shape:
            return leaf
        return jnp.where(where, jnp.zeros((), leaf.dtype), leaf)

    return jax.tree.map_with_path(clear, state)
