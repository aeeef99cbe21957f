"""The plain counterpart of every variant: that of jax.nn, or the formula as one writes it by hand.

Their gradients are JAX's own. A parameter is a number, or an array that broadcasts with x.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxrelu
from references.by_hand import GATES, OF_JAX_NN

Plain = Callable[..., Array]


def rrelu(x: Array, key: Array | None = None, lower: Any = 1 / 8, upper: Any = 1 / 3) -> Array:
    if key is None:
        return jnp.where(x >= 0, x, (lower + upper) / 2 * x)
    drawn = lower + (upper - lower) * jax.random.uniform(key, x.shape, x.dtype)
    return jnp.where(x >= 0, x, drawn * x)


def general_relu(
    x: Array, negative_slope: Any = 0.0, threshold: Any = 0.0, max_value: Any = None, shift: Any = 0.0
) -> Array:
    y = jnp.where(x > threshold, x, negative_slope * (x - threshold)) - shift
    return y if max_value is None else jnp.minimum(y, max_value)


def star_relu(x: Array, scale: Any = 0.8944271909999159, bias: Any = -0.4472135954999579) -> Array:
    return scale * jnp.square(jax.nn.relu(x)) + bias


def smelu(x: Array, beta: Any = 1.0) -> Array:
    return jnp.where(jnp.abs(x) < beta, jnp.square(x + beta) / (4 * beta), jax.nn.relu(x))


def prelu(x: Array, negative_slope: Any) -> Array:
    return jnp.where(x >= 0, x, negative_slope * x)


def srelu(x: Array, left_threshold: Any, left_slope: Any, right_threshold: Any, right_slope: Any) -> Array:
    right = right_threshold + right_slope * (x - right_threshold)
    left = left_threshold + left_slope * (x - left_threshold)
    return jnp.where(x >= right_threshold, right, jnp.where(x <= left_threshold, left, x))


def apl(x: Array, slopes: Any, offsets: Any) -> Array:
    hinges = (slopes[i] * jnp.maximum(offsets[i] - x, 0) for i in range(len(slopes)))
    return functools.reduce(jnp.add, hinges, jax.nn.relu(x))


def pelu(x: Array, alpha: Any = 1.0, beta: Any = 1.0) -> Array:
    return jnp.where(x >= 0, alpha / beta * x, alpha * jnp.expm1(jnp.minimum(x, 0) / beta))


def xielu(x: Array, alpha_p: Any = 0.8, alpha_n: Any = 0.8, beta: Any = 0.5) -> Array:
    below = alpha_n * (jnp.expm1(jnp.minimum(x, 0)) - x)
    return jnp.where(x > 0, alpha_p * x * x, below) + beta * x


def acon_c(x: Array, p1: Any = 1.0, p2: Any = 0.0, beta: Any = 1.0) -> Array:
    line = (p1 - p2) * x
    return line * jax.nn.sigmoid(beta * line) + p2 * x


def surrogate_relu(x: Array) -> Array:
    """The value of relu and the slope of B-SiLU, by the usual trick."""
    smooth = (x + 1.67) * jax.nn.sigmoid(x) - 1.67 / 2
    return smooth + jax.lax.stop_gradient(jax.nn.relu(x) - smooth)


def jump_relu(x: Array, threshold: Any, bandwidth: Any = 0.001) -> Array:
    """With the estimator of the slope by the threshold, by the usual trick."""
    slope = jax.lax.stop_gradient(-threshold / bandwidth)
    estimated = slope * (threshold - jax.lax.stop_gradient(threshold))
    inside = jnp.abs(x - threshold) < bandwidth / 2
    return jnp.where(x > threshold, x, 0.0) + jnp.where(inside, estimated, 0.0)


def clamped_swiglu(gate: Array, value: Array) -> Array:
    gate = jnp.minimum(gate, 7.0)
    return gate * jax.nn.sigmoid(1.702 * gate) * (jnp.clip(value, -7.0, 7.0) + 1.0)


def laplace(x: Array, mu: Any = 0.707107, sigma: Any = 0.282095) -> Array:
    return jax.scipy.special.ndtr((x - mu) / sigma)


def maxout(x: Array, num_pieces: int) -> Array:
    return x.reshape(*x.shape[:-1], -1, num_pieces).max(-1)


def gated(activation: Plain) -> Plain:
    return lambda gate, value: activation(gate) * value


FORMULAS: dict[str, Plain] = {
    "rrelu": rrelu,
    "general_relu": general_relu,
    "threshold": lambda x, threshold=0.0, value=0.0: jnp.where(x > threshold, x, value),
    "hard_shrink": lambda x, threshold=0.5: jnp.where(jnp.abs(x) > threshold, x, 0.0),
    "soft_shrink": lambda x, threshold=0.5: jnp.sign(x) * jnp.maximum(jnp.abs(x) - threshold, 0.0),
    "tanh_shrink": lambda x: x - jnp.tanh(x),
    "gelu_10": lambda x: jnp.minimum(jax.nn.gelu(x, approximate=False), 10.0),
    "laplace": laplace,
    "jump_relu": jump_relu,
    "clamped_swiglu": clamped_swiglu,
    # jax.nn.hard_tanh has no bounds to be learned.
    "hard_tanh": lambda x, min_value=-1.0, max_value=1.0: jnp.minimum(jnp.maximum(x, min_value), max_value),
    "hard_mish": lambda x: 0.5 * x * jnp.clip(x + 2, 0, 2),
    "squared_relu": OF_JAX_NN["squared_relu"],
    "star_relu": star_relu,
    "smelu": smelu,
    "isrlu": lambda x, alpha=1.0: jnp.where(x >= 0, x, x * jax.lax.rsqrt(1 + alpha * x * x)),
    "quick_gelu": lambda x: x * jax.nn.sigmoid(1.702 * x),
    "telu": lambda x: x * jnp.tanh(jnp.exp(x)),
    "prelu": prelu,
    "srelu": srelu,
    "apl": apl,
    "pelu": pelu,
    "xielu": xielu,
    "acon_c": acon_c,
    "parametric_swish": lambda x, beta=1.0: x * jax.nn.sigmoid(beta * x),
    "surrogate_relu": surrogate_relu,
    "crelu": lambda x: jnp.concatenate([jax.nn.relu(x), jax.nn.relu(-x)], -1),
    "maxout": maxout,
    **{name: gated(gate) for name, gate in GATES.items()},
}


def counterpart(row: jaxrelu.Variant) -> Plain:
    """The plain function with the arguments that make this variant."""
    if row.name in FORMULAS:
        return FORMULAS[row.name]
    if row.peer is None:
        raise LookupError(f"{row.name}: jax.nn has it not, and tests/meshes/counterparts.py has no formula")
    return functools.partial(getattr(jax.nn, row.peer), **row.arguments)
