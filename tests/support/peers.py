"""The functions of other libraries: for each, what gives value and slope at float32 points."""

import functools
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
from references.counterparts import COUNTERPARTS, Counterpart

Peer = Callable[[Any], Any]
Evaluated = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SLOPE = 0.25  # of prelu, as in the map


def in_jax(function: Peer) -> Evaluated:
    """Value and slope by JAX; the libraries promote as JAX does by default."""

    @jax.jit
    def both(x: Any) -> Any:
        y, pullback = jax.vjp(function, x)
        return y, pullback(jnp.ones_like(y))[0]

    def evaluated(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            value, slope = both(x)
        return np.asarray(value), np.asarray(slope)

    return evaluated


def jax_nn() -> dict[str, Evaluated]:
    peers = {name: row for name, row in jaxrelu.catalogue().items() if row.peer}
    return {
        name: in_jax(functools.partial(getattr(jax.nn, str(row.peer)), **row.arguments))
        for name, row in peers.items()
    }


def flax() -> dict[str, Evaluated]:
    from flax import linen, nnx

    names = "relu relu6 leaky_relu elu celu selu softplus silu hard_tanh hard_sigmoid hard_silu"
    by_name = {name: in_jax(getattr(nnx, name)) for name in names.split()}
    prelu = linen.PReLU(negative_slope_init=SLOPE)
    parameters = prelu.init(jax.random.key(0), jnp.zeros(1))
    return {**by_name, "gelu": in_jax(nnx.gelu), "prelu": in_jax(lambda x: prelu.apply(parameters, x))}


def keras() -> dict[str, Evaluated]:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    given = {"negative_slope": 0.25, "max_value": 6.0, "threshold": 1.0}
    by_name = {name: in_jax(counterpart.load()) for name, counterpart in COUNTERPARTS["keras"].items()}
    return {**by_name, "general_relu": in_jax(lambda x: keras.activations.relu(x, **given))}


def equinox() -> dict[str, Evaluated]:
    import equinox

    return {"prelu": in_jax(equinox.nn.PReLU(SLOPE))}


def torch() -> dict[str, Evaluated]:
    import torch

    def evaluated(counterpart: Counterpart) -> Evaluated:
        function = counterpart.load()
        learned = [torch.tensor([value]) for value in counterpart.learned.values()]

        def both(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            at = torch.tensor(x, requires_grad=True)
            y = function(at, *learned)
            (slope,) = torch.autograd.grad(y.sum(), at)
            return y.detach().numpy(), slope.numpy()

        return both

    return {name: evaluated(counterpart) for name, counterpart in COUNTERPARTS["torch"].items()}


LIBRARIES: dict[str, Callable[[], dict[str, Evaluated]]] = {
    "jax.nn": jax_nn,
    "flax": flax,
    "keras": keras,
    "equinox": equinox,
    "torch": torch,
}
# What ours is given, where defaults differ.
ARGUMENTS: dict[tuple[str, str], dict[str, Any]] = {
    ("keras", "general_relu"): {"negative_slope": 0.25, "max_value": 6.0, "threshold": 1.0},
}
