"""Eight spots on a circle, drawn by a generator: the activation is that of the discriminator."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

import jaxrelu
import jaxrelu.nnx

from .. import activations
from ..activations import Candidate
from ..layers import MLP
from ..task import Examples, Task, TaskData

_SPOTS, _RADIUS, _DEVIATION, _NOISE = 8, 1.5, 0.1, 4
_EXAMPLES = (8192, 1024, 4096)  # to train, to choose, to report
_NEAR = 3 * _DEVIATION
_FEWEST = 0.25  # of the share that a spot should have, for it to count as covered
_SLOPES = (0.05, 0.1, 0.2, 0.4)


def _centres() -> np.ndarray:
    angles = 2 * np.pi * np.arange(_SPOTS) / _SPOTS
    return (_RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.float32)


@functools.cache
def _data() -> TaskData:
    """Noise for the generator, and points as they should be."""
    draw = np.random.default_rng(0)
    parts = []
    for examples in _EXAMPLES:
        spots = _centres()[draw.integers(0, _SPOTS, examples)]
        points = spots + _DEVIATION * draw.normal(size=(examples, 2))
        noise = draw.normal(size=(examples, _NOISE))
        parts.append(Examples(noise.astype(np.float32), points.astype(np.float32)))
    return TaskData(*parts)


class GAN(nnx.Module):
    """A generator with relu, and a discriminator with the activation."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        self.generator = MLP(activations.find("relu"), (_NOISE, 64, 64, 2), rngs)
        self.discriminator = MLP(activation, (2, width, width, 1), rngs)


def _frozen(model: Any) -> Any:
    """The same model, through whose parameters no gradient goes."""
    graph, state = nnx.split(model)
    return nnx.merge(graph, jax.lax.stop_gradient(state))


def _both(model: Any, part: Examples) -> Array:
    """The losses of both players, neither of which moves the other: one step moves both."""
    drawn = model.generator(part.inputs)
    real, made = model.discriminator(part.targets), model.discriminator(jax.lax.stop_gradient(drawn))
    judge = jax.nn.softplus(-real).mean() + jax.nn.softplus(made).mean()
    forger = jax.nn.softplus(-_frozen(model.discriminator)(drawn)).mean()
    return judge + forger


def _covered(model: Any, part: Examples) -> Array:
    """How many spots have points enough near them."""
    apart = model.generator(part.inputs)[:, None] - jnp.asarray(_centres())
    near = (jnp.square(apart).sum(-1) < _NEAR**2).mean(0)
    return (near > _FEWEST / _SPOTS).sum().astype(jnp.float32)


def _adam(rate: Array) -> optax.GradientTransformation:
    """With the first moment as short as is usual for two players."""
    return optax.adam(rate, b1=0.5)


def _leaky(slope: float) -> Callable[[], Any]:
    return functools.partial(jaxrelu.nnx.Activation, jaxrelu.leaky_relu, negative_slope=slope)


_OWN = {f"leaky_relu_{slope:g}": Candidate(f"leaky_relu_{slope:g}", _leaky(slope)) for slope in _SLOPES}

TASKS = (
    Task(
        name="gan",
        about="eight spots on a circle, the slope of the discriminator below 0; score: spots covered",
        data=_data,
        model=GAN,
        width=64,
        loss=_both,
        score=_covered,
        worst=0.0,
        unit="spots",
        steps=1000,
        every=20,
        batch=64,
        rates=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        optimizer=_adam,
        variants=("relu", *_OWN, "elu", "gelu"),
        own=_OWN,
    ),
)
