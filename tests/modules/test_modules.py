"""The Flax modules, property by property, in NNX and in Linen alike."""

import doctest
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxrelu
import jaxrelu.linen
import jaxrelu.masks
import jaxrelu.nnx
from jaxrelu._functions.gated import sigmoid_glu
from tests.support.modules import (
    GATED,
    HOMES,
    IMAGES,
    KEY,
    LEARNED,
    QUICK,
    Bound,
    X,
    assert_same,
    bound,
    call,
    evaluated,
    filled,
    make,
    parameters,
)

PER_CHANNEL = {"num_features": 6}
LAST_BUT_ONE = {"num_features": 4, "axis": -2}
DTYPES = [("float32", "float32"), ("bfloat16", "float32"), ("float32", "bfloat16")]


def softplus(p: jax.Array) -> jax.Array:
    return jaxrelu.softplus(p.astype("float32"))


# Each learned module: its arguments, and its function of x and the parameters lying along the axis.
FUNCTIONS: dict[str, tuple[dict[str, Any], Callable[..., jax.Array]]] = {
    "PReLU": ({}, lambda x, negative_slope: jaxrelu.leaky_relu(x, negative_slope)),
    "SReLU": ({"right_slope_init": 0.5}, jaxrelu.srelu),
    "APL": ({"hinges": 2}, jaxrelu.apl),
    "PELU": ({}, jaxrelu.pelu),
    "XIELU": ({}, lambda x, alpha_p, alpha_n: jaxrelu.xielu(x, softplus(alpha_p), softplus(alpha_n) + 0.5)),
    "AconC": ({}, jaxrelu.acon_c),
    "ParametricSwish": ({}, jaxrelu.parametric_swish),
}
UNITS = {
    "GLU": sigmoid_glu,
    "ReGLU": jaxrelu.reglu,
    "GEGLU": jaxrelu.geglu,
    "SwiGLU": jaxrelu.swiglu,
    "Bilinear": jaxrelu.bilinear,
}

# -- the parameters, whose paths saved checkpoints hold ----------------------------------------------

PARAMETERS = {
    "PReLU": {"negative_slope"},
    "SReLU": {"left_threshold", "left_slope", "right_threshold", "right_slope"},
    "APL": {"slopes", "offsets"},
    "PELU": {"alpha", "beta"},
    "XIELU": {"alpha_p", "alpha_n"},
    "AconC": {"p1", "p2", "beta"},
    "ParametricSwish": {"beta"},
}


def projection(*shape: int) -> dict[str, Any]:
    return {"kernel": shape, "bias": shape[-1:]}


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("name", [*LEARNED, *GATED, "FReLU", "DyReLU"])
def test_parameters_have_these_paths_and_shapes(home: str, name: str) -> None:
    arguments: dict[str, Any] = {"num_features": 6}
    if name in LEARNED:
        own = (2,) if name == "APL" else ()
        arguments |= FUNCTIONS[name][0]
        want: dict[str, Any] = dict.fromkeys(PARAMETERS[name], (*own, 6))
    elif name in GATED:
        arguments = {"features": 5, "use_bias": True}
        want = {"gate": projection(6, 5), "value": projection(6, 5)}
    elif name == "FReLU":
        want = {"condition": {"kernel": (3, 3, 1, 6)}, "norm": {"scale": (6,), "bias": (6,)}}
    else:
        arguments |= {"num_pieces": 3, "reduction": 3}
        want = {"reduce": projection(6, 2), "expand": projection(2, 36)}
    got = parameters(home, name, IMAGES, **arguments, param_dtype="bfloat16")
    assert jax.tree.map(jnp.shape, got) == want
    norm = got.pop("norm", {})  # in float32, like its statistics
    assert {leaf.dtype.name for leaf in jax.tree.leaves(got)} == {"bfloat16"}
    assert {leaf.dtype.name for leaf in jax.tree.leaves(norm)} <= {"float32"}


def test_the_mask_knows_every_parameter_that_shapes_a_function() -> None:
    assert set().union(*PARAMETERS.values()) == jaxrelu.masks.SHAPE_PARAMETERS


