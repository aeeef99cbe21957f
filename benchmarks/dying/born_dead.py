"""Thin, deep relu networks: how many are born dead, and how many collapse when they learn |x|."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

import jaxrelu
from jaxrelu.initializers import randomized_asymmetric

_CHUNK = 4000  # networks at a time


class BornDead(NamedTuple):
    """The share of networks that are dead, by the number of hidden layers, from 1 on."""

    one_input: Array  # for one input other than 0
    domain: Array  # for all of [-sqrt(3), sqrt(3)]: the network is a constant


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def born_dead(width: int, hidden: int, networks: int, seed: int) -> BornDead:
    """Draws relu networks without biases, of one input, and counts those that are dead.

    Without biases a network is linear on x > 0 and on x < 0: it is a constant if both rays die.
    """
    keys = jax.random.split(jax.random.key(seed), -(-networks // _CHUNK))

    def layer(rays: Array, key: Array) -> tuple[Array, Array]:
        weights = jax.random.normal(key, (_CHUNK, width, width))
        rays = jnp.maximum(jnp.einsum("nri,nij->nrj", rays, weights), 0)
        largest = rays.max(-1, keepdims=True)
        # A network without biases only scales with its input, and so nothing underflows.
        return rays / jnp.where(largest > 0, largest, 1), largest[..., 0] > 0

    def chunk(key: Array) -> Array:
        first, *rest = jax.random.split(key, hidden)
        weights = jax.random.normal(first, (_CHUNK, 1, width))
        rays = jnp.maximum(jnp.concatenate([weights, -weights], 1), 0)
        _, alive = lax.scan(layer, rays, jnp.stack(rest)) if rest else (rays, jnp.zeros((0, _CHUNK, 2), bool))
        return jnp.concatenate([(rays.max(-1) > 0)[None], alive])

    alive = jnp.moveaxis(lax.map(chunk, keys), 1, 0).reshape(hidden, -1, 2)[:, :networks]
    return BornDead(
        one_input=(~alive[..., 0]).mean(1, dtype=jnp.float32),
        domain=(~alive.any(-1)).mean(1, dtype=jnp.float32),
    )


def _he(key: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    return jax.nn.initializers.he_normal()(key, shape, jnp.float32), jnp.zeros(shape[1], jnp.float32)


# What is compared: the activation, and how a layer's weights and biases are drawn.
COLLAPSING: dict[str, tuple[Callable[[Array], Array], Callable[..., tuple[Array, Array]]]] = {
    "relu, He": (jaxrelu.relu, _he),
    "relu, randomised asymmetric": (jaxrelu.relu, randomized_asymmetric),
    "leaky_relu 0.01, He": (functools.partial(jaxrelu.leaky_relu, negative_slope=0.01), _he),
}


class Collapse(NamedTuple):
    """What became of each network."""

    spread: Array  # the largest output minus the smallest
    loss: Array


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def learn_abs(
    name: str, networks: int, layers: int, width: int, steps: Array, rate: float, seed: int
) -> Collapse:
    """Trains networks on |x| over [-sqrt(3), sqrt(3)] with Adam, all points in every step.

    Args:
      name: of `COLLAPSING`.
      networks: how many, at once.
      layers: with the last, which is linear.
      width: of the hidden layers.
      steps: of training.
      rate: of Adam.
      seed: of the weights.
    """
    activation, draw = COLLAPSING[name]
    x = jnp.linspace(-math.sqrt(3), math.sqrt(3), 128)
    widths = [1, *[width] * (layers - 1), 1]

    def start(key: Array) -> list[Any]:
        keys = jax.random.split(key, layers)
        return [draw(k, shape) for k, shape in zip(keys, itertools.pairwise(widths), strict=True)]

    def output(parameters: list[Any]) -> Array:
        h = x[None]
        for place, (kernel, bias) in enumerate(parameters):
            # A product of tiny matrices, written as sums: XLA makes one loop over all networks of it.
            h = (kernel[:, :, None] * h[:, None, :]).sum(0) + bias[:, None]
            h = activation(h) if place < layers - 1 else h
        return h[0]

    def loss(parameters: list[Any]) -> Array:
        return ((output(parameters) - jnp.abs(x)) ** 2).mean()

    optimizer = optax.adam(rate)

    def train(key: Array) -> Collapse:
        parameters = start(key)

        def step(_: Array, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            parameters, state = carry
            updates, state = optimizer.update(jax.grad(loss)(parameters), state)
            return optax.apply_updates(parameters, updates), state

        parameters, _ = lax.fori_loop(0, steps, step, (parameters, optimizer.init(parameters)))
        y = output(parameters)
        return Collapse(y.max() - y.min(), loss(parameters))

    return jax.vmap(train)(jax.random.split(jax.random.key(seed), networks))
