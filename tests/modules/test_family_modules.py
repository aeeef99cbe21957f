"""The modules of the family: NNX, Linen and the function agree to the bit, and with formulas."""

import doctest
import functools

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

X = jnp.linspace(-3.0, 3.0, 24).reshape(4, 6)
IMAGES = jax.random.normal(jax.random.key(1), (2, 4, 5, 6))
SCALAR = {}
PER_CHANNEL = {"num_features": 6}
LAST_BUT_ONE = {"num_features": 4, "axis": -2}
KEY, RNGS = jax.random.key(0), flax.nnx.Rngs(0)

# First values that need no drawing, where others take their place.
NO_KERNEL = {"kernel_init": 0.0}
QUICK = {name: {} for name in ("PReLU", "SReLU", "PELU", "XIELU", "ParametricSwish")}
QUICK |= {"APL": {"slopes_init": 0.1, "offsets_init": 0.1}, "AconC": {"p1_init": 0.5, "p2_init": 1.0}}


def softplus(p):
    return jaxrelu.softplus(p.astype("float32"))


# Each learned module: its arguments, its function of x and the parameters lying along the axis, and how many
# axes of their own the parameters have.
LEARNED = {
    "PReLU": ({}, lambda x, negative_slope: jaxrelu.leaky_relu(x, negative_slope), 0),
    "SReLU": ({"right_slope_init": 0.5}, jaxrelu.srelu, 0),
    "APL": ({"hinges": 2}, jaxrelu.apl, 1),
    "PELU": ({}, jaxrelu.pelu, 0),
    "XIELU": (
        {},
        lambda x, alpha_p, alpha_n: jaxrelu.xielu(x, softplus(alpha_p), softplus(alpha_n) + 0.5),
        0,
    ),
    "AconC": ({}, jaxrelu.acon_c, 0),
    "ParametricSwish": ({}, jaxrelu.parametric_swish, 0),
}
PARAMETERS = {
    "PReLU": {"negative_slope"},
    "SReLU": {"left_threshold", "left_slope", "right_threshold", "right_slope"},
    "APL": {"slopes", "offsets"},
    "PELU": {"alpha", "beta"},
    "XIELU": {"alpha_p", "alpha_n"},
    "AconC": {"p1", "p2", "beta"},
    "ParametricSwish": {"beta"},
}
GATED = {
    "GLU": jaxrelu._functions.gated.sigmoid_glu,
    "ReGLU": jaxrelu.reglu,
    "GEGLU": jaxrelu.geglu,
    "SwiGLU": jaxrelu.swiglu,
    "Bilinear": jaxrelu.bilinear,
}
DTYPES = [("float32", "float32"), ("bfloat16", "float32"), ("float32", "bfloat16")]


def filled(shapes):
    """Parameters of these shapes: kernels drawn, the others positive, increasing by name and by channel."""
    draw = np.random.default_rng(0)
    names = sorted({path[-1].key for path, _ in jax.tree.leaves_with_path(shapes)})

    def fill(path, leaf):
        if path[-1].key == "kernel":
            return jnp.asarray(draw.normal(size=leaf.shape) / 2, leaf.dtype)
        start = 0.2 + 0.2 * names.index(path[-1].key)
        return jnp.asarray(np.linspace(start, start + 0.1, leaf.size).reshape(leaf.shape), leaf.dtype)

    return jax.tree.map_with_path(fill, shapes)


def in_linen(name, values, arguments):
    model = getattr(jaxrelu.linen, name)(**arguments)
    return lambda x, values: model.apply({"params": values}, x), values, lambda gradient: gradient


def in_nnx(name, values, arguments):
    model = getattr(jaxrelu.nnx, name)(**arguments, **QUICK.get(name, NO_KERNEL), rngs=RNGS)
    graph, state, rest = flax.nnx.split(model, flax.nnx.Param, ...)
    assert described(flax.nnx.to_pure_dict(state)) == described(values)
    flax.nnx.replace_by_pure_dict(state, values)
    return lambda x, state: flax.nnx.merge(graph, state, rest, copy=True)(x), state, flax.nnx.to_pure_dict