def test_both_homes_have_the_same_modules() -> None:
    assert jaxrelu.nnx.__all__ == jaxrelu.linen.__all__


# -- value and gradients ----------------------------------------------------------------------------


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


def frelu_formula(x: jax.Array, values: Any) -> jax.Array:
    """max(x, normalised depthwise convolution), the window written out."""
    kernel = values["condition"]["kernel"]
    padded = jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = [padded[:, i : i + x.shape[1], j : j + x.shape[2]] for i in range(3) for j in range(3)]
    condition = sum(w * k for w, k in zip(windows, kernel.reshape(9, 1, 1, 1, -1), strict=True))
    mean, variance = (f(condition, (0, 1, 2), keepdims=True) for f in (jnp.mean, jnp.var))
    scale, bias = (values["norm"][k].reshape(1, 1, 1, -1) for k in ("scale", "bias"))
    return jnp.maximum(x, (condition - mean) / jnp.sqrt(variance + 1e-5) * scale + bias)


def dyrelu_formula(variant: str, lines: int, x: jax.Array, values: Any) -> jax.Array:
    hidden = jnp.maximum(x.mean((1, 2)) @ values["reduce"]["kernel"] + values["reduce"]["bias"][None], 0)
    theta = 2 * jax.nn.sigmoid(hidden @ values["expand"]["kernel"] + values["expand"]["bias"][None]) - 1
    theta = theta.reshape(len(x), 2, lines, 1, 1, 6 if variant == "B" else 1)
    a, b = theta[:, 0] + jnp.eye(lines)[0].reshape(1, lines, 1, 1, 1), 0.5 * theta[:, 1]
    return (a * x[:, None] + b).max(1)


SPATIAL: dict[str, tuple[str, dict[str, Any], Callable[..., jax.Array]]] = {
    "FReLU": ("FReLU", {}, frelu_formula),
    "DyReLU, A": ("DyReLU", {"variant": "A"}, functools.partial(dyrelu_formula, "A", 2)),
    "DyReLU, B": ("DyReLU", {"variant": "B"}, functools.partial(dyrelu_formula, "B", 2)),
    "DyReLU, three lines": ("DyReLU", {"num_pieces": 3}, functools.partial(dyrelu_formula, "B", 3)),
}


@pytest.mark.parametrize("case", SPATIAL)
def test_a_module_of_images_is_its_formula(case: str) -> None:
    name, arguments, formula = SPATIAL[case]
    arguments = arguments | {"num_features": 6} | ({"reduction": 3} if name == "DyReLU" else {})
    values = filled(parameters("linen", name, IMAGES, **arguments))
    want = evaluated(Bound(formula, values), IMAGES)
    got = evaluated(bound("linen", name, values, **arguments), IMAGES)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), got, want)


@pytest.mark.parametrize("case", ["FReLU", "DyReLU, A", "DyReLU, B"])
@pytest.mark.parametrize(("dtype", "param_dtype"), DTYPES)
def test_a_module_of_images_is_the_same_in_both(case: str, dtype: str, param_dtype: str) -> None:
    name, arguments, _ = SPATIAL[case]
    arguments = arguments | {"num_features": 6, "param_dtype": param_dtype}
    x = IMAGES.astype(dtype)
    values = filled(parameters("linen", name, x, **arguments))
    want = evaluated(bound("linen", name, values, **arguments), x)
    assert want["y"].dtype == want["x"].dtype == dtype
    assert_same(evaluated(bound("nnx", name, values, **arguments), x), want)


