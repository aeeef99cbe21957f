"""PyTorch and Keras, where they are installed: what they return for the same inputs."""

import dataclasses
import importlib
import importlib.util
import os
from typing import Any

import numpy as np
from jax import Array

from references.counterparts import COUNTERPARTS, KERAS, TORCH

from ..core.subjects import OURS, PEER, Subject

LIBRARIES = (OURS, PEER, TORCH, KERAS)
_FORMATS = ("float32", "bfloat16", "float16", "float64")


@dataclasses.dataclass(frozen=True)
class Torch(Subject):
    """A function of PyTorch, which runs on the host."""

    def both(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """The value, and the gradient of its sum."""
        torch = importlib.import_module("torch")
        given = np.asarray(x)
        dtype = getattr(torch, given.dtype.name)
        wide = given if given.dtype == np.float64 else given.astype(np.float32)
        tensor = torch.tensor(wide).to(dtype).requires_grad_()
        value: Any = self.function(tensor)
        value.backward(torch.ones_like(value))
        pair = (value.detach(), tensor.grad)
        keep = torch.float64 if dtype == torch.float64 else torch.float32
        narrow, slope = (one.to(keep).numpy().astype(given.dtype) for one in pair)
        return narrow, slope


def peers(name: str, dtype: str) -> list[Subject]:
    """The functions that are this variant, in the libraries that are installed and have this format."""
    if dtype not in _FORMATS:
        return []
    installed: list[Subject] = []
    os.environ.setdefault("KERAS_BACKEND", "jax")
    for library, kind in ((TORCH, Torch), (KERAS, Subject)):
        counterpart = COUNTERPARTS[library].get(name)
        if counterpart and not counterpart.learned and importlib.util.find_spec(library):
            installed.append(kind(library, counterpart.load()))
    return installed
