"""The Flax modules in both interfaces: made, given the same parameters, evaluated with their gradients."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx

X = jnp.linspace(-3.0, 3.0, 24).reshape(4, 6)
IMAGES = jax.random.normal(jax.random.key(1), (2, 4, 5, 6))
KEY = jax.random.key(0)
HOMES = ("nnx", "linen")

LEARNED = ("PReLU", "JumpReLU", "SReLU", "APL", "PELU", "XIELU", "AconC", "ParametricSwish")
GATED = ("GLU", "ReGLU", "GEGLU", "SwiGLU", "ClampedSwiGLU", "Bilinear")
WITHOUT_RNGS = ("CReLU", "Maxout", "Activation")

# The arguments that have no default.
NEEDED = {"FReLU": {"num_features": 6}, "DyReLU": {"num_features": 6}, "Maxout": {"num_pieces": 2}}
NEEDED |= {name: {"features": 6} for name in GATED} | {"FeedForward": {"hidden_features": 6}}

# First values that need no drawing, where others take their place.
QUICK = {name: {"kernel_init": 0.0} for name in ("FReLU", "DyReLU", "FeedForward", *GATED)} | {
    "APL": {"slopes_init": 0.1, "offsets_init": 0.1},
    "AconC": {"p1_init": 0.5, "p2_init": 1.0},
}


def softplus(p: jax.Array) -> jax.Array:
    return jaxrelu.softplus(p.astype("float32"))


# Each learned module: its arguments, and its function of x and the parameters lying along the axis.
FUNCTIONS: dict[str, tuple[dict[str, Any], Callable[..., jax.Array]]] = {
    "PReLU": ({}, lambda x, negative_slope: jaxrelu.leaky_relu(x, negative_slope)),
    "JumpReLU": (
        {"bandwidth": 2.0},
        lambda x, log_threshold: jaxrelu.jump_relu(x, jnp.exp(log_threshold.astype("float32")), 2.0),
    ),
    "SReLU": ({"right_slope_init": 0.5}, jaxrelu.srelu),
    "APL": ({"hinges": 2}, jaxrelu.apl),
    "PELU": ({}, jaxrelu.pelu),
    "XIELU": ({}, lambda x, alpha_p, alpha_n: jaxrelu.xielu(x, softplus(alpha_p), softplus(alpha_n) + 0.5)),
    "AconC": ({}, jaxrelu.acon_c),
    "ParametricSwish": ({}, jaxrelu.parametric_swish),
}


def make(home: str, name: str, /, **arguments: Any) -> Any:
    """The module of this name, with what NNX needs besides."""
    if home == "linen":
        return getattr(jaxrelu.linen, name)(**arguments)
    if name not in WITHOUT_RNGS:
        arguments = {"rngs": flax.nnx.Rngs(0)} | arguments
    if name in (*GATED, "FeedForward"):
        arguments = {"in_features": 6} | arguments
    return getattr(jaxrelu.nnx, name)(**arguments)


def call(home: str, name: str, x: Any, /, **arguments: Any) -> Any:
    """The result of a new module, for x."""
    model = make(home, name, **arguments)
    return model(x) if home == "nnx" else model.init_with_output(KEY, x)[0]


def parameters(home: str, name: str, x: Any, /, **arguments: Any) -> Any:
    """The parameters of a new module as a dict, shapes alone in Linen."""
    if name == "FReLU":
        arguments = {"use_running_average": True} | arguments
    model = make(home, name, **arguments)
    if home == "nnx":
        return flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param))
    return jax.eval_shape(model.init, KEY, x).get("params", {})


def described(values: Any) -> Any:
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype.name), values)


def filled(shapes: Any) -> Any:
    """Parameters of these shapes: kernels drawn, the others positive, increasing by name and by channel."""
    draw = np.random.default_rng(0)
    names = sorted({path[-1].key for path, _ in jax.tree.leaves_with_path(shapes)})

    def fill(path: Any, leaf: Any) -> jax.Array:
        if path[-1].key == "kernel":
            return jnp.asarray(draw.normal(size=leaf.shape) / 2, leaf.dtype)
        start = 0.2 + 0.2 * names.index(path[-1].key)
        return jnp.asarray(np.linspace(start, start + 0.1, leaf.size).reshape(leaf.shape), leaf.dtype)

    return jax.tree.map_with_path(fill, shapes)


class Bound(NamedTuple):
    """A function of x and parameters, its parameters, and how their gradient is read as a dict."""

    function: Callable[[Any, Any], Any]
    values: Any
    read: Callable[[Any], Any] = dict


def bound(home: str, name: str, values: Any, /, **arguments: Any) -> Bound:
    """The module with these values of its parameters; without normalisation by stored statistics."""
    if home == "nnx":
        return _bound_in_nnx(name, values, arguments)
    if name == "FReLU":
        arguments = {"use_running_average": False} | arguments
    model = getattr(jaxrelu.linen, name)(**arguments)
    rest = {"batch_stats": {"norm": {"mean": jnp.zeros(6), "var": jnp.ones(6)}}} if name == "FReLU" else {}
    return Bound(lambda x, v: model.apply({"params": v, **rest}, x, mutable=["batch_stats"])[0], values)


def _bound_in_nnx(name: str, values: Any, arguments: dict[str, Any]) -> Bound:
    model = make("nnx", name, **QUICK.get(name, {}), **arguments)
    graph, state, rest = flax.nnx.split(model, flax.nnx.Param, ...)
    assert described(flax.nnx.to_pure_dict(state)) == described(values)
    flax.nnx.replace_by_pure_dict(state, values)
    return Bound(
        lambda x, state: flax.nnx.merge(graph, state, rest, copy=True)(x), state, flax.nnx.to_pure_dict
    )


def evaluated(made: Bound, x: Any, jit: Callable[[Any], Any] = jax.jit) -> dict[str, Any]:
    """Output, and the gradients by input and parameters, for one cotangent."""

    def both(x: Any, values: Any) -> Any:
        y, pullback = jax.vjp(made.function, x, values)
        cotangent = jnp.asarray(np.cos(np.arange(y.size)).reshape(y.shape), y.dtype)
        return y, *pullback(cotangent)

    y, dx, gradient = jit(both)(x, made.values)
    return {"y": y, "x": dx, **made.read(gradient)}


def assert_same(got: Any, want: Any) -> None:
    """To the bit, and in the same dtypes."""
    assert described(got) == described(want)
    jax.tree.map(np.testing.assert_array_equal, got, want)
