"""What has to come out: questions whose answers theory or papers give, asked of the same code as the tasks.

The nets of the first part are not trained: what is asked is how signals and gradients pass through them. The
others are trained by `training.Trainer`, and judged by the whole protocol.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

import jaxrelu
from jaxrelu.initializers import gain

from . import activations, calibration
from .layers import MLP
from .task import Examples, Task, TaskData
from .tasks import tasks
from .training import Outcome, SeedAndRate, Trainer

KIND = "known"  # of row
COUNT = 16  # of answers


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is computed: the answers are the same, their bounds are for the smallest.

    Attributes:
      nets: untrained nets, of whose figures the median is taken.
      narrow: nets of ten layers of width 2.
      narrow_steps: of their training.
      compared: activations with and without BatchNorm.
      seeds: of each of them.
      repetitions: of the whole protocol with relu against itself.
    """

    SMOKE: ClassVar["Scale"]

    nets: int = 16
    narrow: int = 1000
    narrow_steps: int = 1000
    compared: tuple[str, ...] = ("relu", "selu", "elu")
    seeds: int = 8
    repetitions: int = 200


Scale.SMOKE = Scale(nets=4, narrow=200, narrow_steps=200, compared=("relu", "selu"), seeds=2, repetitions=10)


@dataclasses.dataclass(frozen=True)
class Answer:
    """One figure, and the bounds within which it has to be.

    Attributes:
      question: what was asked.
      measured: the figure.
      low: the least that it may be.
      high: the most.
      because: where the bounds are from.
    """

    question: str
    measured: float
    low: float
    high: float
    because: str

    @property
    def right(self) -> bool:
        """Whether it is within the bounds."""
        return self.low <= self.measured <= self.high


def answers(scale: Scale) -> Iterator[Answer]:
    """All of them, one after the other."""
    yield from _depth(scale)
    yield from _selu(scale)
    yield from _correlations(scale)
    yield from _narrow(scale)
    yield from _batch_norm(scale)
    yield from _calibration(scale)


# -- nets that are not trained -------------------------------------------------------------------------

_WIDTH = 256


def _weights(nets: int, depth: int, width: int, seed: int) -> np.ndarray:
    """Of nets without biases, with the deviation of LeCun's start.

    NumPy draws these: to compile a draw of JAX takes longer than all that is asked of the nets.
    """
    drawn = np.random.default_rng(seed).standard_normal((nets, depth, width, width), np.float32)
    return drawn / np.float32(math.sqrt(width))


def _states(function: Callable[[Array], Array], deviation: float | Array, x: Array, weights: Array) -> Array:
    """What each layer gives, whose weights are multiplied by this deviation."""

    def layer(x: Array, weights: Array) -> tuple[Array, Array]:
        y = function(deviation * (x @ weights))
        return y, y

    return jax.lax.scan(layer, x, weights)[1]


@functools.cache
def _pullbacks(function: Callable[[Array], Array]) -> Callable[..., Array]:
    """The norm of the gradient at the input by that at the output, for each net."""

    def ratio(deviation: Array, x: Array, slope: Array, weights: Array) -> Array:
        pullback = jax.vjp(lambda x: _states(function, deviation, x, weights)[-1], x)[1]
        return jnp.linalg.norm(pullback(slope)[0]) / jnp.linalg.norm(slope)

    return jax.jit(jax.vmap(ratio, (None, 0, 0, 0)))


def _depth(scale: Scale) -> Iterator[Answer]:
    steep = functools.partial(jaxrelu.leaky_relu, negative_slope=1.5)
    x, slope = np.random.default_rng(1).standard_normal((2, scale.nets, 16, _WIDTH), np.float32)
    weights = _weights(scale.nets, 20, _WIDTH, seed=0)

    def ratio(function: Callable[[Array], Array], deviation: float) -> float:
        return float(np.median(_pullbacks(function)(deviation, x, slope, weights)))

    question = "gradient through 20 layers of width 256, "
    yield Answer(
        f"{question}sigmoid, LeCun",
        ratio(jax.nn.sigmoid, 1.0),
        *(3e-14, 2e-12),
        because="each layer multiplies it by some 0.23: 2.4e-13 computed",
    )
    yield Answer(
        f"{question}relu, He",
        ratio(jaxrelu.relu, math.sqrt(2)),
        *(0.75, 1.15),
        because="its second moment is kept; 0.93 computed",
    )
    yield Answer(
        f"{question}leaky relu of slope 1.5, gain sqrt 2",
        ratio(steep, math.sqrt(2)),
        *(0.7e5, 2.2e5),
        because="(1 + 1.5^2)^10 = 1.3e5",
    )
    yield Answer(
        f"{question}leaky relu of slope 1.5, its own gain",
        ratio(steep, gain(steep)),
        *(0.75, 1.15),
        because="gain sqrt(2 / (1 + 1.5^2)) keeps it",
    )