def described(values):
    return jax.tree.map(lambda v: (v.shape, v.dtype.name), values)


def evaluated(made, x, jit=jax.jit):
    """Output, and the gradients by input and parameters, for one cotangent."""
    call, values, read = made

    @jit
    def both(x, values):
        y, pullback = jax.vjp(call, x, values)
        cotangent = jnp.asarray(np.cos(np.arange(y.size)).reshape(y.shape), y.dtype)
        return y, *pullback(cotangent)

    y, dx, dvalues = both(x, values)
    return {"y": y, "x": dx, **read(dvalues)}


def assert_same(got, want):
    for path, leaf in jax.tree.leaves_with_path(want):
        other = got
        for entry in path:
            other = other[entry.key]
        assert other.dtype == leaf.dtype, path
        np.testing.assert_array_equal(other, leaf, err_msg=str(path))


def linen_values(name, x, param_dtype, arguments):
    model = getattr(jaxrelu.linen, name)(**arguments, param_dtype=param_dtype)
    values = jax.eval_shape(model.init, KEY, x)["params"]
    assert all(v.dtype == param_dtype for v in jax.tree.leaves(values))
    return filled(values)


# -- learned parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize(
    ("dtype", "param_dtype", "channels"),
    [
        ("float32", "float32", SCALAR),
        ("bfloat16", "float32", PER_CHANNEL),
        ("float32", "bfloat16", LAST_BUT_ONE),
        ("bfloat16", "bfloat16", SCALAR),
    ],
)
def test_a_learned_module_is_its_function(name, dtype, param_dtype, channels):
    arguments, function, leading = LEARNED[name]
    arguments = arguments | channels
    x = X.astype(dtype)
    values = linen_values(name, x, param_dtype, arguments)

    own = (arguments["hinges"],) if leading else ()
    shape = (*own, *([channels["num_features"]] if channels else []))
    assert {k: v.shape for k, v in values.items()} == dict.fromkeys(PARAMETERS[name], shape)

    def call(x, values):
        along = {k: v[..., None] if channels is LAST_BUT_ONE else v for k, v in values.items()}
        if channels is PER_CHANNEL:
            along = {k: v.reshape(*own, 1, 6) for k, v in values.items()}
        return function(x, **along)

    # The functions are compiled, once for all three.
    want = evaluated((call, values, dict), x, jit=lambda both: both)
    assert want["y"].dtype == want["x"].dtype == dtype
    for make in (in_linen, in_nnx):
        made = make(name, values, arguments | {"param_dtype": param_dtype})
        assert_same(evaluated(made, x, jit=lambda both: both), want)


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_module_takes_integers_and_casts_to_its_dtype(name):
    arguments = LEARNED[name][0]
    model = getattr(jaxrelu.nnx, name)(**arguments, rngs=flax.nnx.Rngs(0))
    assert model(jnp.arange(-2, 3)).dtype == jnp.float32
    model = getattr(jaxrelu.nnx, name)(**arguments, dtype="bfloat16", rngs=flax.nnx.Rngs(0))
    assert model(X).dtype == jnp.bfloat16
    assert (
        getattr(jaxrelu.linen, name)(**arguments, dtype="bfloat16").init_with_output(KEY, X)[0].dtype
        == "bfloat16"
    )


def test_first_values():
    values = flax.nnx.to_pure_dict(flax.nnx.state(jaxrelu.nnx.SReLU()))
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


def test_first_values_that_are_drawn():
    apl = jaxrelu.nnx.APL(5000, rngs=flax.nnx.Rngs(0))
    assert -0.5 <= apl.slopes[...].min() < -0.49 < 0.49 < apl.slopes[...].max() <= 0.5
    assert abs(apl.offsets[...].std() - 0.5) < 0.02
    acon = jaxrelu.nnx.AconC(num_features=5000, rngs=flax.nnx.Rngs(0))
    for p in (acon.p1[...], acon.p2[...]):
        assert abs(p.std() - 1.0) < 0.05
    assert (acon.p1[...] != acon.p2[...]).all()
    assert (acon.beta[...] == 1.0).all()


