"""The functions of other libraries: for each, what gives value and slope at float32 points."""

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Peer = Callable[[Any], Any]
Evaluated = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SLOPE = 0.25  # of prelu


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
    names = (
        "relu relu6 leaky_relu elu celu selu softplus silu mish squareplus hard_tanh hard_sigmoid hard_silu"
    )
    found = {name: in_jax(getattr(jax.nn, name)) for name in names.split()}
    exact = in_jax(lambda x: jax.nn.gelu(x, approximate=False))
    return {**found, "gelu": in_jax(jax.nn.gelu), "gelu_exact": exact, "glu": in_jax(jax.nn.glu)}


def flax() -> dict[str, Evaluated]:
    from flax import linen, nnx

    names = "relu relu6 leaky_relu elu celu selu softplus silu hard_tanh hard_sigmoid hard_silu"
    found = {name: in_jax(getattr(nnx, name)) for name in names.split()}
    prelu = linen.PReLU(negative_slope_init=SLOPE)
    parameters = prelu.init(jax.random.key(0), jnp.zeros(1))
    return {**found, "gelu": in_jax(nnx.gelu), "prelu": in_jax(lambda x: prelu.apply(parameters, x))}


def keras() -> dict[str, Evaluated]:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    names = (
        "relu relu6 elu celu selu softplus silu mish squareplus hard_tanh hard_sigmoid hard_silu threshold"
    )
    found = {name: in_jax(getattr(keras.activations, name)) for name in names.split() if name != "threshold"}
    given = {"negative_slope": 0.25, "max_value": 6.0, "threshold": 1.0}
    return {
        **found,
        "leaky_relu": in_jax(lambda x: keras.activations.leaky_relu(x, negative_slope=0.01)),
        "gelu": in_jax(lambda x: keras.activations.gelu(x, approximate=True)),
        "gelu_exact": in_jax(keras.activations.gelu),
        "threshold": in_jax(lambda x: keras.ops.threshold(x, 0.0, 0.0)),
        "general_relu": in_jax(lambda x: keras.activations.relu(x, **given)),
        "glu": in_jax(keras.activations.glu),
    }


def equinox() -> dict[str, Evaluated]:
    import equinox

    return {"prelu": in_jax(equinox.nn.PReLU(SLOPE))}


def torch() -> dict[str, Evaluated]:
    import torch

    f = torch.nn.functional

    def evaluated(function: Peer) -> Evaluated:
        def both(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            at = torch.tensor(x, requires_grad=True)
            y = function(at)
            (slope,) = torch.autograd.grad(y.sum(), at)
            return y.detach().numpy(), slope.numpy()

        return both

    functions = {
        "relu": f.relu,
        "relu6": f.relu6,
        "leaky_relu": f.leaky_relu,
        "rrelu": lambda x: f.rrelu(x, training=False),
        "prelu": lambda x: f.prelu(x, torch.tensor([SLOPE])),
        "threshold": lambda x: f.threshold(x, 0.0, 0.0),
        "hard_tanh": f.hardtanh,
        "hard_sigmoid": f.hardsigmoid,
        "hard_silu": f.hardswish,
        "elu": f.elu,
        "celu": f.celu,
        "selu": f.selu,
        "softplus": f.softplus,
        "gelu": lambda x: f.gelu(x, approximate="tanh"),
        "gelu_exact": f.gelu,
        "silu": f.silu,
        "mish": f.mish,
        "glu": f.glu,
    }
    return {name: evaluated(function) for name, function in functions.items()}


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
