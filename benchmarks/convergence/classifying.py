"""What the tasks share that tell classes apart."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import optax
from jax import Array

from .task import Examples, Task


def cross_entropy(model: Any, part: Examples) -> Array:
    """The mean over the examples."""
    return optax.softmax_cross_entropy_with_integer_labels(model(part.inputs), part.targets).mean()


def accuracy(model: Any, part: Examples) -> Array:
    """The share of examples whose class has the largest output; a model of NaNs is right nowhere."""
    logits = model(part.inputs)
    return (jnp.where(jnp.isnan(logits).any(-1), -1, logits.argmax(-1)) == part.targets).mean(
        dtype=jnp.float32
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Classification(Task):
    """A task that tells classes apart; `worst` is one over their number."""

    loss: Callable[[Any, Examples], Array] = cross_entropy
    score: Callable[[Any, Examples], Array] = accuracy
    unit: str = "points of accuracy"
    scale: float = 100.0
