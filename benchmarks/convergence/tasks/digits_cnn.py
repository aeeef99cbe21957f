"""Handwritten digits with two convolutions, without and with BatchNorm."""

import dataclasses
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array

from ...core.digits import CLASSES
from ..activations import Candidate
from ..classifying import Classification
from ..layers import batch_norm, dead
from ..task import TaskData
from .digits_mlp import data

_SIDE, _WINDOW = 8, 3


def _windows(images: Array, stride: int) -> Array:
    """The 3 x 3 windows of images (examples, side, side, channels), as channels; zeros around them.

    A convolution is a matmul of these. As one, many models at once are a batched matmul; as convolutions
    they would be a grouped one, which XLA:CPU has no fast code for.
    """
    side = images.shape[1]
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [
        padded[:, row : row + side : stride, column : column + side : stride]
        for row in range(_WINDOW)
        for column in range(_WINDOW)
    ]
    return jnp.concatenate(shifted, -1)


class CNN(nnx.Module):
    """Two convolutions, the second with stride 2, the mean over the picture, and a linear layer."""

    def __init__(self, activation: Candidate, width: int, rngs: nnx.Rngs, normalised: bool = False) -> None:
        inner, area = activation.channels(width), _WINDOW**2
        start = activation.initializer
        self.layers = nnx.List(
            [
                nnx.Linear(area, width, rngs=rngs),
                nnx.Linear(area * inner, 2 * width, kernel_init=start, rngs=rngs),
            ]
        )
        self.norms = nnx.List([batch_norm(n * width, rngs) for n in (1, 2) if normalised])
        self.out = nnx.Linear(activation.channels(2 * width), CLASSES, kernel_init=start, rngs=rngs)
        self.activations = nnx.List([activation.make() for _ in range(2)])

    def hidden(self, images: Array) -> list[Array]:
        """What each convolution gives, after its activation."""
        x = images.reshape(-1, _SIDE, _SIDE, 1)
        outputs = []
        for place, (layer, activation) in enumerate(zip(self.layers, self.activations, strict=True)):
            x = layer(_windows(x, stride=1 + place))
            x = activation(self.norms[place](x) if self.norms else x)
            outputs.append(x)
        return outputs

    def __call__(self, images: Array) -> Array:
        return self.out(self.hidden(images)[-1].mean((1, 2)))


def _normalised(activation: Candidate, width: int, rngs: nnx.Rngs) -> CNN:
    return CNN(activation, width, rngs, normalised=True)


def _silent(model: Any, data: TaskData) -> dict[str, Array]:
    return {"dead": dead(model.hidden(data.validation.inputs))}


_PLAIN = Classification(
    name="digits-cnn",
    about="8 x 8 digits, two convolutions and a mean",
    data=data,
    model=CNN,
    width=8,
    worst=1 / CLASSES,
    steps=300,
    every=15,
    batch=32,
    extras=_silent,
)
TASKS = (
    _PLAIN,
    dataclasses.replace(
        _PLAIN,
        name="digits-cnn-norm",
        about="the same with BatchNorm before each activation",
        model=_normalised,
    ),
)