def test_frelu_trains_and_evaluates() -> None:
    linen = jaxrelu.linen.FReLU()
    values = filled(parameters("linen", "FReLU", IMAGES))
    statistics = {"norm": {"mean": jnp.zeros(6), "var": jnp.ones(6)}}
    variables = {"params": values, "batch_stats": statistics}
    _, updated = linen.apply(variables, IMAGES, use_running_average=False, mutable=["batch_stats"])
    evaluation = linen.apply({**variables, **updated}, IMAGES, use_running_average=True)

    nnx = make("nnx", "FReLU", num_features=6, kernel_init=0.0)
    nnx.condition.kernel[...] = values["condition"]["kernel"]
    nnx.norm.scale[...], nnx.norm.bias[...] = values["norm"]["scale"], values["norm"]["bias"]
    nnx(IMAGES)
    for _ in range(2):  # evaluation leaves the statistics as they are
        for name, statistic in updated["batch_stats"]["norm"].items():
            np.testing.assert_array_equal(getattr(nnx.norm, name)[...], statistic)
        nnx.eval()
        np.testing.assert_array_equal(nnx(IMAGES), evaluation)
    assert (nnx(IMAGES, use_running_average=False) != evaluation).any()


def test_frelu_on_sequences_and_with_nan() -> None:
    model = make("nnx", "FReLU", num_features=6, kernel_size=(5,), kernel_init=0.5)
    model.eval()
    assert model(IMAGES[0]).shape == (4, 5, 6)
    y = model(IMAGES[0].at[0, 0, 0].set(jnp.nan))
    assert jnp.isnan(y[0, :3, 0]).all()
    assert jnp.isfinite(y[1:]).all()


def test_dyrelu_without_dynamics_is_relu() -> None:
    model = make("nnx", "DyReLU", num_features=6, kernel_init=0.0)
    for x in (X, IMAGES):
        np.testing.assert_array_equal(model(x), jaxrelu.relu(x))
    got, want = (jax.jit(jax.grad(lambda x, f=f: f(x).sum()))(X) for f in (model, jaxrelu.relu))
    np.testing.assert_array_equal(got, want)


def test_dyrelu_keeps_its_input_in_its_own_dtype() -> None:
    values = filled(parameters("linen", "DyReLU", IMAGES, reduction=3))
    dyrelu = bound("linen", "DyReLU", values, reduction=3)
    _, pullback = jax.vjp(dyrelu.function, IMAGES.astype("bfloat16"), values)
    kept = [leaf for leaf in jax.tree.leaves(pullback) if leaf.size >= IMAGES.size]
    assert [(leaf.shape, leaf.dtype) for leaf in kept] == [(IMAGES.shape, jnp.bfloat16)]


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


# -- first values -----------------------------------------------------------------------------------


def test_first_values() -> None:
    values = parameters("nnx", "SReLU", X)
    assert values == {
        "left_threshold": 0,
        "left_slope": np.float32(0.2),
        "right_threshold": 1,
        "right_slope": 1,
    }
    np.testing.assert_array_equal(jaxrelu.nnx.SReLU()(X), jaxrelu.leaky_relu(X, 0.2))
    np.testing.assert_array_equal(jaxrelu.nnx.PELU()(X), jaxrelu.pelu(X))
    np.testing.assert_array_equal(jaxrelu.nnx.ParametricSwish()(X), jaxrelu.parametric_swish(X))
    xielu = jaxrelu.nnx.XIELU()
    np.testing.assert_allclose(xielu.alpha_p[...], np.log(np.expm1(0.8)), rtol=1e-6)  # as in Hugging Face
    np.testing.assert_allclose(xielu.alpha_n[...], np.log(np.expm1(0.3)), rtol=1e-6)
    np.testing.assert_allclose(xielu(X), jaxrelu.xielu(X), rtol=1e-6, atol=1e-6)


def test_first_values_that_are_drawn() -> None:
    apl = jaxrelu.nnx.APL(5000, rngs=flax.nnx.Rngs(0))
    assert -0.5 <= apl.slopes[...].min() < -0.49 < 0.49 < apl.slopes[...].max() <= 0.5
    assert abs(apl.offsets[...].std() - 0.5) < 0.02
    acon = jaxrelu.nnx.AconC(num_features=5000, rngs=flax.nnx.Rngs(0))
    for p in (acon.p1[...], acon.p2[...]):
        assert abs(p.std() - 1.0) < 0.05
    assert (acon.p1[...] != acon.p2[...]).all()
    assert (acon.beta[...] == 1.0).all()


