"""scikit-learn's handwritten digits, as the experiments that train want them."""

import functools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PIXELS, CLASSES = 64, 10
_TRAIN, BATCH = 1200, 64
_SPLIT_SEED = 0


class Split(NamedTuple):
    """Standardised images, float32, one a row, and their labels, int32."""

    images: np.ndarray
    labels: np.ndarray


class Data(NamedTuple):
    """The three parts of the digits."""

    train: Split
    validation: Split
    test: Split


@functools.cache
def digits() -> Data:
    """scikit-learn's digits: 60 % to train, 20 % to choose, 20 % to report, each with all classes alike.

    The split is one for all seeds and variants. Each pixel is centred and all are divided by one deviation,
    both of the training part: with a deviation each, the corners would blow up, which are rarely lit.
    """
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    train_x, rest_x, train_y, rest_y = _parted(images, labels, 0.4)
    choose_x, report_x, choose_y, report_y = _parted(rest_x, rest_y, 0.5)
    mean = train_x.mean(0)
    deviation = (train_x - mean).std()

    def standardised(x: np.ndarray, y: np.ndarray) -> Split:
        return Split(((x - mean) / deviation).astype(np.float32), y.astype(np.int32))

    return Data(
        standardised(train_x, train_y), standardised(choose_x, choose_y), standardised(report_x, report_y)
    )


def _parted(images: np.ndarray, labels: np.ndarray, share: float) -> list[np.ndarray]:
    found = train_test_split(images, labels, test_size=share, stratify=labels, random_state=_SPLIT_SEED)
    return [np.asarray(part) for part in found]


def batches(seeds: int, steps: int, batch: int) -> Array:
    """Which images each step sees, (seeds, steps, batch): every epoch a new order, its remainder left out."""
    examples = len(digits().train.labels)
    epoch = examples // batch

    def order(seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        epochs = [draw.permutation(examples)[: epoch * batch] for _ in range(-(-steps // epoch))]
        return np.concatenate(epochs).reshape(-1, batch)[:steps]

    return jnp.asarray(np.stack([order(seed) for seed in range(seeds)]), jnp.int32)


class Pictures(NamedTuple):
    """Images with pixels from 0 to 1, and their labels, to train with and to test with."""

    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array


@functools.cache
def pictures() -> Pictures:
    """scikit-learn's digits as they come, not standardised: 1200 to train, 597 to test."""
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    parts = train_test_split(images / 16, labels, train_size=_TRAIN, random_state=0, stratify=labels)
    train_x, test_x, train_y, test_y = map(np.asarray, parts)
    return Pictures(
        jnp.asarray(train_x, jnp.float32),
        jnp.asarray(train_y, jnp.int32),
        jnp.asarray(test_x, jnp.float32),
        jnp.asarray(test_y, jnp.int32),
    )


def order(models: int, steps: int, after: int = 0) -> Array:
    """Which images each step sees, (models, steps, batch), every epoch anew; from step `after` on."""
    epoch = _TRAIN // BATCH

    def one(seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        epochs = [
            draw.permutation(_TRAIN)[: epoch * BATCH].reshape(epoch, BATCH)
            for _ in range(-(-(after + steps) // epoch))
        ]
        return np.concatenate(epochs)[after : after + steps]

    return jnp.asarray(np.stack([one(seed) for seed in range(models)]), jnp.int32)
