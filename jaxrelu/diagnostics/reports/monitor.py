"""Watching a training: which units fall silent, for how long, and which come back."""

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..._mechanism.rules import PLAIN_NUMBER, POSITIVE
from ..reading.models import opened
from ..reading.trace import ModelCall, activities, check_reading, read
from ..units.statistics import Statistics
from .remedies import REMEDY, problem


class DyingUnitsWarning(UserWarning):
    """Too many units of a layer are dead."""


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Watched:
    """What is remembered of one layer, one entry a unit.

    Attributes:
      silent: in how many checks in a row the unit has given nothing, or let no gradient pass.
      before: the same at the check before.
      zeros: the share of outputs that were 0 at the last check.
      nan: how many outputs were NaN or infinite at the last check.
    """

    silent: Array
    before: Array
    zeros: Array
    nan: Array


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class MonitorState:
    """The state of a `Monitor`: the step, the step of the last check, and what is known of each layer."""

    step: Array
    checked: Array
    layers: dict[str, Watched]


@dataclasses.dataclass(frozen=True)
class Monitor:
    """Looks at the activations every so many steps of a training, inside its jitted step.

    A unit counts as dead if no example woke it in `patience` checks in a row, each with another batch: a
    living unit that is silent for one batch is not. Kept apart are units that died at the last check, those
    that were dead before and still are, and those that came back.

    A check costs a forward pass and the slopes; steps in between cost nothing, except under `jax.vmap`, where
    JAX turns the condition into a choice between two results: give the batch of a vmapped training to
    `update` outside of the vmap. Its state is a few integers a unit.

    Args:
      every: steps between two checks.
      patience: checks in a row in which a dead unit was silent.
      threshold: the share of dead units of a layer above which `warn` speaks up.
      call: how the model is called, where it is not `model(batch)`: a function `(model, batch)`.
      functions: names of further jitted functions that are activations.

    Raises:
      TypeError: if an argument has another type than it must have.
      ValueError: if every or patience is not positive, or if a state is that of another model.

    Examples:
      >>> import functools, jax, jax.numpy as jnp, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> monitor = diagnostics.Monitor(every=2, patience=1)
      >>> model = functools.partial(lambda w, x: jaxrelu.relu(x @ w), jnp.array([[1.0, -1.0]]))
      >>> batch = jnp.array([[1.0], [2.0]])
      >>> state = monitor.init(model, batch)
      >>> state = jax.jit(lambda state: monitor.update(state, model, batch))(state)
      >>> {name: float(value) for name, value in monitor.log(state).items() if name.startswith("dead")}
      {'dead/0': 0.5}
    """

    every: int = 100
    patience: int = 3
    threshold: float = 0.1
    call: ModelCall | None = None
    functions: Sequence[str] = ()

    def __post_init__(self) -> None:
        POSITIVE.apply("Monitor", "every", self.every)
        POSITIVE.apply("Monitor", "patience", self.patience)
        PLAIN_NUMBER.apply("Monitor", "threshold", self.threshold)
        check_reading("Monitor", self.call, self.functions)

    def init(self, model: Any, batch: Any) -> MonitorState:
        """The state before the first step; the model is traced and not run."""
        shapes = jax.eval_shape(lambda: self._observe("Monitor.init", model, batch))

        def fresh(of: Statistics) -> Watched:
            silent = jnp.zeros(of.peak.shape, jnp.int32)
            return Watched(silent, silent, jnp.zeros((), jnp.float32), jnp.zeros((), jnp.float32))

        layers = {name: fresh(of) for name, of in shapes.items()}
        return MonitorState(jnp.zeros((), jnp.int32), jnp.full((), -1, jnp.int32), layers)

    def update(self, state: MonitorState, model: Any, batch: Any) -> MonitorState:
        """The state after one more step; looks at the first step and at every `every`-th after it."""
        _check_state("update", state)

        def look(state: MonitorState) -> MonitorState:
            observed = self._observe("Monitor.update", model, batch)
            _check_same(state, observed)
            layers = {name: _watched(before, observed[name]) for name, before in state.layers.items()}
            return dataclasses.replace(state, checked=state.step, layers=layers)

        state = lax.cond(state.step % self.every == 0, look, lambda state: state, state)
        return dataclasses.replace(state, step=state.step + 1)

    def log(self, state: MonitorState) -> dict[str, Array]:
        """A flat dict of scalars for any logger; can be called under jit.

        For each layer the shares of its units that are `dead`, of these `newly_dead` and `persistent`, that
        are `revived`, and that were `silent` at the last check; the share of `zeros` among its outputs, and
        how many were `nan` (or infinite).
        """
        _check_state("log", state)
        logged = {}
        for name, layer in state.layers.items():
            now, before = layer.silent >= self.patience, layer.before >= self.patience
            shares = {
                "dead": now,
                "newly_dead": now & ~before,
                "persistent": now & before,
                "revived": before & ~now,
                "silent": layer.silent > 0,
            }
            logged.update({f"{key}/{name}": m.mean(dtype=jnp.float32) for key, m in shares.items()})
            logged[f"zeros/{name}"], logged[f"nan/{name}"] = layer.zeros, layer.nan
        return logged

    def warn(self, state: MonitorState) -> list[str]:
        """Warns of layers above the threshold, with their names and the remedies; not under jit.

        Returns:
          The warnings, which are also given as `DyingUnitsWarning`.
        """
        _check_state("warn", state)
        values = {key: float(value) for key, value in self.log(state).items()}
        figures = ({"dead": values[f"dead/{name}"], "nan": values[f"nan/{name}"]} for name in state.layers)
        problems = (problem(name, of, self.threshold) for name, of in zip(state.layers, figures, strict=True))
        texts = [f"{text}; {REMEDY}" for text in problems if text]
        for text in texts:
            warnings.warn(text, DyingUnitsWarning, stacklevel=2)
        return texts

    def _observe(self, caller: str, model: Any, batch: Any) -> dict[str, Statistics]:
        observed = activities(read(opened(caller, model), batch, self.call, self.functions))
        return {name: activity.statistics() for name, activity in observed.items()}


def _check_state(method: str, state: Any) -> None:
    if not isinstance(state, MonitorState):
        got = type(state).__name__
        raise TypeError(f"Monitor.{method}: state must be a MonitorState, as init gives, got {got}")


def _check_same(state: MonitorState, observed: dict[str, Statistics]) -> None:
    """The state is of the model that was observed."""
    known = {name: layer.silent.shape for name, layer in state.layers.items()}
    units = {name: of.peak.shape for name, of in observed.items()}
    if known != units:
        raise ValueError(
            f"Monitor.update: state must be of a model with the layers and units {units}, got {known}"
        )


def _watched(before: Watched, now: Statistics) -> Watched:
    silent = now.dead | now.gradient_dead()
    return Watched(
        silent=jnp.where(silent, before.silent + 1, 0),
        before=before.silent,
        zeros=now.sparsity.mean(),
        nan=(now.nan + now.infinite).as_float().sum(),
    )