@pytest.mark.parametrize("home", HOMES)
def test_an_initializer_is_given_key_shape_and_dtype(home: str) -> None:
    given = []

    def init(key: jax.Array, shape: Any, dtype: Any) -> jax.Array:
        given.append((shape, jnp.dtype(dtype)))
        return jax.random.uniform(key, shape, dtype)

    parameters(home, "PReLU", X, negative_slope_init=init, num_features=6, param_dtype=jnp.bfloat16)
    assert given[0] == ((6,), jnp.bfloat16)


@pytest.mark.parametrize("home", HOMES)
def test_a_first_value_may_be_one_for_each_channel(home: str) -> None:
    model = {"negative_slope_init": np.linspace(0.1, 0.6, 6, dtype="float32"), "num_features": 6}
    want = jaxrelu.prelu(X, jnp.asarray(model["negative_slope_init"]))
    np.testing.assert_array_equal(call(home, "PReLU", X, **model), want)


@pytest.mark.parametrize("home", HOMES)
def test_an_initializer_of_xielu_is_that_of_the_curvature(home: str) -> None:
    def init(key: Any, shape: Any, dtype: Any) -> jax.Array:
        return jnp.linspace(1.0, 2.0, 6, dtype=dtype)

    got = call(home, "XIELU", X, alpha_n_init=init, num_features=6)
    want = jaxrelu.xielu(X, 0.8, init(None, None, "float32")[None])
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


def test_initializers_may_carry_metadata() -> None:
    assert (
        jaxrelu.nnx.PReLU(negative_slope_metadata={"decay": False}).negative_slope.get_metadata("decay")
        is False
    )
    init = flax.nnx.with_metadata(flax.nnx.initializers.constant(2.0), decay=False)
    model = jaxrelu.nnx.PELU(alpha_init=init, rngs=flax.nnx.Rngs(0))
    assert model.alpha.get_metadata()["decay"] is False
    assert model.alpha[...] == 2.0


def test_xielu_takes_a_partitioned_initializer() -> None:
    """Its first value is taken through softplus inside the box."""
    constant = jax.nn.initializers.constant(0.6)
    boxed: Any = flax.linen.with_partitioning(constant, ("model",))
    made: Any = jaxrelu.linen.XIELU(alpha_p_init=boxed, num_features=8).init(KEY, jnp.ones((2, 8)))
    linen = made["params"]
    assert linen["alpha_p"].names == ("model",)
    init = flax.nnx.with_partitioning(constant, ("model",))
    with jax.set_mesh(jax.make_mesh((1,), ("model",), (jax.sharding.AxisType.Auto,))):
        nnx = jaxrelu.nnx.XIELU(alpha_p_init=init, num_features=8, rngs=flax.nnx.Rngs(0))
    assert nnx.alpha_p.get_metadata("out_sharding") == ("model",)
    for raw in (nnx.alpha_p[...], linen["alpha_p"].value):
        np.testing.assert_allclose(softplus(raw), 0.6, rtol=1e-6)


# -- random slopes ----------------------------------------------------------------------------------


def test_rrelu_trains_and_evaluates_in_nnx() -> None:
    x = -jnp.ones((50,))
    model = jaxrelu.nnx.RReLU(0.1, 0.5, rngs=flax.nnx.Rngs(0, rrelu=7))
    first, second, mean = model(x), model(x), jaxrelu.rrelu(x, None, 0.1, 0.5)
    assert (first != second).all()
    assert ((first >= -0.5) & (first <= -0.1)).all()
    key = flax.nnx.Rngs(0, rrelu=7)["rrelu"].fork()()
    np.testing.assert_array_equal(first, jaxrelu.rrelu(x, key, 0.1, 0.5))
    np.testing.assert_array_equal(model(x, deterministic=True), mean)
    model.eval()
    np.testing.assert_array_equal(model(x), mean)
    model.train()
    assert (model(x) != model(x)).all()
    np.testing.assert_array_equal(flax.nnx.view(model, deterministic=True)(x), mean)


