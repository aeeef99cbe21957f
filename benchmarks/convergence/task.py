"""What a task is: data, a model as a function of an activation, a loss, a score, and how long to train.

Everything else is derived from these: training many seeds and rates at once (`training.py`), tuning, targets
and fresh seeds (`protocol.py`), taking a run up again (`journal.py`), statistics, tables and plots.
"""

import bisect
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import optax
from flax import nnx
from jax import Array

from .activations import Candidate

# The rates of SGD with momentum; each is some three times the one before it.
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# What a rectifier is usually weighed against.
USUAL = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "squared_relu", "tanh")
_DEAREST = 4  # times the usual width: more is not tried


class Examples(NamedTuple):
    """Inputs and targets: two arrays, or trees of arrays, with one example a row."""

    inputs: Any
    targets: Any


class TaskData(NamedTuple):
    """The examples to train with, to choose with, and to report."""

    train: Examples
    validation: Examples
    test: Examples

    @property
    def examples(self) -> tuple[int, int, int]:
        """How many each part has."""
        train, validation, test = (len(jax.tree.leaves(part)[0]) for part in self)
        return train, validation, test


class Unavailable(Exception):
    """The data of a task are not on this machine, and cannot be fetched; says what to do."""


def sgd(rate: Array) -> optax.GradientTransformation:
    """Stochastic gradient descent with momentum 0.9."""
    return optax.sgd(rate, momentum=0.9)


def adam(rate: Array) -> optax.GradientTransformation:
    """Adam as it comes."""
    return optax.adam(rate)


def nothing_more(model: Any, data: TaskData) -> dict[str, Array]:
    """No further figures."""
    return {}


@dataclasses.dataclass(frozen=True)
class Task:
    """One thing to learn; a module of `tasks` declares one or several.

    Attributes:
      name: as the command line takes it.
      about: what is learned, and why activations should matter there, in one sentence.
      data: gives the data; raises `Unavailable` where they are not at hand.
      model: builds the model, given an activation, the width of what the activation sees, and random keys.
      width: for an elementwise activation; others get the width with as many parameters.
      loss: of a model on some examples, to be made small.
      score: of a model on some examples, to be made large.
      worst: the score of a model that has learned nothing; a run that diverges has this one.
      unit: of the score.
      scale: by which a score is multiplied to be shown.
      steps: of a training.
      every: steps between two looks at the validation data, so the resolution of the time to the target.
      batch: examples a step.
      rates: the learning rates tried first, from low to high.
      optimizer: for a learning rate.
      extras: further figures of a trained model, shown beside the score.
      variants: which activations are trained where none are named.
      own: activations that this task alone knows, by name.
      gated: whether the model can have gated units.
      suite: whether it is trained where no tasks are named.
    """

    name: str
    about: str
    data: Callable[[], TaskData]
    model: Callable[[Candidate, int, nnx.Rngs], nnx.Module]
    width: int
    loss: Callable[[Any, Examples], Array]
    score: Callable[[Any, Examples], Array]
    worst: float
    unit: str
    steps: int
    every: int
    batch: int
    scale: float = 1.0
    rates: tuple[float, ...] = RATES
    optimizer: Callable[[Array], optax.GradientTransformation] = sgd
    extras: Callable[[Any, TaskData], dict[str, Array]] = nothing_more
    variants: tuple[str, ...] = USUAL
    own: Mapping[str, Candidate] = dataclasses.field(default_factory=dict)
    gated: bool = False
    suite: bool = True

    def parameters(self, activation: Candidate, width: int) -> int:
        """The number of parameters of the model of this width."""

        def build() -> nnx.State:
            return nnx.state(self.model(activation, width, nnx.Rngs(0)), nnx.Param)

        return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(build)))

    def matched_width(self, activation: Candidate) -> int:
        """The width at which the model has as many parameters as with an elementwise activation.

        As nearly as may be: learned slopes, a few numbers, make no model narrower.
        """
        if activation.operands == 1 and activation.ratio == 1:
            return self.width
        wanted = self.parameters(dataclasses.replace(activation, make=_elementwise, operands=1), self.width)
        step = max(1, round(1 / activation.ratio))  # maxima over channels need whole groups of them
        widths = range(step, _DEAREST * self.width, step)
        above = bisect.bisect_left(widths, wanted, key=lambda width: self.parameters(activation, width))
        near = widths[max(0, above - 1) : above + 1]
        return min(near, key=lambda width: abs(self.parameters(activation, width) - wanted))


def _elementwise() -> Callable[[Array], Array]:
    return jax.nn.relu
