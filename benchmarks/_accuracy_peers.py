"""PyTorch and Keras, where they are installed: what they return for the same inputs."""

import dataclasses
import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from jax import Array

from ._subjects import OURS, PEER, Subject

TORCH, KERAS = "torch", "keras"
LIBRARIES = (OURS, PEER, TORCH, KERAS)
_FORMATS = ("float32", "bfloat16", "float16", "float64")

# The names in torch.nn.functional and in keras.activations, with the arguments that make the variant.
_NAMES: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    TORCH: {
        "relu": ("relu", {}),
        "leaky_relu": ("leaky_relu", {}),
        "rrelu": ("rrelu", {}),
        "relu6": ("relu6", {}),
        "hard_tanh": ("hardtanh", {}),
        "hard_sigmoid": ("hardsigmoid", {}),
        "hard_silu": ("hardswish", {}),
        "elu": ("elu", {}),
        "celu": ("celu", {}),
        "selu": ("selu", {}),
        "softplus": ("softplus", {}),
        "gelu": ("gelu", {"approximate": "tanh"}),
        "gelu_exact": ("gelu", {}),
        "silu": ("silu", {}),
        "mish": ("mish", {}),
    },
    KERAS: {
        "relu": ("relu", {}),
        "leaky_relu": ("leaky_relu", {"negative_slope": 0.01}),
        "relu6": ("relu6", {}),
        "hard_tanh": ("hard_tanh", {}),
        "hard_sigmoid": ("hard_sigmoid", {}),
        "hard_silu": ("hard_silu", {}),
        "elu": ("elu", {}),
        "celu": ("celu", {}),
        "selu": ("selu", {}),
        "softplus": ("softplus", {}),
        "squareplus": ("squareplus", {}),
        "gelu": ("gelu", {"approximate": True}),
        "gelu_exact": ("gelu", {}),
        "silu": ("silu", {}),
        "mish": ("mish", {}),
    },
}


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
    found: list[Subject] = []
    for library, kind, module in (
        (TORCH, Torch, "torch.nn.functional"),
        (KERAS, Subject, "keras.activations"),
    ):
        if name in _NAMES[library] and importlib.util.find_spec(library):
            os.environ.setdefault("KERAS_BACKEND", "jax")
            known, arguments = _NAMES[library][name]
            function = getattr(importlib.import_module(module), known)
            found.append(kind(library, _with(function, arguments)))
    return found


def _with(function: Callable[..., Any], arguments: dict[str, Any]) -> Callable[..., Any]:
    return lambda x: function(x, **arguments)