def test_rrelu_takes_keys_when_called_in_nnx() -> None:
    model, key = jaxrelu.nnx.RReLU(), jax.random.key(3)
    np.testing.assert_array_equal(model(X, rngs=key), jaxrelu.rrelu(X, key, 1 / 8, 1 / 3))
    want = jaxrelu.rrelu(X, flax.nnx.Rngs(rrelu=5).rrelu(), 1 / 8, 1 / 3)
    np.testing.assert_array_equal(model(X, rngs=flax.nnx.Rngs(rrelu=5)), want)
    named = jaxrelu.nnx.RReLU(rng_collection="noise", rngs=flax.nnx.Rngs(noise=1)["noise"])
    assert (named(-jnp.ones(9)) != named(-jnp.ones(9))).all()


def test_rrelu_draws_anew_under_nnx_jit() -> None:
    model = jaxrelu.nnx.RReLU(rngs=flax.nnx.Rngs(0))
    jitted = flax.nnx.jit(lambda model, x: model(x))
    assert (jitted(model, -jnp.ones(9)) != jitted(model, -jnp.ones(9))).all()


def test_rrelu_trains_and_evaluates_in_linen() -> None:
    model, key = jaxrelu.linen.RReLU(0.1, 0.5), jax.random.key(2)
    assert model.init(KEY, X, deterministic=True) == {}
    want = jaxrelu.rrelu(X, None, 0.1, 0.5)
    np.testing.assert_array_equal(model.apply({}, X, deterministic=True), want)
    np.testing.assert_array_equal(jaxrelu.linen.RReLU(0.1, 0.5, deterministic=True).apply({}, X), want)
    trained: Any = model.apply({}, X, deterministic=False, rngs={"rrelu": key})
    np.testing.assert_array_equal(trained, model.apply({}, X, deterministic=False, rngs={"rrelu": key}))
    assert (trained != want)[X < 0].all()
    np.testing.assert_array_equal(model.apply({}, X, False, key), jaxrelu.rrelu(X, key, 0.1, 0.5))
    noise = jaxrelu.linen.RReLU(0.1, 0.5, deterministic=False, rng_collection="noise")
    drawn: Any = noise.apply({}, X, rngs={"noise": key})
    assert drawn.shape == X.shape


# -- beside Flax's own ------------------------------------------------------------------------------


def test_parameters_of_flax_serve_ours_and_start_alike() -> None:
    theirs, ours = flax.linen.PReLU(negative_slope_init=0.1), jaxrelu.linen.PReLU(0.1)
    saved = theirs.init(KEY, X)
    assert_same(ours.init(KEY, X), saved)
    np.testing.assert_array_equal(ours.apply(saved, X), theirs.apply(saved, X))
    default = flax.linen.PReLU().init(KEY, X)
    assert_same(jaxrelu.linen.PReLU().init(KEY, X), default)
    theirs, ours = flax.nnx.PReLU(0.1), jaxrelu.nnx.PReLU()
    assert ours.negative_slope[...] == default["params"]["negative_slope"]
    state = flax.nnx.state(theirs, flax.nnx.Param)
    assert jax.tree.structure(state) == jax.tree.structure(flax.nnx.state(ours, flax.nnx.Param))
    flax.nnx.update(ours, state)
    np.testing.assert_array_equal(ours(X), theirs(X))


# -- weight decay -----------------------------------------------------------------------------------


class Everything(flax.nnx.Module):
    def __init__(self) -> None:
        learned = [make("nnx", name, num_features=6, **QUICK.get(name, {})) for name in LEARNED]
        self.learned = flax.nnx.List(learned)
        self.offsets = make("nnx", "SwiGLU", features=6, kernel_init=0.5)  # only parameters count by name


def check_shrunk(before: Any, after: Any) -> None:
    """Kernels and biases were decayed, and nothing else."""
    before, after = (dict(jax.tree.leaves_with_path(tree)) for tree in (before, after))
    assert before.keys() == after.keys()
    changes = {jax.tree_util.keystr(k): (before[k] != after[k]).any() for k in before if before[k].any()}
    assert len(changes) > 10
    for path, decayed in changes.items():
        assert decayed == ("kernel" in path or "bias" in path), path


