"""Digits with a deep classifier, many models at once, with or without recycling of dead units."""

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax import Array

import jaxrelu
from jaxrelu import diagnostics
from jaxrelu.initializers import for_activation

from ..core.digits import CLASSES, PIXELS, Data, batches, digits

IMAGES, BATCH = 1200, 64
_LECUN = jax.nn.initializers.lecun_normal()


def data() -> Data:
    """1200 of the digits to train with, as they come; the others to test with."""
    return digits(IMAGES, validation=0, standardised=False)


def order(models: int, steps: int, after: int = 0) -> Array:
    """Which images each step of each model sees, (models, steps, batch); from step `after` on."""
    return batches(models, steps, images=IMAGES, batch=BATCH, after=after)


@functools.cache
def activations() -> dict[str, Callable[[Array], Array]]:
    """The variants that need nothing but x and keep its shape."""
    x = jax.ShapeDtypeStruct((2, 8), jnp.float32)
    return {
        name: row.bound
        for name, row in jaxrelu.catalogue().items()
        if not (row.example or row.partners)
        and getattr(jax.eval_shape(row.bound, x), "shape", None) == x.shape
    }


@dataclasses.dataclass(frozen=True)
class Setup:
    """One model and the way it is trained.

    Attributes:
      activation: a name of `activations()`.
      depth: hidden layers.
      width: of each.
      gain: whether the weights start with the matched gain, or with LeCun's variance.
      recycle: steps between two recyclings, the first before the first step; 0 for none.
    """

    activation: str = "relu"
    depth: int = 4
    width: int = 64
    gain: bool = True
    recycle: int = 0


class TrainedModels(NamedTuple):
    """What a training gives, by model."""

    parameters: Any
    momenta: Any
    test: Array  # accuracy
    dead: Array  # (models, layers) share of units that are 0 for every training image
    gradient_dead: Array  # (models, layers) share of units whose slope is 0 for every training image
    finite: Array  # whether every parameter is


class Classifier(nnx.Module):
    """Equal hidden layers whose activations are plain calls: nothing here knows of diagnostics."""

    def __init__(self, case: Setup, *, rngs: nnx.Rngs):
        function = activations()[case.activation]
        init = for_activation(function) if case.gain else _LECUN
        widths = [PIXELS, *[case.width] * case.depth]
        self.layers = nnx.List(
            [
                nnx.Linear(a, b, kernel_init=init if k else _LECUN, rngs=rngs)
                for k, (a, b) in enumerate(itertools.pairwise(widths))
            ]
        )
        self.head = nnx.Linear(case.width, CLASSES, kernel_init=init, rngs=rngs)
        self.activation = function

    def __call__(self, x: Array) -> Array:
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.head(x)


def start(case: Setup, models: int, bias: float = 0.0) -> Any:
    """The parameters that training starts from, (models, ...) each; hidden biases start at `bias`."""

    def one(key: Array) -> Any:
        model = Classifier(case, rngs=nnx.Rngs(key))
        for layer in model.layers:
            layer.bias = nnx.Param(jnp.full(case.width, bias, jnp.float32))
        return nnx.state(model, nnx.Param)

    return jax.vmap(one)(jax.vmap(jax.random.key)(jnp.arange(models)))


def cross_entropy(logits: Array, labels: Array) -> Array:
    """The mean over the images."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def graph_of(case: Setup) -> Any:
    """The model without its parameters."""
    return nnx.graphdef(Classifier(case, rngs=nnx.Rngs(0)))


@functools.cache
def trainer(case: Setup, momentum: float = 0.9) -> Callable[[Any, Any, Array, Array], TrainedModels]:
    """The training of many models as one function: SGD with momentum.

    Returns:
      A jitted function of parameters and momenta, as `start` and an earlier outcome give them, the learning
      rates (models,) and batches (models, steps, batch).
    """
    train_x, train_y, test_x, test_y = map(jnp.asarray, (*data().train, *data().test))
    graph, recycler = graph_of(case), diagnostics.Recycler()
    optimizer = optax.trace(momentum)

    def train(parameters: Any, momenta: Any, rate: Array, batches: Array, key: Array) -> TrainedModels:
        def loss(parameters: Any, chosen: Array) -> Array:
            return cross_entropy(nnx.merge(graph, parameters)(train_x[chosen]), train_y[chosen])

        def step(carry: tuple, chosen: Array) -> tuple[tuple, None]:
            parameters, state = carry
            updates, state = optimizer.update(jax.grad(loss)(parameters, chosen), state)
            return (jax.tree.map(lambda p, u: p - rate * u, parameters, updates), state), None

        def stretch(carry: tuple, part: tuple[Array, Array]) -> tuple[tuple, None]:
            chosen, key = part
            if case.recycle:
                parameters, state = carry
                model, state = recycler(nnx.merge(graph, parameters), state, train_x, key)
                carry = (nnx.state(model, nnx.Param), state)
            return jax.lax.scan(step, carry, chosen)

        stretches = batches.reshape(-1, case.recycle or len(batches), batches.shape[-1])
        keys = jax.random.split(key, len(stretches))
        (parameters, momenta), _ = jax.lax.scan(stretch, (parameters, momenta), (stretches, keys))
        model = nnx.merge(graph, parameters)
        activities = diagnostics.observe(model, train_x).values()
        return TrainedModels(
            parameters,
            momenta,
            test=(model(test_x).argmax(-1) == test_y).mean(dtype=jnp.float32),
            dead=jnp.stack([of.dead.mean(dtype=jnp.float32) for of in activities]),
            gradient_dead=jnp.stack([of.gradient_dead().mean(dtype=jnp.float32) for of in activities]),
            finite=jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters)]).all(),
        )

    run = jax.jit(jax.vmap(train))

    def call(parameters: Any, momenta: Any, rates: Array, batches: Array) -> TrainedModels:
        if momenta is None:
            momenta = jax.vmap(optimizer.init)(parameters)
        return run(parameters, momenta, rates, batches, jax.random.split(jax.random.key(0), len(rates)))

    return call
