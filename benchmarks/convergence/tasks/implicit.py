"""A picture as a function of place: a coordinate net, where piecewise linear and smooth differ plainly."""

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array
from sklearn.datasets import load_sample_image

import jaxrelu.nnx

from ..activations import Candidate
from ..layers import MLP
from ..task import USUAL, Examples, Task, TaskData, adam

_SIDE = 48  # pixels, of which half are trained with, a quarter is to choose and a quarter to report
_WAVES = 6.0  # how far the coordinates reach: a net starts with about so many turns across the picture


@functools.cache
def picture() -> np.ndarray:
    """The middle of a photograph that comes with scikit-learn, grey, from 0 to 1, (side, side)."""
    grey = np.asarray(load_sample_image("china.jpg"), np.float64).mean(-1) / 255
    block = min(grey.shape) // _SIDE
    top, left = ((length - block * _SIDE) // 2 for length in grey.shape)
    middle = grey[top : top + block * _SIDE, left : left + block * _SIDE]
    return middle.reshape(_SIDE, block, _SIDE, block).mean((1, 3)).astype(np.float32)


@functools.cache
def _data() -> TaskData:
    """Places and the grey there; which pixel is in which part is drawn."""
    steps = _WAVES * np.linspace(-1, 1, _SIDE, dtype=np.float32)
    places = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
    grey = picture().reshape(-1, 1)
    order = np.random.default_rng(0).permutation(len(places))
    parts = np.split(order, [len(order) // 2, 3 * len(order) // 4])
    return TaskData(*(Examples(places[part], grey[part]) for part in parts))


def _model(activation: Candidate, width: int, rngs: nnx.Rngs) -> MLP:
    return MLP(activation, (2, width, width, width, 1), rngs)


def _squares(model: Any, part: Examples) -> Array:
    return jnp.square(model(part.inputs) - part.targets).mean()


def _decibels(model: Any, part: Examples) -> Array:
    """The peak signal to noise ratio, of values from 0 to 1."""
    return -10 * jnp.log10(_squares(model, part))


TASKS = (
    Task(
        name="implicit",
        about="a 48 x 48 photograph as a function of place, from half of its pixels; score: PSNR",
        data=_data,
        model=_model,
        width=64,
        loss=_squares,
        score=_decibels,
        worst=0.0,
        unit="dB",
        steps=600,
        every=10,
        batch=128,
        rates=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        optimizer=adam,
        variants=(*USUAL, "sine"),
        own={"sine": Candidate("sine", lambda: jaxrelu.nnx.Activation(jnp.sin))},
    ),
)