def _selu(scale: Scale) -> Iterator[Answer]:
    def moments(x: Array, weights: Array) -> tuple[Array, Array]:
        y = _states(jaxrelu.selu, 1.0, x, weights)[-1]
        return y.mean(), y.var()

    drawn = np.random.default_rng(3).standard_normal((scale.nets, 64, _WIDTH), np.float32)
    x = np.float32(0.5) + np.float32(math.sqrt(1.5)) * drawn
    mean, variance = jax.jit(jax.vmap(moments))(x, _weights(scale.nets, 32, _WIDTH, seed=2))
    because = "the fixed point of Klambauer et al., reached from mean 0.5 and variance 1.5"
    yield Answer("selu after 32 layers: mean", float(np.median(mean)), -0.05, 0.05, because)
    yield Answer("selu after 32 layers: variance", float(np.median(variance)), 0.9, 1.1, because)


def _correlations(scale: Scale) -> Iterator[Answer]:
    depth, width = 3, 4 * _WIDTH

    def cosines(weights: Array) -> Array:
        one, other = _states(jaxrelu.relu, math.sqrt(2), jnp.eye(2, width), weights).swapaxes(0, 1)
        return (one * other).sum(-1) / (jnp.linalg.norm(one, axis=-1) * jnp.linalg.norm(other, axis=-1))

    measured = np.mean(jax.jit(jax.vmap(cosines))(_weights(scale.nets, depth, width, seed=4)), 0)
    expected = 0.0  # the inputs are orthogonal
    for place in range(depth):
        expected = (math.sqrt(1 - expected**2) + expected * (math.pi - math.acos(expected))) / math.pi
        yield Answer(
            f"relu: correlation of orthogonal inputs after {place + 1} layers",
            float(measured[place]),
            *(expected - 0.03, expected + 0.03),
            because=f"the arc-cosine kernel: {expected:.4f}",
        )


# -- nets that are trained -----------------------------------------------------------------------------


def _line() -> TaskData:
    x = np.linspace(-math.sqrt(3), math.sqrt(3), 128, dtype=np.float32)[:, None]
    return TaskData(*[Examples(x, abs(x))] * 3)


def _squares(model: Any, part: Examples) -> Array:
    return jnp.square(model(part.inputs) - part.targets).mean()


def _constant(model: Any, data: TaskData) -> dict[str, Array]:
    return {"constant": (jnp.ptp(model(data.train.inputs)) < 1e-4).astype(jnp.float32)}


def _narrow(scale: Scale) -> Iterator[Answer]:
    task = dataclasses.replace(
        tasks()["digits-mlp"],
        name="narrow",
        data=_line,
        model=lambda activation, width, rngs: MLP(activation, (1, *[width] * 9, 1), rngs),
        width=2,
        loss=_squares,
        score=lambda model, part: -_squares(model, part),
        worst=-1e9,
        batch=128,
        steps=scale.narrow_steps,
        every=scale.narrow_steps,
        optimizer=optax.adam,
        extras=_constant,
    )
    outcome = _trained(task, "relu", scale.narrow, 0.001, lanes=_MANY)
    yield Answer(
        "|x| by ten layers of width 2: share that is constant after training",
        float(np.mean(outcome.extras["constant"])),
        *(0.84, 0.97),
        because="Lu et al. report more than 90 % of 1000 runs; 0.924 computed, 0.879 of them born dead",
    )


_MANY = 200


def _trained(task: Task, name: str, seeds: int, rate: float, lanes: int | None = None) -> Outcome:
    """With more lanes than usual where the nets are tiny, and not more than there are seeds."""
    trainer = Trainer(task, activations.find(name), task.data())
    trainer.lanes = min(lanes or trainer.lanes, seeds)
    return trainer([SeedAndRate(seed, rate) for seed in range(seeds)])


def _batch_norm(scale: Scale) -> Iterator[Answer]:
    """At one rate for all, 0.1, activations lie far apart without BatchNorm, and close with it."""
    bounds = {"digits-mlp": (0.3, 1.0), "digits-mlp-norm": (0.0, 0.05)}
    for name, (low, high) in bounds.items():
        trained = [_trained(tasks()[name], each, scale.seeds, 0.1) for each in scale.compared]
        means = [np.mean(outcome.test) for outcome in trained]
        yield Answer(
            f"{name}: {', '.join(scale.compared)} at the rate 0.1, range of their mean accuracies",
            float(np.ptp(means)),
            low,
            high,
            because="selu diverges at the rate that is best for relu; BatchNorm brings them together",
        )


# -- the statistics ------------------------------------------------------------------------------------


def _calibration(scale: Scale) -> Iterator[Answer]:
    counts = calibration.repeated(scale.repetitions)
    for figure, count in counts.same.items():
        yield Answer(
            f"relu against relu, both tuned, {scale.repetitions} times: differences found in the {figure}",
            count / scale.repetitions,
            0.0,
            # What 5 % may come to by chance, in 999 of 1000 such calibrations.
            0.05 + 3.1 * math.sqrt(0.05 * 0.95 / scale.repetitions),
            because="at most 5 % are promised",
        )
    for figure, count in counts.planted.items():
        yield Answer(
            f"the least detectable difference in the {figure}, planted {scale.repetitions} times: found",
            count / scale.repetitions,
            0.8 - 3.1 * math.sqrt(0.8 * 0.2 / scale.repetitions),
            1.0,
            because="at least 80 % are promised",
        )
