"""Dead units get a new start (ReDo): fresh incoming weights, no outgoing ones, and a clean optimizer."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer, he_normal

from .._catalogue import catalogue
from ..initializers import for_activation
from ._capture import Call, Trace, activities, read
from ._models import Model, opened, path_of
from ._provenance import Edge
from ._statistics import Statistics

M = TypeVar("M")
S = TypeVar("S")


class _Target(NamedTuple):
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


class _Change(NamedTuple):
    """What happens to a parameter: where, and to what."""

    where: Array
    value: Array


@dataclasses.dataclass(frozen=True)
class Recycler:
    """Gives dormant and dead units a new start, as ReDo does; a pure step between two training steps.

    A unit is recycled if its score is at most tau, or if it is dead, or dead to the gradient (the score
    alone is blind where a whole layer has died). Its incoming weights are drawn anew, its bias is set to 0
    and its scale to 1, its outgoing weights to 0: recycling dead units does not change what the model
    computes. A weight between two recycled units stays fresh, or a unit behind a dead layer would be born
    dead again. Their moments in the optimizer's state are set to 0, and so are their step counts where it
    counts by unit: `scale_by_adam` of this package does. With optax's own Adam, which counts once for all,
    recycled weights take steps up to three times too large for a while.

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
    call: Call | None = None
    functions: Sequence[str] = ()

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
          ValueError: if no activation is found, or no layer of the model can be recycled.
        """
        own = opened(model)
        trace = read(own, batch, self.call, self.functions)
        found = {name: activity.statistics() for name, activity in activities(trace).items()}
        changes = self._changes(trace, {**found, **(statistics or {})}, key)
        leaves = [
            jnp.where(changes[place].where, changes[place].value, leaf) if place in changes else leaf
            for place, leaf in enumerate(own.leaves)
        ]
        return own.rebuild(leaves), _cleared(optimizer_state, own, changes)  # pyright: ignore

    def _changes(self, trace: Trace, found: Mapping[str, Statistics], key: Array) -> dict[int, _Change]:
        targets = _targets(trace)
        if not targets:
            raise ValueError(
                "Recycler: no layer can be recycled; units must come from one weight and go into others, not "
                "into a sum"
            )
        chosen = [self._chosen(target, found) for target in targets]
        changes: dict[int, _Change] = {}
        for target, units in zip(targets, chosen, strict=True):
            for edge in target.outgoing:
                weight = trace.model.leaves[edge.parameter]
                _add(changes, edge.parameter, _along(weight, edge.axis, _repeated(units, edge, weight)), 0)
        # Afterwards, so that what is fresh between two recycled units stays.
        keys = jax.random.split(key, len(targets))
        for target, units, own_key in zip(targets, chosen, keys, strict=True):
            place, axis = target.weight
            weight = trace.model.leaves[place]
            fresh = (self.initializer or _matched(target.function))(own_key, weight.shape, weight.dtype)
            _add(changes, place, _along(weight, axis, units), fresh)
            for other, kind in target.affine.items():
                vector = trace.model.leaves[other]
                if vector.shape == units.shape:
                    _add(changes, other, units, 1 if kind == "mul" else 0)
        return changes

    def _chosen(self, target: _Target, found: Mapping[str, Statistics]) -> Array:
        """The units to recycle: a module that is used again must need it everywhere."""
        marks = [
            found[name].dormant(self.tau) | found[name].dead | found[name].gradient_dead()
            for name in target.names
        ]
        return jnp.stack(marks).all(0)


def _targets(trace: Trace) -> list[_Target]:
    uses: dict[tuple[int, int], list[int]] = {}
    for place, site in enumerate(trace.sites):
        weight = site.origin.axes[site.unit_axes[0]].weight
        if weight is not None:
            uses.setdefault(weight, []).append(place)
    found = []
    for weight, places in uses.items():
        outgoing = tuple(dict.fromkeys(e for e in trace.flow.edges if e.units.site in places))
        served = {edge.units.site for edge in outgoing}
        length = trace.model.leaves[weight[0]].shape[weight[1]]
        whole = all(len(trace.sites[p].unit_axes) == 1 and not trace.sites[p].repeats for p in places)
        same = all(edge.units.number == length for edge in outgoing)
        if whole and same and served == set(places) and not served & trace.flow.leaks:
            names = tuple(trace.names[place] for place in places)
            function = trace.sites[places[0]].function
            found.append(_Target(names, function, weight, trace.flow.affine.get(weight, {}), outgoing))
    return found


def _matched(function: str) -> Initializer:
    row = catalogue().get(function)
    return he_normal() if row is None or row.example else for_activation(row.bound)


def _repeated(units: Array, edge: Edge, weight: Array) -> Array:
    """The marks along the axis of a weight that takes each unit several times, as after flattening."""
    position = jnp.arange(weight.shape[edge.axis]) // edge.units.inner % edge.units.number
    return units[position]


def _along(weight: Array, axis: int, units: Array) -> Array:
    shape = [-1 if k == axis else 1 for k in range(weight.ndim)]
    return jnp.broadcast_to(units.reshape(shape), weight.shape)


def _add(changes: dict[int, _Change], place: int, where: Array, value: Any) -> None:
    """A further change of a parameter; it goes before earlier ones."""
    value = jnp.broadcast_to(jnp.asarray(value), where.shape)
    if place in changes:
        earlier = changes[place]
        value = jnp.where(where, value, earlier.value.astype(value.dtype))
        where = where | earlier.where
    changes[place] = _Change(where, value)


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
