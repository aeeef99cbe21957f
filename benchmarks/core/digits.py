"""scikit-learn's handwritten digits, as the experiments that train want them."""

import functools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PIXELS, CLASSES = 64, 10
_SPLIT_SEED = 0  # one split for all seeds and variants


class Split(NamedTuple):
    """Images, float32, one a row, and their labels, int32."""

    images: np.ndarray
    labels: np.ndarray


class Data(NamedTuple):
    """The parts of the digits, each with all classes alike; `validation` is empty if nothing is chosen."""

    train: Split
    validation: Split
    test: Split


@functools.cache
def digits(train: float, *, validation: float, standardised: bool) -> Data:
    """scikit-learn's digits, split and scaled.

    Args:
      train: the images to train with: a share of all, or their number.
      validation: the share of the others to choose with; the rest is to report.
      standardised: each pixel is centred and all are divided by one deviation, both of the training part;
        with a deviation each, the corners would blow up, which are rarely lit. Else pixels are from 0 to 1.
    """
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    train_x, rest_x, train_y, rest_y = _parted(images, labels, train)
    if validation:
        choose_x, report_x, choose_y, report_y = _parted(rest_x, rest_y, validation)
    else:
        choose_x, report_x, choose_y, report_y = rest_x[:0], rest_x, rest_y[:0], rest_y
    mean = train_x.mean(0) if standardised else 0.0
    unit = (train_x - mean).std() if standardised else 16.0

    def scaled(x: np.ndarray, y: np.ndarray) -> Split:
        return Split(((x - mean) / unit).astype(np.float32), y.astype(np.int32))

    return Data(scaled(train_x, train_y), scaled(choose_x, choose_y), scaled(report_x, report_y))


def _parted(images: np.ndarray, labels: np.ndarray, first: float) -> list[np.ndarray]:
    """The images of the first part and of the second, then the labels of the first and of the second."""
    parts = train_test_split(images, labels, train_size=first, stratify=labels, random_state=_SPLIT_SEED)
    return [np.asarray(part) for part in parts]


def batches(seeds: int, steps: int, *, images: int, batch: int, after: int = 0) -> Array:
    """Which images each step sees, (seeds, steps, batch): every epoch a new order, its remainder left out.

    Args:
      seeds: trainings; each seed has an order of its own.
      steps: of each training.
      images: how many there are.
      batch: images a step.
      after: steps that were made before these.
    """
    orders = [shuffled(seed, after + steps, examples=images, batch=batch)[after:] for seed in range(seeds)]
    return jnp.asarray(np.stack(orders), jnp.int32)


def shuffled(seed: int, steps: int, *, examples: int, batch: int) -> np.ndarray:
    """Which examples each step of one training sees, (steps, batch), as `batches` has them."""
    epoch = examples // batch
    draw = np.random.default_rng(seed)
    epochs = [draw.permutation(examples)[: epoch * batch] for _ in range(-(-steps // epoch))]
    return np.concatenate(epochs).reshape(-1, batch)[:steps]
