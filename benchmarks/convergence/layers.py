"""Layers that several tasks build their models of."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array

from .activations import Candidate, unit_normal


class MLP(nnx.Module):
    """Equal hidden layers; weights start matched to the activation before them, biases at zero."""

    def __init__(
        self,
        activation: Candidate,
        shape: Sequence[int],
        rngs: nnx.Rngs,
        normalised: bool = False,
    ) -> None:
        """A model with the widths of `shape`: inputs, one for each hidden layer, outputs."""
        inner = [activation.channels(width) for width in shape[1:-1]]
        # What comes in has a variance of 1; every later layer undoes what the activation did to its input.
        starts = [unit_normal, *[activation.initializer] * len(inner)]
        self.layers = nnx.List(
            [
                nnx.Linear(inputs, outputs, kernel_init=start, rngs=rngs)
                for inputs, outputs, start in zip([shape[0], *inner], shape[1:], starts, strict=True)
            ]
        )
        self.norms = nnx.List([batch_norm(width, rngs) for width in shape[1:-1] if normalised])
        self.activations = nnx.List([activation.make() for _ in inner])

    def hidden(self, x: Array) -> list[Array]:
        """What each hidden layer gives, after its activation."""
        norms = self.norms or [lambda x: x] * len(self.activations)
        outputs = []
        for layer, norm, activation in zip(self.layers, norms, self.activations, strict=False):
            x = activation(norm(layer(x)))
            outputs.append(x)
        return outputs

    def __call__(self, x: Array) -> Array:
        return self.layers[-1](self.hidden(x)[-1])


def batch_norm(width: int, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """BatchNorm that averages over some ten steps: over a hundred, as by default, it would lag behind."""
    return nnx.BatchNorm(width, momentum=0.9, rngs=rngs)


def dead(hidden: Sequence[Any]) -> Array:
    """The share of units that are 0 for every example; the arrays have the units on their last axes."""
    silent = [(outputs == 0).reshape(-1, outputs.shape[-1]).all(0) for outputs in hidden]
    return jnp.concatenate(silent).mean(dtype=jnp.float32)
