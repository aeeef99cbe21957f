"""Functions of `jax.nn`, and what its users write where it has none."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

ActivationFunction = Callable[..., Array]  # of one hidden tensor, or of gate and value

# Each variant that is trained as jax.nn has it, or as its users write it.
OF_JAX_NN: dict[str, ActivationFunction] = {
    "relu": jax.nn.relu,
    "squared_relu": lambda x: jnp.square(jax.nn.relu(x)),
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "swiglu": lambda gate, value: jax.nn.silu(gate) * value,
}
# The gates of the gated units, for act(u) * v as one writes it with jax.nn.
GATES: dict[str, ActivationFunction] = {
    "reglu": jax.nn.relu,
    "geglu": jax.nn.gelu,
    "swiglu": jax.nn.silu,
    "bilinear": lambda u: u,
}
