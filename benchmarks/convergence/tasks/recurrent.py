"""A plain recurrent net, h' = f(U h + V x), that has to remember its first input through noise."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from ..activations import Candidate
from ..classifying import Classification
from ..task import USUAL, Examples, TaskData, sgd

_SYMBOLS, _LENGTH, _NOISE = 4, 16, 0.3
_EXAMPLES = (2048, 512, 4096)  # to train, to choose, to report
_CLIP = 1.0  # the norm of a gradient: what is usual for recurrent nets, and the same for all


@functools.cache
def _data() -> TaskData:
    """A symbol as one of several channels, then noise on all of them; what is asked for is the symbol."""
    draw = np.random.default_rng(0)
    parts = []
    for examples in _EXAMPLES:
        symbols = draw.integers(0, _SYMBOLS, examples)
        inputs = _NOISE * draw.normal(size=(examples, _LENGTH, _SYMBOLS))
        inputs[:, 0] = 2 * np.eye(_SYMBOLS)[symbols]  # with a mean square of 1
        parts.append(Examples(inputs.astype(np.float32), symbols.astype(np.int32)))
    return TaskData(*parts)


class Recurrent(nnx.Module):
    """One layer; the state starts at zero, U and V share the second moment that the activation leaves."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        inner = activation.channels(width)
        self.again = nnx.Linear(inner, width, kernel_init=activation.initializer, rngs=rngs)
        self.inward = nnx.Linear(_SYMBOLS, width, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(inner, _SYMBOLS, kernel_init=activation.initializer, rngs=rngs)
        self.activation = activation.make()
        self.inner = inner

    def states(self, inputs: Array) -> Array:
        """The state after each input, (length, examples, channels)."""

        def step(state: Array, x: Array) -> tuple[Array, Array]:
            state = self.activation(self.again(state) + self.inward(x))
            return state, state

        start = jnp.zeros((len(inputs), self.inner), inputs.dtype)
        return jax.lax.scan(step, start, inputs.swapaxes(0, 1))[1]

    def __call__(self, inputs: Array) -> Array:
        return self.out(self.states(inputs)[-1])


def _clipped(rate: Array) -> Any:
    return optax.chain(optax.clip_by_global_norm(_CLIP), sgd(rate))


TASKS = (
    Classification(
        name="recurrent",
        about=f"the first of {_LENGTH} inputs, remembered through noise by h' = f(U h + V x)",
        data=_data,
        model=Recurrent,
        width=32,
        worst=1 / _SYMBOLS,
        steps=400,
        every=10,
        batch=64,
        rates=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        optimizer=_clipped,
        variants=(*(name for name in USUAL if name != "squared_relu"), "identity"),
    ),
)
