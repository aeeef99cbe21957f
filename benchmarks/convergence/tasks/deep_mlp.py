"""Digits through 24 plain layers, where gain, dying and vanishing decide whether anything is learned."""

from flax import nnx

from ...core.digits import CLASSES, PIXELS
from ..activations import Candidate
from ..classifying import Classification
from ..layers import MLP
from ..task import USUAL
from .digits_mlp import data, silent

_HIDDEN = 24


def _model(activation: Candidate, width: int, rngs: nnx.Rngs) -> MLP:
    return MLP(activation, (PIXELS, *[width] * _HIDDEN, CLASSES), rngs)


TASKS = (
    Classification(
        name="deep-mlp",
        about="digits through 24 plain layers: the gradient has to come through all of them",
        data=data,
        model=_model,
        width=32,
        worst=1 / CLASSES,
        steps=400,
        every=10,
        batch=64,
        rates=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        extras=silent,
        variants=(*USUAL, "sigmoid", "softplus"),
    ),
)
