"""Handwritten digits with four hidden layers, without and with BatchNorm, said to level activations."""

import dataclasses
from typing import Any

from flax import nnx
from jax import Array

from ...core.digits import CLASSES, PIXELS, digits
from ..activations import Candidate
from ..classifying import Classification
from ..layers import MLP, dead
from ..task import Examples, TaskData

_HIDDEN = 4


def data() -> TaskData:
    """60 % of the digits to train, 20 % to choose, 20 % to report."""
    return TaskData(*(Examples(*split) for split in digits(0.6, validation=0.5, standardised=True)))


def _model(activation: Candidate, width: int, rngs: nnx.Rngs, normalised: bool = False) -> MLP:
    return MLP(activation, (PIXELS, *[width] * _HIDDEN, CLASSES), rngs, normalised)


def _normalised(activation: Candidate, width: int, rngs: nnx.Rngs) -> MLP:
    return _model(activation, width, rngs, normalised=True)


def silent(model: Any, data: TaskData) -> dict[str, Array]:
    """The share of hidden units that are 0 for all training images."""
    return {"dead": dead(model.hidden(data.train.inputs))}


_PLAIN = Classification(
    name="digits-mlp",
    about="8 x 8 digits, 4 hidden layers: easy, so that speed tells more than where it ends",
    data=data,
    model=_model,
    width=64,
    worst=1 / CLASSES,
    steps=600,
    every=10,
    batch=64,
    extras=silent,
)
TASKS = (
    _PLAIN,
    dataclasses.replace(
        _PLAIN,
        name="digits-mlp-norm",
        about="the same with BatchNorm before each activation, which should bring all close together",
        model=_normalised,
    ),
)
