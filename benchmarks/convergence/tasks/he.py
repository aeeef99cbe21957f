"""Digits under homomorphic encryption: relu by polynomials, trained with them or swapped in afterwards."""

import functools
from typing import Any, Literal

import jax.numpy as jnp
from flax import nnx
from jax import Array

import jaxrelu
import jaxrelu.nnx

from ...core.digits import CLASSES, PIXELS
from ..activations import Candidate
from ..classifying import Classification, accuracy
from ..layers import MLP
from ..task import TaskData
from .digits_mlp import data

Method = Literal["least_squares", "minimax", "chebyshev", "derivative"]
_INTERVAL = (-4.0, 4.0)
_METHODS: dict[Method, tuple[int, ...]] = {
    "least_squares": (2, 4, 6),
    "minimax": (2, 4, 6),
    "chebyshev": (2,),
    "derivative": (2, 4),
}


def _polynomials() -> dict[str, Candidate]:
    """Each by a name such as `minimax_4`."""
    replacements = {}
    for method, degrees in _METHODS.items():
        for degree in degrees:
            function = jaxrelu.polynomial_relu(degree, _INTERVAL, method).function
            name = f"{method}_{degree}"
            replacements[name] = Candidate(name, functools.partial(jaxrelu.nnx.Activation, function))
    return replacements


_OWN = _polynomials()


class ChosenClassifier(MLP):
    """An MLP that tells what its activations see, and can be called with others."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs) -> None:
        super().__init__(activation, (PIXELS, width, width, CLASSES), rngs)
        self.name = activation.name

    def seen(self, x: Array) -> list[Array]:
        """The inputs of the activations."""
        outputs = [x, *self.hidden(x)]
        return [layer(out) for layer, out in zip(self.layers, outputs[:-1], strict=False)]


class Swapped:
    """A trained model with another function in the place of its activations."""

    def __init__(self, model: ChosenClassifier, activation: Candidate) -> None:
        self._layers, self._function = list(model.layers), activation.make()

    def __call__(self, x: Array) -> Array:
        for layer in self._layers[:-1]:
            x = self._function(layer(x))
        return self._layers[-1](x)


def _encrypted(model: Any, data: TaskData) -> dict[str, Array]:
    """The share of inputs outside the interval; of the model with relu, how it does with polynomials."""
    low, high = _INTERVAL
    seen = jnp.concatenate([one.ravel() for one in model.seen(data.test.inputs)])
    figures = {"outside": ((seen < low) | (seen > high)).mean(dtype=jnp.float32)}
    if model.name != "relu":
        return figures
    swapped = {name: accuracy(Swapped(model, one), data.test) for name, one in _OWN.items()}
    return {**figures, **{f"swapped {name}": score for name, score in swapped.items()}}


TASKS = (
    Classification(
        name="he",
        about="digits with polynomials on [-4, 4]; swapped: how the model trained with relu does with them",
        data=data,
        model=ChosenClassifier,
        width=64,
        worst=1 / CLASSES,
        steps=400,
        every=10,
        batch=64,
        rates=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        extras=_encrypted,
        variants=("relu", *_OWN),
        own=_OWN,
    ),
)