def test_adamw_leaves_the_parameters_of_nnx_modules_alone() -> None:
    model = Everything()
    before = jax.tree.map(jnp.copy, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param)))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer
        optimizer = flax.nnx.Optimizer(model, tx, wrt=flax.nnx.Param)
        zeros = jax.tree.map(jnp.zeros_like, flax.nnx.state(model, flax.nnx.Param))
        flax.nnx.jit(lambda model, optimizer, zeros: optimizer.update(model, zeros))(model, optimizer, zeros)
    check_shrunk(before, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param)))


def test_adamw_leaves_the_parameters_of_linen_modules_alone() -> None:
    layers = [flax.linen.Dense(6), *(make("linen", name, num_features=6) for name in LEARNED)]
    layers += [jaxrelu.linen.SwiGLU(6), jaxrelu.linen.DyReLU()]
    before = filled(jax.eval_shape(flax.linen.Sequential(layers).init, KEY, X))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = jax.jit(tx.update)(jax.tree.map(jnp.zeros_like, before), tx.init(before), before)
        check_shrunk(before, optax.apply_updates(before, updates))


def test_the_mask_sees_through_boxes_and_lists() -> None:
    boxed = flax.linen.Partitioned(jnp.ones(2), ("channels",))
    mask = jaxrelu.masks.weight_decay_mask({"alpha": boxed, "kernel": boxed, "p1": [jnp.ones(2)]})
    assert jax.tree.leaves(mask) == [False, True, False]


def test_the_example_of_the_mask_runs() -> None:
    assert doctest.testmod(jaxrelu.masks).failed == 0


# -- bad input --------------------------------------------------------------------------------------

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
    ("FReLU", "kernel_size", (3, 0), "positive integers"),
    ("DyReLU", "variant", "C", "'A' or 'B'"),
    *(("DyReLU", argument, 0, POSITIVE) for argument in ("num_pieces", "reduction")),
]
REFUSED = [(TypeError, *case) for case in OF_WRONG_TYPE] + [(ValueError, *case) for case in OF_WRONG_VALUE]
NEEDED = {"FReLU": {"num_features": 6}, "DyReLU": {"num_features": 6}, "Maxout": {"num_pieces": 2}}
NEEDED |= {name: {"features": 6} for name in GATED}


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
    ("gelu", {"approx": False}, ["gelu takes no argument approx", "but approximate"]),
    (jaxrelu.relu, {"slope": 1}, ["relu takes no argument slope", "but none"]),
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


# -- what users see ---------------------------------------------------------------------------------


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("name", [name for name in jaxrelu.nnx.__all__ if name != "Activation"])
def test_help_describes_every_argument_in_order(home: str, name: str) -> None:
    module = getattr(getattr(jaxrelu, home), name)
    text = inspect.getdoc(module) or ""
    arguments = text[text.index("Args:\n" if "Args:\n" in text else "Attributes:\n") :].partition("\n\n")[0]
    described = re.findall(r"^  (\w+): ", arguments, re.MULTILINE)
    taken = list(inspect.signature(module.__init__).parameters)
    assert described == [each for each in taken if each not in ("self", "parent", "name")]
    order = [text.find(f"\n{section}:\n") for section in ("Raises", "Examples", "References")]
    assert sorted(order) == order


@pytest.mark.parametrize("name", ["PReLU", "SReLU", "SwiGLU", "DyReLU", "CReLU"])
def test_names_in_profiles(name: str) -> None:
    arguments = NEEDED.get(name, {})
    linen, nnx = (make(home, name, **arguments) for home in ("linen", "nnx"))
    values = linen.init(KEY, X)
    for scope, function in {"nnx": lambda x: nnx(x), "linen": lambda x: linen.apply(values, x)}.items():
        assert f"jaxrelu.{scope}.{name}" in jax.jit(function).lower(X).as_text(debug_info=True)
