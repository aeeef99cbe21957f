"""What the Flax modules refuse, at construction and for an input, and in which words."""

from typing import Any

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import pytest

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from tests.support.modules import (
    GATED,
    HOMES,
    IMAGES,
    LEARNED,
    NEEDED,
    X,
    call,
    make,
)

POSITIVE = "a positive integer"
FIRST = "a number or an initializer (key, shape, dtype)"

# What is refused at construction, for its type or for its value: the module, an argument, what was given, and
# the words for what is allowed.
OF_WRONG_TYPE: list[tuple[str, str, Any, str]] = [
    *(("PReLU", "num_features", value, f"{POSITIVE} or None") for value in (2.5, 3.0, "3", (3,), True)),
    *((name, "features", 3.0, POSITIVE) for name in GATED),
    *(("PReLU", "negative_slope_init", value, FIRST) for value in ("a", None, [0.1], 1j)),
    *((name, "kernel_init", "he", FIRST) for name in (*GATED, "FReLU", "DyReLU")),
    ("AconC", "p1_init", "x", FIRST),
    ("SwiGLU", "bias_init", None, FIRST),
    *((name, "param_dtype", "foo", "a dtype of floats") for name in (*LEARNED, *GATED, "FReLU", "DyReLU")),
    *(("PELU", "param_dtype", value, "a dtype of floats") for value in ("complex64", int, None)),
    *(("PReLU", "dtype", value, "a dtype of floats or None") for value in ("foo", "complex64", int)),
    *((name, "axis", 1.5, "an integer") for name in (*LEARNED, "CReLU", "Maxout")),
    *(("CReLU", "axis", value, "an integer") for value in ("a", None)),
    *(("Maxout", "num_pieces", value, POSITIVE) for value in (2.5, "a", None, True)),
    ("APL", "hinges", 2.5, POSITIVE),
    ("XIELU", "beta", "a", "a number"),
    ("JumpReLU", "bandwidth", None, "a positive number"),
    ("PReLU", "slope_shape", 6, "broadcasts to that of the input"),
    ("ClampedSwiGLU", "limit", "a", "a positive number"),
    *((name, "packing", True, "None, 'halves' or 'interleaved'") for name in GATED),
    ("GLU", "gate_first", "value", "True or False"),
    ("FeedForward", "hidden_features", 2.5, POSITIVE),
    ("FeedForward", "out_features", 2.5, f"{POSITIVE} or None"),
    ("FeedForward", "unit", None, "a name or a function of gate and value"),
    *(("RReLU", argument, "a", "a number") for argument in ("lower", "upper")),
    ("RReLU", "deterministic", "no", "True, False or None"),
    ("RReLU", "rng_collection", 3, "a string"),
    ("FReLU", "kernel_size", 3, "one for each spatial axis"),
    ("FReLU", "momentum", "a", "a number"),
    ("DyReLU", "lambda_a", "a", "a number"),
    ("SwiGLU", "use_bias", "no", "True or False"),
]
OF_WRONG_VALUE: list[tuple[str, str, Any, str]] = [
    *((name, "num_features", 0, POSITIVE) for name in (*LEARNED, "FReLU", "DyReLU")),
    *((name, "features", 0, POSITIVE) for name in GATED),
    ("Maxout", "num_pieces", 0, POSITIVE),
    ("APL", "hinges", 0, POSITIVE),
    *(("PELU", "alpha_init", value, "greater than 0") for value in (-1, 0.0, float("nan"))),
    *(("XIELU", "alpha_n_init", value, "greater than 0.5") for value in (0.1, 0.5)),
    ("RReLU", "lower", 0.5, "at most upper"),
    *(("ClampedSwiGLU", argument, 0.0, "a positive number") for argument in ("limit", "alpha")),
    ("JumpReLU", "bandwidth", -1.0, "a positive number"),
    ("PReLU", "slope_shape", (0, 6), "positive integers"),
    ("FeedForward", "hidden_features", 0, POSITIVE),
    ("FeedForward", "out_features", 0, f"{POSITIVE} or None"),
    ("FeedForward", "unit", "swiglo", "did you mean swiglu"),
    ("SwiGLU", "packing", "half", "None, 'halves' or 'interleaved'"),
    ("FReLU", "kernel_size", (3, 0), "positive integers"),
    ("DyReLU", "variant", "C", "'A' or 'B'"),
    *(("DyReLU", argument, 0, POSITIVE) for argument in ("num_pieces", "reduction")),
]
REFUSED = [(TypeError, *case) for case in OF_WRONG_TYPE] + [(ValueError, *case) for case in OF_WRONG_VALUE]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(("error", "name", "argument", "value", "allowed"), REFUSED)
def test_an_argument_is_refused_at_construction(
    home: str, error: type[Exception], name: str, argument: str, value: Any, allowed: str
) -> None:
    with pytest.raises(error) as raised:
        make(home, name, **NEEDED.get(name, {}) | {argument: value})
    message = str(raised.value)
    assert message.startswith(f"{name}: {argument} must be ")
    assert allowed in message
    assert f", got {value!r}" in message


