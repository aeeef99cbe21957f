"""The ways to have an activation in a transformer, and its training step, compiled and timed."""

import dataclasses
import functools
import time
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax import Array

import jaxrelu
from jaxrelu.masks import weight_decay_mask
from references.by_hand import OF_JAX_NN

from ..core.subjects import OURS, PEER
from ..core.timing import Call
from .model import ActivationFunction, Transformer, TransformerPlan, batch, loss, text

PLAIN, REMAT, QUANTISED = "plain", "block remat", "4 bits"
MODES = (PLAIN, REMAT, QUANTISED)

ImplementationKey = tuple[str, str]  # library, mode

_SMOOTH = ("gelu", "silu", "mish")  # those whose slope 4 bits can approximate
_OPTIMIZER = optax.adamw(1e-3, weight_decay=0.1, mask=weight_decay_mask)


@dataclasses.dataclass(frozen=True)
class Implementation:
    """One implementation of the activation, with the blocks kept or computed again for the backward pass."""

    library: str
    mode: str
    activation: ActivationFunction
    operands: int

    @property
    def key(self) -> ImplementationKey:
        return self.library, self.mode


def ways(variant: str) -> Iterator[Implementation]:
    """The ways of a variant; the first two are ours and that of `jax.nn`."""
    operands = 1 + len(jaxrelu.catalogue()[variant].partners)
    given = {OURS: jaxrelu.get(variant), PEER: OF_JAX_NN[variant]}
    for mode in (PLAIN, REMAT):
        for library, activation in given.items():
            yield Implementation(library, mode, activation, operands)
    if variant in _SMOOTH:
        yield Implementation(OURS, QUANTISED, jaxrelu.with_residual(given[OURS], bits=4), operands)


class Training:
    """A training that can be timed: each execution is one step of it.

    Attributes:
      losses: of each step that has been made.
      compile_s: the seconds that tracing, lowering and compiling the step took.
    """

    def __init__(self, way: Implementation, plan: TransformerPlan, dtype: str) -> None:
        graph, self._initial = _initial(plan, way.operands, dtype)
        self._text = jnp.asarray(text())
        self.losses: list[Array] = []

        def step(state: Any, text: Array) -> tuple[Any, Array]:
            parameters, moments, number = state

            def objective(parameters: Any) -> Array:
                model = nnx.merge(graph, parameters)
                return loss(model, batch(text, plan, number), way.activation, way.mode == REMAT)

            value, gradient = jax.value_and_grad(objective)(parameters)
            updates, moments = _OPTIMIZER.update(gradient, moments, parameters)
            return (optax.apply_updates(parameters, updates), moments, number + 1), value

        start = time.perf_counter()
        shapes = jax.eval_shape(_started, self._initial)
        self._executable = jax.jit(step, donate_argnums=0).lower(shapes, self._text).compile()
        self.compile_s = time.perf_counter() - start

    def load(self) -> None:
        """Makes the state, which every step hands to the next, and makes the first step."""
        self._state = _started(self._initial)
        jax.block_until_ready(self())

    def __call__(self) -> Array:
        self._state, value = self._executable(self._state, self._text)
        self.losses.append(value)
        return value

    def sample(self, executions: int) -> float:
        """The seconds a step took, of so many in a row."""
        return Call(self).sample(executions)

    @property
    def state_bytes(self) -> int:
        """What parameters, moments and text occupy."""
        return self._analysis.argument_size_in_bytes

    @property
    def temporary_bytes(self) -> int:
        """What a step occupies beside them."""
        return self._analysis.temp_size_in_bytes

    @property
    def _analysis(self) -> Any:
        analysis = self._executable.memory_analysis()
        if analysis is None:
            raise NotImplementedError("this device does not say what memory its programs need")
        return analysis


@functools.cache
def _initial(plan: TransformerPlan, operands: int, dtype: str) -> tuple[Any, Any]:
    """The structure of the model and its first parameters, one for all ways."""
    return nnx.split(Transformer(plan, operands, dtype, nnx.Rngs(0)))


def _started(parameters: Any) -> Any:
    """The state of a training: a copy, since each step is given the arrays to write into."""
    parameters = jax.tree.map(jnp.copy, parameters)
    return parameters, _OPTIMIZER.init(parameters), jnp.int32(0)
