"""Communities of a random graph: a graph convolution A f(A X W0) W1 on a stochastic block model."""

import functools

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from ..activations import Candidate
from ..classifying import Classification
from ..task import Examples, TaskData

_BLOCKS, _FEATURES = 3, 16
_EXAMPLES = (100, 250, 250)  # nodes to train, to choose, to report: with fewer a score has few values
_NODES = sum(_EXAMPLES)
_INSIDE, _ACROSS = 0.05, 0.02  # chance of an edge within a block, and between two
_SIGNAL = 0.25  # of a node's block in its features, whose noise has the deviation 1


@functools.cache
def graph() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The adjacency with loops, divided by the roots of both degrees; features; blocks."""
    draw = np.random.default_rng(0)
    blocks = np.arange(_NODES) % _BLOCKS
    chance = np.where(blocks[:, None] == blocks, _INSIDE, _ACROSS)
    above = np.triu(draw.uniform(size=chance.shape) < chance, 1)
    adjacency = above + above.T + np.eye(_NODES)
    degrees = adjacency.sum(1)
    centres = draw.normal(size=(_BLOCKS, _FEATURES))
    features = _SIGNAL * centres[blocks] + draw.normal(size=(_NODES, _FEATURES))
    normalised = adjacency / np.sqrt(degrees[:, None] * degrees)
    return normalised.astype(np.float32), features.astype(np.float32), blocks.astype(np.int32)


@functools.cache
def _data() -> TaskData:
    """The examples are nodes; the net sees the edges of all."""
    order = np.random.default_rng(1).permutation(_NODES).astype(np.int32)
    blocks = graph()[2]
    parts = np.split(order, np.cumsum(_EXAMPLES[:2]))
    return TaskData(*(Examples(part, blocks[part]) for part in parts))


class GraphNet(nnx.Module):
    """Two graph convolutions; called with nodes, gives their outputs."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        inner = activation.channels(width)
        self.first = nnx.Linear(_FEATURES, width, use_bias=False, rngs=rngs)
        self.second = nnx.Linear(
            inner, _BLOCKS, use_bias=False, kernel_init=activation.initializer, rngs=rngs
        )
        self.activation = activation.make()

    def outputs(self, adjacency: Array, features: Array) -> Array:
        """Of all nodes."""
        return adjacency @ self.second(self.activation(adjacency @ self.first(features)))

    def __call__(self, nodes: Array) -> Array:
        adjacency, features, _ = graph()
        return self.outputs(jnp.asarray(adjacency), jnp.asarray(features))[nodes]


TASKS = (
    Classification(
        name="graph",
        about="the blocks of a stochastic block model by two graph convolutions; 100 labelled nodes",
        data=_data,
        model=GraphNet,
        width=16,
        worst=1 / _BLOCKS,
        steps=200,
        every=5,
        batch=50,
        rates=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    ),
)
