"""The training behind `benchmarks.convergence`."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from ..core.digits import Data, Split, digits
from .model import MLP, MLPPlan, Module


def data() -> Data:
    """60 % of the digits to train, 20 % to choose, 20 % to report."""
    return digits(0.6, validation=0.5, standardised=True)


class Outcome(NamedTuple):
    """What a training gives; with leading axes (seeds, rates) when many run at once."""

    validation: Array  # validation accuracy at every evaluation
    test: Array  # test accuracy after the last step
    dead: Array  # share of hidden units that are zero for every training image
    finite: Array  # whether every parameter is finite after the last step


def _accuracy(model: Module, split: Split) -> Array:
    return (model(jnp.asarray(split.images)).argmax(-1) == split.labels).mean(dtype=jnp.float32)


def _dead(model: MLP, images: np.ndarray) -> Array:
    silent = [(outputs == 0).all(0) for outputs in model.hidden(jnp.asarray(images))]
    return jnp.concatenate(silent).mean(dtype=jnp.float32)


def initial(plan: MLPPlan, seeds: int) -> nnx.State:
    """The parameters that training starts from, (seeds, ...) each.

    Not under jit: drawing random numbers takes longer to compile than the training itself, and one by one its
    operations are compiled once for all the variants.
    """
    keys = jax.vmap(jax.random.key)(jnp.arange(seeds))
    return jax.vmap(lambda key: nnx.state(MLP(plan, rngs=nnx.Rngs(key)), nnx.Param))(keys)


def trainer(plan: MLPPlan, every: int) -> Callable[[nnx.State, Array, Array], Outcome]:
    """The whole training of one model as one function, to be jitted: SGD with momentum 0.9.

    Args:
      plan: the model.
      every: steps between two evaluations on the validation part; the number of steps is a multiple of it.

    Returns:
      A function `(initial, batches, rates) -> Outcome` of what `initial` and `batches` give and learning
      rates (rates,). A seed has the same weights and batches at every rate.
    """
    parts = data()
    images, labels = jnp.asarray(parts.train.images), jnp.asarray(parts.train.labels)
    graph = nnx.graphdef(MLP(plan, rngs=nnx.Rngs(0)))

    def train(parameters: nnx.State, order: Array, rate: Array) -> Outcome:
        optimizer = optax.sgd(rate, momentum=0.9)

        def loss(parameters: nnx.State, chosen: Array) -> Array:
            logits = nnx.merge(graph, parameters)(images[chosen])
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[chosen]).mean()

        def step(carry: tuple, chosen: Array) -> tuple[tuple, None]:
            parameters, state = carry
            updates, state = optimizer.update(jax.grad(loss)(parameters, chosen), state)
            return (optax.apply_updates(parameters, updates), state), None

        def stretch(carry: tuple, chosen: Array) -> tuple[tuple, Array]:
            carry, _ = jax.lax.scan(step, carry, chosen)
            return carry, _accuracy(nnx.merge(graph, carry[0]), parts.validation)

        carry = (parameters, optimizer.init(parameters))
        (parameters, _), curve = jax.lax.scan(stretch, carry, order.reshape(-1, every, order.shape[-1]))
        model = nnx.merge(graph, parameters)
        finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters)]).all()
        return Outcome(curve, _accuracy(model, parts.test), _dead(model, parts.train.images), finite)

    return jax.vmap(jax.vmap(train, (None, None, 0)), (0, 0, None))