def test_an_initializer_of_xielu_is_that_of_the_curvature():
    def init(key, shape, dtype):
        return jnp.linspace(1.0, 2.0, 6, dtype=dtype)

    model = jaxrelu.nnx.XIELU(alpha_n_init=init, num_features=6, rngs=flax.nnx.Rngs(0))
    np.testing.assert_allclose(softplus(model.alpha_n[...]) + 0.5, init(None, None, "float32"), rtol=1e-6)


def test_initializers_may_carry_metadata():
    init = flax.nnx.with_metadata(flax.nnx.initializers.constant(2.0), decay=False)
    model = jaxrelu.nnx.PELU(alpha_init=init, rngs=flax.nnx.Rngs(0))
    assert model.alpha.get_metadata()["decay"] is False
    assert model.alpha[...] == 2.0
    boxed = flax.linen.with_partitioning(flax.linen.initializers.constant(0.8), ("channels",))
    values = jaxrelu.linen.XIELU(alpha_p_init=boxed, num_features=6).init(KEY, X)["params"]
    assert values["alpha_p"].names == ("channels",)


# -- random slopes ---------------------------------------------------------------------------------


def test_rrelu_trains_and_evaluates_in_nnx():
    x = -jnp.ones((50,))
    model = jaxrelu.nnx.RReLU(0.1, 0.5, rngs=flax.nnx.Rngs(0, rrelu=7))
    first, second = model(x), model(x)
    assert (first != second).all()
    assert (first >= -0.5).all()
    assert (first <= -0.1).all()
    key = flax.nnx.Rngs(0, rrelu=7)["rrelu"].fork()()
    np.testing.assert_array_equal(first, jaxrelu.rrelu(x, key, 0.1, 0.5))
    np.testing.assert_array_equal(model(x, deterministic=True), jaxrelu.rrelu(x, None, 0.1, 0.5))
    model.eval()
    np.testing.assert_array_equal(model(x), jaxrelu.rrelu(x, None, 0.1, 0.5))
    model.train()
    assert (model(x) != model(x)).all()
    np.testing.assert_array_equal(
        flax.nnx.view(model, deterministic=True)(x), jaxrelu.rrelu(x, None, 0.1, 0.5)
    )


def test_rrelu_takes_keys_when_called_in_nnx():
    model, key = jaxrelu.nnx.RReLU(), jax.random.key(3)
    np.testing.assert_array_equal(model(X, rngs=key), jaxrelu.rrelu(X, key, 1 / 8, 1 / 3))
    stream = flax.nnx.Rngs(rrelu=5)
    np.testing.assert_array_equal(
        model(X, rngs=stream), jaxrelu.rrelu(X, flax.nnx.Rngs(rrelu=5).rrelu(), 1 / 8, 1 / 3)
    )
    named = jaxrelu.nnx.RReLU(rng_collection="noise", rngs=flax.nnx.Rngs(noise=1)["noise"])
    assert (named(-jnp.ones(9)) != named(-jnp.ones(9))).all()


def test_rrelu_draws_anew_under_nnx_jit():
    model = jaxrelu.nnx.RReLU(rngs=flax.nnx.Rngs(0))
    call = flax.nnx.jit(lambda model, x: model(x))
    assert (call(model, -jnp.ones(9)) != call(model, -jnp.ones(9))).all()