# What only the input can tell: the module, its arguments, the input, and words of the message.
UNFIT: list[tuple[str, dict[str, Any], Any, list[str]]] = [
    *((name, {"num_features": 5}, X, ["num_features must be 6", "got 5"]) for name in (*LEARNED, "DyReLU")),
    ("PReLU", {"slope_shape": (4, 5)}, X, ["slope_shape must broadcast to the shape (4, 6)", "got (4, 5)"]),
    ("PReLU", {"slope_shape": (2, 4, 6)}, X, ["slope_shape must broadcast", "got (2, 4, 6)"]),
    ("PReLU", {"slope_shape": (6,), "num_features": 6}, X, ["one of num_features and slope_shape"]),
    ("PELU", {"num_features": 6, "axis": 0}, X, ["num_features must be 4", "axis 0", "got 6"]),
    ("FReLU", {"num_features": 5}, IMAGES, ["num_features must be 6", "got 5"]),
    ("AconC", {"num_features": 6, "axis": 2}, X, ["axis must be", "from -2 to 1", "got 2"]),
    ("FReLU", {"num_features": 6}, X, ["at least 3 axes", "2 spatial", "(4, 6)"]),
    ("DyReLU", {"num_features": 6}, X[0], ["at least 2 axes", "(6,)"]),
    ("GLU", {"features": 8}, jnp.float32(1.0), ["x must have at least 1 axes", "got shape ()"]),
    *(("PReLU", {}, x, ["x must be an array", f"got {type(x).__name__}"]) for x in (None, "a", object())),
    *((name, NEEDED[name], "a", ["x must be an array", "got str"]) for name in ("GLU", "FReLU", "DyReLU")),
    *(
        (name, NEEDED[name], X.astype(complex), ["x must be an array", "complex64"])
        for name in ("GLU", "DyReLU")
    ),
]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(("name", "arguments", "x", "words"), UNFIT)
def test_an_input_is_refused(
    home: str, name: str, arguments: dict[str, Any], x: Any, words: list[str]
) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        call(home, name, x, **arguments)
    for word in (f"{name}: ", *words):
        assert word in str(error.value)


ACTIVATIONS: list[tuple[Any, dict[str, Any], list[str]]] = [
    ("prelu", {}, ["prelu needs negative_slope"]),
    ("reglu", {}, ["reglu needs value"]),
    ("gelu", {"approx": False}, ["gelu takes no argument approx", "takes approximate besides x"]),
    (jaxrelu.relu, {"slope": 1}, ["relu takes no argument slope", "takes x alone"]),
    (None, {}, ["function must be a name or a function", "got NoneType"]),
]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(("function", "arguments", "words"), ACTIVATIONS)
def test_activation_refuses_at_construction(
    home: str, function: Any, arguments: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(TypeError) as error:
        make(home, "Activation", function=function, **arguments)
    for word in ("Activation: ", *words):
        assert word in str(error.value)


def test_rngs_that_are_missing_or_wrong() -> None:
    for name, argument in {"AconC": "p1_init", "APL": "slopes_init"}.items():
        with pytest.raises(ValueError, match=f"{name}: rngs must be given, for {argument} is an initializer"):
            make("nnx", name, rngs=None)
    for name in (*GATED, "FReLU", "DyReLU"):
        arguments = dict.fromkeys(("in_features", "features") if name in GATED else ("num_features",), 6)
        for rngs in (5, None):
            with pytest.raises(TypeError, match=rf"{name}: rngs must be an nnx.Rngs, .* got {rngs}"):
                getattr(jaxrelu.nnx, name)(**arguments, rngs=rngs)
        with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing .* 'rngs'"):
            getattr(jaxrelu.nnx, name)(**arguments)
    no_rngs: Any = 5
    with pytest.raises(TypeError, match=r"PReLU: rngs must be an nnx.Rngs, .* got 5"):
        jaxrelu.nnx.PReLU(jax.nn.initializers.uniform(), rngs=no_rngs)


def test_what_rrelu_needs_to_train() -> None:
    for model in (jaxrelu.nnx.RReLU(), jaxrelu.nnx.RReLU(deterministic=None)):
        with pytest.raises(
            ValueError, match=r"RReLU: (rngs|deterministic) must be given to the module or to the call"
        ):
            model(X)
    with pytest.raises(ValueError, match="RReLU: deterministic must be given"):
        jaxrelu.linen.RReLU().apply({}, X)
    with pytest.raises(TypeError, match="RReLU: deterministic must be True, False or None, got 'no'"):
        jaxrelu.linen.RReLU().apply({}, X, deterministic="no")
    with pytest.raises(ValueError, match=r"RReLU: rngs of apply must have a key 'rrelu'"):
        jaxrelu.linen.RReLU().apply({}, X, deterministic=False)
    with pytest.raises(ValueError, match=r"RReLU: rngs must have a stream 'rrelu' or 'default', got params"):
        jaxrelu.nnx.RReLU(rngs=flax.nnx.Rngs(params=0))
    number: Any = 3
    for refused in (lambda: jaxrelu.nnx.RReLU(rngs=number), lambda: jaxrelu.nnx.RReLU()(X, rngs=number)):
        with pytest.raises(TypeError, match=r"RReLU: rngs must be an nnx.Rngs, an nnx.RngStream.* got int"):
            refused()


def test_a_unit_for_another_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"SwiGLU: in_features must be 6.* got 5"):
        call("nnx", "SwiGLU", X, in_features=5, features=6)
    for value in (0, 3.0):
        with pytest.raises(
            (TypeError, ValueError), match=rf"GLU: in_features must be a positive integer, got {value}"
        ):
            make("nnx", "GLU", in_features=value, features=6)


@pytest.mark.parametrize("home", HOMES)
def test_a_number_of_channels_for_the_slope_is_warned_of(home: str) -> None:
    with pytest.warns(UserWarning, match=r"PReLU: negative_slope_init.* is 64; .* PReLU\(num_features=64\)"):
        make(home, "PReLU", negative_slope_init=64)
    for slope in (64.0, 0, 1):  # warnings are errors
        make(home, "PReLU", negative_slope_init=slope)
