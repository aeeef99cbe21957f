"""The next character of Python's own documentation and licences, by a small transformer."""

import argparse
import builtins
import functools
import math
import pydoc_data.topics
import sysconfig
import textwrap
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from ..activations import Candidate
from ..task import Examples, Task, TaskData, adam

_STREAM, _HEADS, _BLOCKS, _LENGTH = 32, 2, 1, 32
_CHARACTERS = 128  # ASCII; what is beyond is left out of the text
_DOCUMENTED = (argparse, builtins, functools, math, textwrap)
_CHOOSE, _REPORT = 128, 1024  # sequences; all others are to train with


@functools.cache
def text() -> np.ndarray:
    """What every Python has: its language reference, documentation strings of its library, its licence."""
    parts = [*pydoc_data.topics.topics.values()]
    for module in _DOCUMENTED:
        things = [module, *(getattr(module, name) for name in sorted(vars(module)))]
        parts += [thing.__doc__ for thing in things if isinstance(getattr(thing, "__doc__", None), str)]
    licence = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    parts += [licence.read_text(errors="ignore")] if licence.exists() else []
    return np.frombuffer("\n".join(parts).encode("ascii", "ignore"), np.uint8)


@functools.cache
def _data() -> TaskData:
    """Sequences that do not overlap, in parts at random; the targets are one character later."""
    whole = text().astype(np.int32)
    sequences = whole[: len(whole) // (_LENGTH + 1) * (_LENGTH + 1)].reshape(-1, _LENGTH + 1)
    shuffled = np.random.default_rng(0).permutation(sequences)
    parts = np.split(shuffled, [_CHOOSE, _CHOOSE + _REPORT])
    choose, report, train = (Examples(part[:, :-1], part[:, 1:]) for part in parts)
    return TaskData(train, choose, report)


class SmallBlock(nnx.Module):
    """Causal attention and an MLP, gated or not, each after a LayerNorm and added to the stream."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        self.norms = nnx.List([nnx.LayerNorm(_STREAM, rngs=rngs) for _ in range(2)])
        self.attend = nnx.Linear(_STREAM, 3 * _STREAM, use_bias=False, rngs=rngs)
        self.join = nnx.Linear(_STREAM, _STREAM, use_bias=False, rngs=rngs)
        self.up = nnx.List(
            [nnx.Linear(_STREAM, width, use_bias=False, rngs=rngs) for _ in range(activation.operands)]
        )
        self.down = nnx.Linear(
            activation.channels(width),
            _STREAM,
            use_bias=False,
            kernel_init=activation.initializer,
            rngs=rngs,
        )
        self.activation = activation.make()

    def __call__(self, x: Array) -> Array:
        first, second = self.norms
        heads = self.attend(first(x)).reshape(*x.shape[:2], 3 * _HEADS, -1)
        attended = jax.nn.dot_product_attention(*jnp.split(heads, 3, axis=2), is_causal=True)
        x = x + self.join(attended.reshape(x.shape))
        seen = second(x)
        return x + self.down(self.activation(*(up(seen) for up in self.up)))


class SmallTransformer(nnx.Module):
    """Characters in, (examples, length), the logits of the next ones out."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        self.characters = nnx.Embed(_CHARACTERS, _STREAM, rngs=rngs)
        self.places = nnx.Embed(_LENGTH, _STREAM, rngs=rngs)
        self.blocks = nnx.List([SmallBlock(activation, width, rngs) for _ in range(_BLOCKS)])
        self.norm = nnx.LayerNorm(_STREAM, rngs=rngs)
        self.out = nnx.Linear(_STREAM, _CHARACTERS, rngs=rngs)

    def __call__(self, characters: Array) -> Array:
        x = self.characters(characters) + self.places(jnp.arange(_LENGTH))
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


def _nats(model: Any, part: Examples) -> Array:
    """The mean cross entropy of the next character."""
    logits = model(part.inputs)
    return optax.softmax_cross_entropy_with_integer_labels(logits, part.targets).mean()


def _bits_saved(model: Any, part: Examples) -> Array:
    """How many bits a character takes less than the seven of ASCII."""
    return math.log2(_CHARACTERS) - _nats(model, part) / math.log(2)


TASKS = (
    Task(
        name="transformer",
        about="the next character of Python's documentation; score: bits a character saved of ASCII's seven",
        data=_data,
        model=SmallTransformer,
        width=96,
        loss=_nats,
        score=_bits_saved,
        worst=0.0,
        unit="bits",
        steps=300,
        every=15,
        batch=8,
        rates=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        optimizer=adam,
        variants=("relu", "gelu", "silu", "squared_relu", "bilinear", "reglu", "geglu", "swiglu"),
        gated=True,
    ),
)