def test_rrelu_trains_and_evaluates_in_linen():
    model, key = jaxrelu.linen.RReLU(0.1, 0.5), jax.random.key(2)
    assert model.init(KEY, X, deterministic=True) == {}
    want = jaxrelu.rrelu(X, None, 0.1, 0.5)
    np.testing.assert_array_equal(model.apply({}, X, deterministic=True), want)
    np.testing.assert_array_equal(jaxrelu.linen.RReLU(0.1, 0.5, deterministic=True).apply({}, X), want)
    trained = model.apply({}, X, deterministic=False, rngs={"rrelu": key})
    np.testing.assert_array_equal(trained, model.apply({}, X, deterministic=False, rngs={"rrelu": key}))
    assert (trained != want)[X < 0].all()
    np.testing.assert_array_equal(model.apply({}, X, False, key), jaxrelu.rrelu(X, key, 0.1, 0.5))
    noise = jaxrelu.linen.RReLU(0.1, 0.5, deterministic=False, rng_collection="noise")
    assert noise.apply({}, X, rngs={"noise": key}).shape == X.shape


# -- channels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0])
def test_maxout_is_the_same_everywhere(axis):
    want = jaxrelu.maxout(X, 2, axis)
    np.testing.assert_array_equal(jaxrelu.nnx.Maxout(2, axis)(X), want)
    np.testing.assert_array_equal(jaxrelu.linen.Maxout(num_pieces=2, axis=axis).apply({}, X), want)


# -- gated units -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dtype", "param_dtype"),
    [(name, "bfloat16", "float32") for name in GATED] + [("SwiGLU", *dtypes) for dtypes in DTYPES[::2]],
)
def test_a_gated_unit_is_its_function_of_two_projections(name, dtype, param_dtype):
    arguments = {"features": 5, "use_bias": param_dtype == "float32"}
    x = X.astype(dtype)
    values = linen_values(name, x, param_dtype, arguments)
    leaves = {"kernel": (6, 5)} | ({"bias": (5,)} if arguments["use_bias"] else {})
    assert jax.tree.map(jnp.shape, values) == {"gate": leaves, "value": leaves}

    def call(x, values):
        def projected(values):
            product = x @ values["kernel"].astype(x.dtype)
            return product + values["bias"].astype(x.dtype)[None] if "bias" in values else product

        return GATED[name](projected(values["gate"]), projected(values["value"]))

    want = evaluated((call, values, dict), x)
    assert want["y"].dtype == want["x"].dtype == dtype
    arguments["param_dtype"] = param_dtype
    assert_same(evaluated(in_linen(name, values, arguments), x), want)
    assert_same(evaluated(in_nnx(name, values, arguments | {"in_features": 6}), x), want)


def test_glu_is_the_function_of_both_halves():
    values = linen_values("GLU", X, "float32", {"features": 5})
    halves = [X @ values[name]["kernel"] for name in ("value", "gate")]
    call, own, _ = in_linen("GLU", values, {"features": 5})
    np.testing.assert_array_equal(call(X, own), jaxrelu.glu(jnp.concatenate(halves, -1)))


def test_geglu_takes_either_gelu():
    values = linen_values("GEGLU", X, "float32", {"features": 5})
    gate, value = X @ values["gate"]["kernel"], X @ values["value"]["kernel"]
    want = jaxrelu.geglu(gate, value, approximate=False)
    arguments = {"features": 5, "approximate": False}
    call, own, _ = in_linen("GEGLU", values, arguments)
    np.testing.assert_array_equal(call(X, own), want)
    call, own, _ = in_nnx("GEGLU", values, arguments | {"in_features": 6})
    np.testing.assert_array_equal(call(X, own), want)


# -- FReLU -----------------------------------------------------------------------------------------


def frelu_formula(x, values):
    """max(x, normalised depthwise convolution), the window written out."""
    kernel = values["condition"]["kernel"]
    padded = jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = [padded[:, i : i + x.shape[1], j : j + x.shape[2]] for i in range(3) for j in range(3)]
    condition = sum(w * k for w, k in zip(windows, kernel.reshape(9, 1, 1, 1, -1), strict=True))
    mean, variance = (f(condition, (0, 1, 2), keepdims=True) for f in (jnp.mean, jnp.var))
    scale, bias = (values["norm"][k].reshape(1, 1, 1, -1) for k in ("scale", "bias"))
    return jnp.maximum(x, (condition - mean) / jnp.sqrt(variance + 1e-5) * scale + bias)


