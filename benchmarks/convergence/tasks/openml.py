"""MNIST and CIFAR-10 through scikit-learn's `fetch_openml`, where the network or its cache has them."""

import dataclasses
import functools
import gzip
import zlib
from typing import Any, NamedTuple

import numpy as np
from flax import nnx
from sklearn.datasets import fetch_openml

from ...core.failures import Refused
from ..activations import Candidate
from ..classifying import Classification
from ..layers import MLP
from ..task import Examples, TaskData, Unavailable

CLASSES = 10


class Source(NamedTuple):
    """A data set of OpenML: its name there, how many pictures it has, and how many numbers each."""

    name: str
    pictures: int
    pixels: int


MNIST = Source("mnist_784", 70_000, 784)
CIFAR10 = Source("CIFAR_10", 60_000, 3072)
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, ValueError)  # what a cut or wrong file gives


@functools.cache
def load(source: Source) -> TaskData:
    """80 % of the pictures to train, 10 % to choose, 10 % to report; standardised by the first part.

    Raises:
      Unavailable: neither the network nor the cache has them.
      Refused: what was found is cut off, or of another shape.
    """
    inputs, classes = _checked(source, *_fetched(source))
    order = np.random.default_rng(0).permutation(len(inputs))
    parts = np.split(order, [8 * len(order) // 10, 9 * len(order) // 10])
    mean, deviation = inputs[parts[0]].mean(), inputs[parts[0]].std()
    scaled = ((inputs - mean) / deviation).astype(np.float32)
    return TaskData(*(Examples(scaled[part], classes[part]) for part in parts))


def _fetched(source: Source) -> tuple[Any, Any]:
    try:
        fetched: Any = fetch_openml(source.name, version=1, as_frame=False, parser="liac-arff", n_retries=0)
    except _BROKEN as error:
        raise Refused(
            f"{source.name}: what was fetched or cached is broken ({error}); "
            "sklearn.datasets.clear_data_home() empties the cache"
        ) from None
    except OSError as error:
        raise Unavailable(
            f"{source.name} is not in scikit-learn's cache, and openml.org cannot be reached ({error})"
        ) from None
    return fetched.data, fetched.target


def _checked(source: Source, data: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    wanted = (source.pictures, source.pixels)
    if np.shape(data) != wanted or np.shape(target) != wanted[:1]:
        raise Refused(
            f"{source.name} should have the shape {wanted} with a class each, "
            f"and what was fetched or cached has {np.shape(data)} with {np.shape(target)}"
        )
    classes = np.asarray(target).astype(np.int32)
    if set(np.unique(classes)) != set(range(CLASSES)):
        raise Refused(f"{source.name} should have the classes 0 to 9")
    return np.asarray(data, np.float32), classes


def _model(activation: Candidate, width: int, rngs: nnx.Rngs, pixels: int = MNIST.pixels) -> MLP:
    return MLP(activation, (pixels, width, width, CLASSES), rngs)


def _colours(activation: Candidate, width: int, rngs: nnx.Rngs) -> MLP:
    return _model(activation, width, rngs, CIFAR10.pixels)


_MNIST = Classification(
    name="mnist",
    about="28 x 28 digits, two hidden layers",
    data=functools.partial(load, MNIST),
    model=_model,
    width=128,
    worst=1 / CLASSES,
    steps=1000,
    every=50,
    batch=128,
    suite=False,  # too large for a quarter of an hour, and not on every machine
)
TASKS = (
    _MNIST,
    dataclasses.replace(
        _MNIST,
        name="cifar10",
        about="32 x 32 photographs in colour, two hidden layers",
        data=functools.partial(load, CIFAR10),
        model=_colours,
    ),
)
