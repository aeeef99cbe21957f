"""Every Flax module is its function, with the same gradients, in NNX and in Linen alike."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
import jaxrelu.nnx
from jaxrelu._functions.gated import sigmoid_glu
from tests.support.modules import (
    FUNCTIONS,
    GATED,
    HOMES,
    LEARNED,
    Bound,
    X,
    assert_same,
    bound,
    call,
    evaluated,
    filled,
    parameters,
)

PER_CHANNEL = {"num_features": 6}
LAST_BUT_ONE = {"num_features": 4, "axis": -2}
DTYPES = [("float32", "float32"), ("bfloat16", "float32"), ("float32", "bfloat16")]
UNITS = {
    "GLU": sigmoid_glu,
    "ReGLU": jaxrelu.reglu,
    "GEGLU": jaxrelu.geglu,
    "SwiGLU": jaxrelu.swiglu,
    "ClampedSwiGLU": jaxrelu.clamped_swiglu,
    "Bilinear": jaxrelu.bilinear,
}


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize(
    ("dtype", "param_dtype", "channels"),
    [
        ("float32", "float32", {}),
        ("bfloat16", "float32", PER_CHANNEL),
        ("float32", "bfloat16", LAST_BUT_ONE),
        ("float16", "bfloat16", {}),
    ],
)
def test_a_learned_module_is_its_function(
    name: str, dtype: str, param_dtype: str, channels: dict[str, Any]
) -> None:
    arguments, function = FUNCTIONS[name]
    arguments = arguments | channels | {"param_dtype": param_dtype}
    x = X.astype(dtype)
    values = filled(parameters("linen", name, x, **arguments))

    def along(v: jax.Array) -> jax.Array:
        if channels is LAST_BUT_ONE:
            return v[..., None]
        return v.reshape(*v.shape[:-1], 1, 6) if channels else v

    want = Bound(lambda x, values: function(x, **jax.tree.map(along, values)), values)
    want = evaluated(want, x, jit=lambda both: both)  # the functions are compiled, once for all three
    assert want["y"].dtype == want["x"].dtype == dtype
    for home in HOMES:
        assert_same(evaluated(bound(home, name, values, **arguments), x, jit=lambda both: both), want)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_module_takes_integers_and_casts_to_its_dtype(home: str, name: str) -> None:
    arguments = FUNCTIONS[name][0]
    assert call(home, name, jnp.arange(-2, 3), **arguments).dtype == jnp.float32
    assert call(home, name, X, **arguments, dtype="bfloat16").dtype == jnp.bfloat16


@pytest.mark.parametrize(
    ("name", "dtype", "param_dtype"),
    [(name, "bfloat16", "float32") for name in GATED] + [("SwiGLU", *dtypes) for dtypes in DTYPES[::2]],
)
def test_a_gated_unit_is_its_function_of_two_projections(name: str, dtype: str, param_dtype: str) -> None:
    arguments = {"features": 5, "use_bias": param_dtype == "float32", "param_dtype": param_dtype}
    x = X.astype(dtype)
    values = filled(parameters("linen", name, x, **arguments))

    def projected(x: jax.Array, values: Any) -> jax.Array:
        product = x @ values["kernel"].astype(x.dtype)
        return product + values["bias"].astype(x.dtype)[None] if "bias" in values else product

    want = Bound(lambda x, v: UNITS[name](projected(x, v["gate"]), projected(x, v["value"])), values)
    want = evaluated(want, x)
    assert want["y"].dtype == want["x"].dtype == dtype
    for home in HOMES:
        assert_same(evaluated(bound(home, name, values, **arguments), x), want)


@pytest.mark.parametrize("gate_first", [True, False])
@pytest.mark.parametrize("packing", ["halves", "interleaved"])
@pytest.mark.parametrize("name", ["ClampedSwiGLU", "GEGLU"])
def test_a_packed_unit_is_that_of_two_projections(name: str, packing: str, gate_first: bool) -> None:
    """With the same numbers in one kernel: values and gradients."""
    both = {"features": 5, "use_bias": True}
    values = filled(parameters("linen", name, X, **both))
    order = ("gate", "value") if gate_first else ("value", "gate")

    def join(first: jax.Array, second: jax.Array) -> jax.Array:
        if packing == "halves":
            return jnp.concatenate([first, second], -1)
        return jnp.stack([first, second], -1).reshape(*first.shape[:-1], -1)

    def joined(values: Any) -> Any:
        return {"packed": jax.tree.map(join, *(values[part] for part in order))}

    want = evaluated(bound("linen", name, values, **both), X)
    want = {"y": want["y"], "x": want["x"], **joined(want)}
    for home in HOMES:
        arguments = both | {"packing": packing, "gate_first": gate_first}
        got = evaluated(bound(home, name, joined(values), **arguments), X)
        assert got.keys() == want.keys()
        # Another order of the sums in the product of matrices.
        jax.tree.map(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-5, atol=1e-5), got, want)


@pytest.mark.parametrize("unit", ["glu", "swiglu", "clamped_swiglu", lambda gate, value: gate - value])
def test_a_feed_forward_block_is_a_unit_and_a_way_back(unit: Any) -> None:
    arguments = {"hidden_features": 5, "out_features": 3, "use_bias": True, "unit": unit}
    values = filled(parameters("linen", "FeedForward", X, **arguments))
    names = {"glu": "GLU", "swiglu": "SwiGLU", "clamped_swiglu": "ClampedSwiGLU"}
    function = UNITS[names[unit]] if isinstance(unit, str) else unit

    def projected(x: jax.Array, values: Any) -> jax.Array:
        return x @ values["kernel"] + values["bias"][None]

    def block(x: jax.Array, v: Any) -> jax.Array:
        return projected(function(projected(x, v["gate"]), projected(x, v["value"])), v["down"])

    want = evaluated(Bound(block, values), X)
    assert want["y"].shape == (4, 3)
    for home in HOMES:
        assert_same(evaluated(bound(home, "FeedForward", values, **arguments), X), want)


@pytest.mark.parametrize("home", HOMES)
def test_a_feed_forward_block_leads_back_to_its_input_and_may_be_packed(home: str) -> None:
    packed = parameters(home, "FeedForward", X, hidden_features=5, packing="interleaved")
    assert jax.tree.map(jnp.shape, packed) == {"packed": {"kernel": (6, 10)}, "down": {"kernel": (5, 6)}}
    assert call(home, "FeedForward", X.astype("bfloat16"), hidden_features=5).shape == X.shape
    assert call(home, "FeedForward", X.astype("bfloat16"), hidden_features=5).dtype == "bfloat16"


@pytest.mark.parametrize("home", HOMES)
def test_clamped_swiglu_takes_its_numbers(home: str) -> None:
    values = filled(parameters("linen", "ClampedSwiGLU", X, features=5))
    gate, value = (X @ values[part]["kernel"] for part in ("gate", "value"))
    unit = bound(home, "ClampedSwiGLU", values, features=5, limit=0.5, alpha=1.0)
    want = jaxrelu.clamped_swiglu(gate, value, limit=0.5, alpha=1.0)
    np.testing.assert_array_equal(unit.function(X, unit.values), want)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("shape", [(4, 1), (4, 6), (1, 6), ()])
def test_prelu_has_slopes_of_any_shape(home: str, shape: tuple[int, ...]) -> None:
    values = filled(parameters("linen", "PReLU", X, slope_shape=shape))
    assert values["negative_slope"].shape == shape
    prelu = bound(home, "PReLU", values, slope_shape=shape)
    got = evaluated(prelu, X)
    want = evaluated(Bound(lambda x, v: jaxrelu.prelu(x, v["negative_slope"]), values), X)
    assert_same(got, want)


def test_glu_is_the_function_of_both_halves() -> None:
    values = filled(parameters("linen", "GLU", X, features=5))
    halves = [X @ values[name]["kernel"] for name in ("value", "gate")]
    glu = bound("linen", "GLU", values, features=5)
    np.testing.assert_array_equal(glu.function(X, glu.values), jaxrelu.glu(jnp.concatenate(halves, -1)))


@pytest.mark.parametrize("home", HOMES)
def test_geglu_takes_either_gelu(home: str) -> None:
    values = filled(parameters("linen", "GEGLU", X, features=5))
    want = jaxrelu.geglu(X @ values["gate"]["kernel"], X @ values["value"]["kernel"], approximate=False)
    geglu = bound(home, "GEGLU", values, features=5, approximate=False)
    np.testing.assert_array_equal(geglu.function(X, geglu.values), want)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("axis", [-1, 0])
def test_modules_of_channels_are_their_functions(home: str, axis: int) -> None:
    np.testing.assert_array_equal(call(home, "CReLU", X, axis=axis), jaxrelu.crelu(X, axis))
    np.testing.assert_array_equal(
        call(home, "Maxout", X, num_pieces=2, axis=axis), jaxrelu.maxout(X, 2, axis)
    )


# -- Activation -------------------------------------------------------------------------------------

NAMES = [name for name, row in jaxrelu.catalogue().items() if not (row.example or row.partners)]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("name", NAMES)
def test_activation_is_the_function_by_name_and_by_function(home: str, name: str) -> None:
    row = jaxrelu.catalogue()[name]
    for got in (
        call(home, "Activation", X, function=name),
        call(home, "Activation", X, function=row.function, **row.arguments),
    ):
        np.testing.assert_array_equal(got, row.bound(X))


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("function", ["leaky_relu", jaxrelu.leaky_relu])
def test_activation_with_parameters(home: str, function: Any) -> None:
    got = call(home, "Activation", X, function=function, negative_slope=0.5)
    np.testing.assert_array_equal(got, jaxrelu.leaky_relu(X, 0.5))


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(
    "function",
    [
        jaxrelu.with_residual(jaxrelu.elu, "output"),
        jaxrelu.forward_mode(jaxrelu.relu),
        jnp.tanh,
        lambda *x: jnp.abs(*x),
        jaxrelu.nnx.CReLU(),
    ],
)
def test_activation_takes_the_twins_and_any_other_function(home: str, function: Any) -> None:
    np.testing.assert_array_equal(call(home, "Activation", X, function=function), function(X))