def frelu_in_linen(values, arguments=None):
    model = jaxrelu.linen.FReLU(use_running_average=False, **(arguments or {}))
    zeros, ones = jnp.zeros(6), jnp.ones(6)
    statistics = {"norm": {"mean": zeros, "var": ones}}

    def call(x, values):
        return model.apply({"params": values, "batch_stats": statistics}, x, mutable=["batch_stats"])[0]

    return call, values, lambda gradient: gradient


def frelu_values(x=IMAGES, param_dtype="float32"):
    model = jaxrelu.linen.FReLU(use_running_average=True, param_dtype=param_dtype)
    variables = jax.eval_shape(model.init, KEY, x)
    assert described(variables) == {
        "params": {
            "condition": {"kernel": ((3, 3, 1, 6), param_dtype)},
            "norm": {"scale": ((6,), "float32"), "bias": ((6,), "float32")},
        },
        "batch_stats": {"norm": {"mean": ((6,), "float32"), "var": ((6,), "float32")}},
    }
    return filled(variables["params"])


def test_frelu_is_its_formula():
    values = frelu_values()
    want = evaluated((frelu_formula, values, dict), IMAGES)
    got = evaluated(frelu_in_linen(values), IMAGES)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), got, want)


@pytest.mark.parametrize(("dtype", "param_dtype"), DTYPES)
def test_frelu_is_the_same_in_nnx_and_linen(dtype, param_dtype):
    x = IMAGES.astype(dtype)
    values = frelu_values(x, param_dtype)
    arguments = {"num_features": 6, "param_dtype": param_dtype}
    want = evaluated(frelu_in_linen(values, arguments), x)
    assert want["y"].dtype == dtype
    assert_same(evaluated(in_nnx("FReLU", values, arguments), x), want)


def test_frelu_trains_and_evaluates():
    linen = jaxrelu.linen.FReLU()
    parameters = frelu_values()
    statistics = {"norm": {"mean": jnp.zeros(6), "var": jnp.ones(6)}}
    variables = {"params": parameters, "batch_stats": statistics}
    _, updated = linen.apply(variables, IMAGES, use_running_average=False, mutable=["batch_stats"])
    evaluation = linen.apply({**variables, **updated}, IMAGES, use_running_average=True)

    nnx = jaxrelu.nnx.FReLU(6, kernel_init=0.0, rngs=RNGS)
    nnx.condition.kernel[...] = parameters["condition"]["kernel"]
    nnx.norm.scale[...], nnx.norm.bias[...] = parameters["norm"]["scale"], parameters["norm"]["bias"]
    nnx(IMAGES)
    for name, statistic in updated["batch_stats"]["norm"].items():
        np.testing.assert_array_equal(getattr(nnx.norm, name)[...], statistic)
    nnx.eval()
    np.testing.assert_array_equal(nnx(IMAGES), evaluation)
    np.testing.assert_array_equal(getattr(nnx.norm, name)[...], statistic)
    assert (nnx(IMAGES, use_running_average=False) != evaluation).any()


def test_frelu_on_sequences_and_with_nan():
    model = jaxrelu.nnx.FReLU(6, kernel_size=(5,), kernel_init=0.5, rngs=RNGS)
    model.eval()
    assert model(IMAGES[0]).shape == (4, 5, 6)
    y = model(IMAGES[0].at[0, 0, 0].set(jnp.nan))
    assert jnp.isnan(y[0, :3, 0]).all()
    assert jnp.isfinite(y[1:]).all()


# -- DyReLU ----------------------------------------------------------------------------------------


def dyrelu_formula(variant, lines, x, values):
    hidden = jnp.maximum(x.mean((1, 2)) @ values["reduce"]["kernel"] + values["reduce"]["bias"][None], 0)
    theta = 2 * jax.nn.sigmoid(hidden @ values["expand"]["kernel"] + values["expand"]["bias"][None]) - 1
    theta = theta.reshape(len(x), 2, lines, 1, 1, 6 if variant == "B" else 1)
    a, b = theta[:, 0] + jnp.eye(lines)[0].reshape(1, lines, 1, 1, 1), 0.5 * theta[:, 1]
    return (a * x[:, None] + b).max(1)


