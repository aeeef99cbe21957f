"""The transformer of `benchmarks.transformer`, its text, and what it is trained for: the next character.

The text is Python's own language reference, as `help()` prints it: it is on every machine that has Python.
"""

import dataclasses
import functools
import pydoc_data.topics

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from references.by_hand import ActivationFunction

CHARACTERS = 128  # ASCII; what is beyond is left out of the text
_GOLDEN = 2654435769  # 2**32 divided by the golden ratio


@dataclasses.dataclass(frozen=True)
class TransformerPlan:
    """How large the model is, and how much it sees in a step.

    Attributes:
      layers: blocks of attention and MLP.
      width: of the stream between the blocks.
      hidden: of the MLP; a gated one has two such tensors.
      heads: of the attention.
      length: characters in a sequence.
      batch: sequences a step.
    """

    layers: int = 4
    width: int = 256
    hidden: int = 1024
    heads: int = 4
    length: int = 128
    batch: int = 8

    @property
    def tokens(self) -> int:
        """The characters that a step predicts."""
        return self.length * self.batch


class Block(nnx.Module):
    """Causal attention and an MLP, each after a LayerNorm and added to the stream."""

    def __init__(self, plan: TransformerPlan, operands: int, dtype: str, rngs: nnx.Rngs) -> None:
        linear = functools.partial(nnx.Linear, use_bias=False, dtype=dtype, rngs=rngs)
        self.first_norm, self.second_norm = (
            nnx.LayerNorm(plan.width, dtype=dtype, rngs=rngs) for _ in range(2)
        )
        self.attend = linear(plan.width, 3 * plan.width)
        self.join = linear(plan.width, plan.width)
        self.up = linear(plan.width, operands * plan.hidden)
        self.down = linear(plan.hidden, plan.width)
        self.heads = plan.heads
        self.operands = operands

    def __call__(self, x: Array, activation: ActivationFunction) -> Array:
        """The stream, (batch, length, width), after this block."""
        heads = self.attend(self.first_norm(x)).reshape(*x.shape[:2], 3 * self.heads, -1)
        attended = jax.nn.dot_product_attention(*jnp.split(heads, 3, axis=2), is_causal=True)
        x = x + self.join(attended.reshape(x.shape))
        hidden = jnp.split(self.up(self.second_norm(x)), self.operands, axis=-1)
        return x + self.down(activation(*hidden))


class Transformer(nnx.Module):
    """Characters in, (batch, length), the logits of the next ones out.

    Parameters are float32, and are rounded to `dtype` where they are used. Activation and remat are given
    with the call, so that one set of parameters serves all ways.
    """

    def __init__(self, plan: TransformerPlan, operands: int, dtype: str, rngs: nnx.Rngs) -> None:
        embed = functools.partial(nnx.Embed, features=plan.width, dtype=dtype, rngs=rngs)
        self.characters, self.places = embed(CHARACTERS), embed(plan.length)
        self.blocks = nnx.List([Block(plan, operands, dtype, rngs) for _ in range(plan.layers)])
        self.norm = nnx.LayerNorm(plan.width, dtype=dtype, rngs=rngs)
        self.out = nnx.Linear(plan.width, CHARACTERS, dtype=dtype, rngs=rngs)

    def __call__(self, characters: Array, activation: ActivationFunction, remat: bool) -> Array:
        apply = nnx.remat(Block.__call__, static_argnums=2) if remat else Block.__call__
        x = self.characters(characters) + self.places(jnp.arange(characters.shape[-1])[None])
        for block in self.blocks:
            x = apply(block, x, activation)
        return self.out(self.norm(x))


@functools.cache
def text() -> np.ndarray:
    """Python's language reference, one uint8 a character, some 460,000."""
    documentation = "\n".join(pydoc_data.topics.topics.values())
    return np.frombuffer(documentation.encode("ascii", "ignore"), np.uint8)


def batch(text: Array, plan: TransformerPlan, step: Array) -> Array:
    """The sequences of this step, (batch, length + 1): the same in every training.

    They start where a multiple of the golden ratio says, modulo the text: evenly spread, and no random
    numbers to compile.
    """
    number = step.astype(jnp.uint32) * plan.batch + jnp.arange(plan.batch, dtype=jnp.uint32)
    starts = number * jnp.uint32(_GOLDEN) % (text.size - plan.length)
    places = starts[:, None] + jnp.arange(plan.length + 1, dtype=jnp.uint32)[None]
    return text[places].astype(jnp.int32)


def loss(model: Transformer, sequences: Array, activation: ActivationFunction, remat: bool) -> Array:
    """The mean cross entropy of the next character, in nats."""
    logits = model(sequences[:, :-1], activation, remat).astype(jnp.float32)
    return optax.softmax_cross_entropy_with_integer_labels(logits, sequences[:, 1:]).mean()