def dyrelu_values(variant, lines=2, param_dtype="float32"):
    arguments = {"variant": variant, "num_pieces": lines, "reduction": 3}
    values = linen_values("DyReLU", IMAGES, param_dtype, arguments)
    outputs = 2 * lines * (6 if variant == "B" else 1)
    assert jax.tree.map(jnp.shape, values) == {
        "reduce": {"kernel": (6, 2), "bias": (2,)},
        "expand": {"kernel": (2, outputs), "bias": (outputs,)},
    }
    return values, arguments | {"param_dtype": param_dtype}


@pytest.mark.parametrize(("variant", "lines"), [("A", 2), ("B", 2), ("B", 3)])
def test_dyrelu_is_its_formula(variant, lines):
    values, arguments = dyrelu_values(variant, lines)
    formula = functools.partial(dyrelu_formula, variant, lines)
    want = evaluated((formula, values, dict), IMAGES)
    got = evaluated(in_linen("DyReLU", values, arguments), IMAGES)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), got, want)


@pytest.mark.parametrize(
    ("variant", "dtype", "param_dtype"), [("A", *DTYPES[0]), ("B", *DTYPES[1]), ("B", *DTYPES[2])]
)
def test_dyrelu_is_the_same_in_nnx_and_linen(variant, dtype, param_dtype):
    x = IMAGES.astype(dtype)
    values, arguments = dyrelu_values(variant, param_dtype=param_dtype)
    want = evaluated(in_linen("DyReLU", values, arguments), x)
    assert want["y"].dtype == want["x"].dtype == dtype
    assert_same(evaluated(in_nnx("DyReLU", values, arguments | {"num_features": 6}), x), want)


def test_dyrelu_without_dynamics_is_relu():
    model = jaxrelu.nnx.DyReLU(6, kernel_init=0.0, rngs=flax.nnx.Rngs(0))
    for x in (X, IMAGES):
        np.testing.assert_array_equal(model(x), jaxrelu.relu(x))
    got, want = (jax.jit(jax.grad(lambda x, f=f: f(x).sum()))(X) for f in (model, jaxrelu.relu))
    np.testing.assert_array_equal(got, want)


def test_dyrelu_keeps_its_input_in_its_own_dtype():
    values, arguments = dyrelu_values("B")
    call, own, _ = in_linen("DyReLU", values, arguments)
    _, pullback = jax.vjp(call, IMAGES.astype("bfloat16"), own)
    kept = [leaf for leaf in jax.tree.leaves(pullback) if leaf.size >= IMAGES.size]
    assert [(leaf.shape, leaf.dtype) for leaf in kept] == [(IMAGES.shape, jnp.bfloat16)]


# -- weight decay ----------------------------------------------------------------------------------


def test_the_mask_knows_every_parameter_that_shapes_a_function():
    assert set().union(*PARAMETERS.values()) == jaxrelu.masks.SHAPE_PARAMETERS


class Everything(flax.nnx.Module):
    def __init__(self):
        def learned(name):
            return getattr(jaxrelu.nnx, name)(num_features=6, **QUICK[name])

        self.learned = flax.nnx.List(map(learned, LEARNED))
        self.offsets = jaxrelu.nnx.SwiGLU(6, 6, kernel_init=0.5, rngs=RNGS)  # only parameters count by name


def shrunk(before, after):
    """Whether each parameter was decayed, by its path."""
    before, after = (dict(jax.tree.leaves_with_path(tree)) for tree in (before, after))
    assert before.keys() == after.keys()
    return {jax.tree_util.keystr(k): bool((before[k] != after[k]).any()) for k in before if before[k].any()}


def check_shrunk(changes):
    assert len(changes) > 10
    for path, decayed in changes.items():
        assert decayed == ("kernel" in path or "bias" in path), path


def test_adamw_leaves_the_parameters_of_nnx_modules_alone():
    model = Everything()
    before = jax.tree.map(jnp.copy, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param)))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer
        optimizer = flax.nnx.Optimizer(model, tx, wrt=flax.nnx.Param)
        zeros = jax.tree.map(jnp.zeros_like, flax.nnx.state(model, flax.nnx.Param))
        flax.nnx.jit(lambda model, optimizer, zeros: optimizer.update(model, zeros))(model, optimizer, zeros)
    check_shrunk(shrunk(before, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param))))


def test_adamw_leaves_the_parameters_of_linen_modules_alone():
    layers = [flax.linen.Dense(6), *(getattr(jaxrelu.linen, name)(num_features=6) for name in LEARNED)]
    layers += [jaxrelu.linen.SwiGLU(6), jaxrelu.linen.DyReLU()]
    before = filled(jax.eval_shape(flax.linen.Sequential(layers).init, KEY, X))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = jax.jit(tx.update)(jax.tree.map(jnp.zeros_like, before), tx.init(before), before)
        check_shrunk(shrunk(before, optax.apply_updates(before, updates)))


def test_the_mask_sees_through_boxes_and_lists():
    boxed = flax.linen.Partitioned(jnp.ones(2), ("channels",))
    mask = jaxrelu.masks.weight_decay_mask({"alpha": boxed, "kernel": boxed, "p1": [jnp.ones(2)]})
    assert jax.tree.leaves(mask) == [False, True, False]


def test_the_example_of_the_mask_runs():
    assert doctest.testmod(jaxrelu.masks).failed == 0


# -- bad input -------------------------------------------------------------------------------------

BAD = {
    "wrong num_features": ([("SReLU", {"num_features": 4})], ["SReLU", "num_features", "must be 6", "got 4"]),
    "wrong num_features, other axis": (
        [("PELU", {"num_features": 6, "axis": 0})],
        ["PELU", "num_features", "must be 4", "axis 0", "got 6"],
    ),
    "wrong num_features of APL": (
        [("APL", {"num_features": 5})],
        ["APL", "num_features", "must be 6", "got 5"],
    ),
    "wrong num_features of PReLU": (
        [("PReLU", {"num_features": 5})],
        ["PReLU", "num_features", "6", "got 5"],
    ),
    "no channels": (
        [(name, {"num_features": 0}) for name in LEARNED],
        ["num_features", "positive", "got 0"],
    ),
    "no such axis": ([("AconC", {"num_features": 6, "axis": 2})], ["AconC", "axis", "from -2 to 1", "got 2"]),
    "no hinges": ([("APL", {"hinges": 0})], ["APL", "hinges", "positive integer", "got 0"]),
    "alpha of PELU": ([("PELU", {"alpha_init": 0.0})], ["PELU", "alpha_init", "greater than 0", "got 0.0"]),
    "alpha_n of XIELU": ([("XIELU", {"alpha_n_init": 0.5})], ["XIELU", "alpha_n_init", "greater than 0.5"]),
    "bounds of RReLU": ([("RReLU", {"lower": 0.5, "upper": 0.1})], ["RReLU", "lower", "at most upper"]),
    "undecided RReLU": ([("RReLU", {"deterministic": None})], ["RReLU", "deterministic", "must be given"]),
    "pieces that do not divide": ([("Maxout", {"num_pieces": 4})], ["maxout", "multiple of 4", "got 6"]),
    "no pieces": ([("Maxout", {"num_pieces": 0})], ["maxout", "num_pieces", "from 1 to 256", "got 0"]),
    "no features": ([(name, {"features": 0}) for name in GATED], ["features", "positive integer", "got 0"]),
    "flat FReLU": ([("FReLU", {"num_features": 6})], ["FReLU", "at least 3 axes", "2 spatial", "(4, 6)"]),
    "variant": (
        [("DyReLU", {"num_features": 6, "variant": "C"})],
        ["DyReLU", "variant", "'A' or 'B'", "got 'C'"],
    ),
    "lines": (
        [("DyReLU", {"num_features": 6, "num_pieces": 0})],
        ["DyReLU", "num_pieces", "positive", "got 0"],
    ),
    "reduction": ([("DyReLU", {"num_features": 6, "reduction": 0})], ["DyReLU", "reduction", "got 0"]),
    "channels of DyReLU": (
        [("DyReLU", {"num_features": 7})],
        ["DyReLU", "num_features", "must be 6", "got 7"],
    ),
}


def made_in_nnx(name, arguments):
    extra = {} if name == "Maxout" else {"rngs": RNGS}
    extra = extra | ({"in_features": 6} if name in GATED else {})
    return getattr(jaxrelu.nnx, name)(**arguments, **extra)(X)


def made_in_linen(name, arguments):
    return getattr(jaxrelu.linen, name)(**arguments).init(KEY, X)


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("make", [made_in_nnx, made_in_linen])
def test_bad_arguments(case, make):
    modules, words = BAD[case]
    for name, arguments in modules:
        with pytest.raises(ValueError) as error:
            make(name, arguments)
        for word in (*words, *([] if name == "Maxout" else [f"{name}: "])):
            assert word in str(error.value)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: jaxrelu.nnx.AconC(), ValueError, ["AconC", "rngs must be given", "p1_init"]),
        (lambda: jaxrelu.nnx.APL(), ValueError, ["APL", "rngs must be given", "slopes_init"]),
        (lambda: jaxrelu.nnx.RReLU(rngs=3), TypeError, ["RReLU", "rngs", "got int"]),
        (lambda: jaxrelu.nnx.RReLU()(X), ValueError, ["RReLU", "rngs must be given"]),
        (
            lambda: jaxrelu.nnx.SwiGLU(5, 6, rngs=RNGS)(X),
            ValueError,
            ["SwiGLU", "in_features", "must be 6", "got 5"],
        ),
        (lambda: jaxrelu.nnx.GLU(0, 6, rngs=RNGS), ValueError, ["GLU", "in_features", "got 0"]),
        (lambda: jaxrelu.nnx.DyReLU(6, rngs=RNGS)(X[0]), ValueError, ["DyReLU", "at least 2 axes", "(6,)"]),
        (
            lambda: jaxrelu.nnx.FReLU(5, rngs=RNGS)(IMAGES),
            ValueError,
            ["FReLU", "num_features", "must be 6", "got 5"],
        ),
        (
            lambda: jaxrelu.nnx.SwiGLU(6, 6, rngs=RNGS)(X.astype(complex)),
            TypeError,
            ["SwiGLU", "x must be", "complex64"],
        ),
        (
            lambda: jaxrelu.linen.DyReLU().init(KEY, X.astype(complex)),
            TypeError,
            ["DyReLU", "x must be", "complex64"],
        ),
    ],
)
def test_bad_input(make, error, words):
    with pytest.raises(error) as raised:
        make()
    for word in words:
        assert word in str(raised.value)


# -- what users see --------------------------------------------------------------------------------


def test_both_homes_have_the_same_modules():
    assert jaxrelu.nnx.__all__ == jaxrelu.linen.__all__


@pytest.mark.parametrize("name", ["SReLU", "SwiGLU", "DyReLU"])
def test_names_in_profiles(name):
    linen = getattr(jaxrelu.linen, name)(**({"features": 6} if name == "SwiGLU" else {}))
    sizes = {"SReLU": (), "SwiGLU": (6, 6), "DyReLU": (6,)}[name]
    nnx = getattr(jaxrelu.nnx, name)(*sizes, rngs=flax.nnx.Rngs(0))
    parameters = linen.init(KEY, X)
    for scope, call in {"nnx": lambda x: nnx(x), "linen": lambda x: linen.apply(parameters, x)}.items():
        assert f"jaxrelu.{scope}.{name}" in jax.jit(call).lower(X).as_text(debug_info=True)
