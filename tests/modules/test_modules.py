"""The Flax modules: NNX, Linen and the function agree to the bit, and PReLU is a drop-in for Flax's own."""

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
import jaxrelu.nnx
from jaxrelu.masks import weight_decay_mask

X = jnp.linspace(-3.0, 3.0, 24).reshape(4, 6)
PER_CHANNEL = {"num_features": 6}
LAST_BUT_ONE = {"num_features": 4, "axis": -2}
NAMES = [name for name, row in jaxrelu.catalogue().items() if not (row.example or row.partners)]


def slopes_of(shape, dtype):
    return jnp.linspace(0.05, 0.4, max(1, np.prod(shape, dtype=int))).reshape(shape).astype(dtype)


def nnx_prelu(slope, arguments):
    """Output and the gradients by input and parameter, of the NNX module with this slope."""
    model = jaxrelu.nnx.PReLU(param_dtype=slope.dtype, **arguments)
    assert model.negative_slope[...].shape == slope.shape
    assert model.negative_slope[...].dtype == slope.dtype
    graph, state = flax.nnx.split(model)
    flax.nnx.replace_by_pure_dict(state, {"negative_slope": slope})

    def call(x, state):
        return flax.nnx.merge(graph, state)(x)

    return call, state, lambda gradient: gradient["negative_slope"][...]


def linen_prelu(slope, arguments):
    model = jaxrelu.linen.PReLU(param_dtype=slope.dtype, **arguments)
    shapes = jax.eval_shape(model.init, jax.random.key(0), X)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), shapes) == {
        "params": {"negative_slope": (slope.shape, slope.dtype)}
    }

    def call(x, parameters):
        return model.apply(parameters, x)

    return call, {"params": {"negative_slope": slope}}, lambda gradient: gradient["params"]["negative_slope"]


def function_prelu(slope, arguments):
    axis = arguments.get("axis", -1)
    return lambda x, slope: jaxrelu.prelu(x, slope, axis), slope, lambda gradient: gradient


@pytest.mark.parametrize("arguments", [{}, PER_CHANNEL, LAST_BUT_ONE])
@pytest.mark.parametrize("param_dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_prelu_is_the_same_everywhere(dtype, param_dtype, arguments):
    slope = slopes_of((arguments["num_features"],) if arguments else (), param_dtype)
    x = X.astype(dtype)
    cotangent = jnp.cos(jnp.arange(24.0)).reshape(X.shape).astype(dtype)
    results = []
    for make in (nnx_prelu, linen_prelu, function_prelu):
        call, parameters, read = make(slope, arguments)

        @jax.jit
        def evaluate(x, parameters, call=call):
            y, pullback = jax.vjp(call, x, parameters)
            return y, *pullback(cotangent)

        y, dx, dparameters = evaluate(x, parameters)
        results.append((y, dx, read(dparameters)))
    for others in results[:2]:
        for got, want in zip(others, results[2], strict=True):
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got, want)
    y, dx, dslope = results[2]
    assert y.dtype == dx.dtype == dtype
    assert dslope.dtype == param_dtype
    assert dslope.shape == slope.shape


@pytest.mark.parametrize("name", NAMES)
def test_activation_is_the_function_by_name_and_by_function(name):
    row = jaxrelu.catalogue()[name]
    want = row.bound(X)
    for module in (
        jaxrelu.nnx.Activation(name),
        jaxrelu.nnx.Activation(row.function, **row.arguments),
        lambda x: jaxrelu.linen.Activation(name).apply({}, x),
        lambda x: jaxrelu.linen.Activation(row.function, **row.arguments).apply({}, x),
    ):
        np.testing.assert_array_equal(module(X), want)


def test_activation_with_parameters():
    for module in (
        jaxrelu.nnx.Activation("leaky_relu", negative_slope=0.5),
        lambda x: jaxrelu.linen.Activation("leaky_relu", negative_slope=0.5).apply({}, x),
        jaxrelu.nnx.Activation(jaxrelu.leaky_relu, negative_slope=0.5),
    ):
        np.testing.assert_array_equal(module(X), jaxrelu.leaky_relu(X, 0.5))


def test_activation_takes_the_twins_and_any_other_function():
    for function in (
        jaxrelu.with_residual(jaxrelu.elu, "output"),
        jaxrelu.forward_mode(jaxrelu.relu),
        jnp.tanh,
    ):
        np.testing.assert_array_equal(jaxrelu.nnx.Activation(function)(X), function(X))
        np.testing.assert_array_equal(jaxrelu.linen.Activation(function).apply({}, X), function(X))


@pytest.mark.parametrize("axis", [-1, 0])
def test_crelu_is_the_same_everywhere(axis):
    want = jaxrelu.crelu(X, axis)
    np.testing.assert_array_equal(jaxrelu.nnx.CReLU(axis)(X), want)
    np.testing.assert_array_equal(jaxrelu.linen.CReLU(axis).apply({}, X), want)


# -- against Flax's own ----------------------------------------------------------------------------


def test_parameters_of_flax_linen_serve_ours():
    theirs, ours = flax.linen.PReLU(negative_slope_init=0.1), jaxrelu.linen.PReLU(0.1)
    parameters = theirs.init(jax.random.key(0), X)
    mine = ours.init(jax.random.key(0), X)
    assert jax.tree.structure(parameters) == jax.tree.structure(mine)
    np.testing.assert_array_equal(mine["params"]["negative_slope"], parameters["params"]["negative_slope"])
    np.testing.assert_array_equal(ours.apply(parameters, X), theirs.apply(parameters, X))


def test_state_of_flax_nnx_serves_ours():
    theirs, ours = flax.nnx.PReLU(0.1), jaxrelu.nnx.PReLU()
    state = flax.nnx.state(theirs, flax.nnx.Param)
    assert jax.tree.structure(state) == jax.tree.structure(flax.nnx.state(ours, flax.nnx.Param))
    flax.nnx.update(ours, state)
    np.testing.assert_array_equal(ours(X), theirs(X))


def test_default_slope_is_that_of_flax():
    assert jaxrelu.nnx.PReLU().negative_slope[...] == flax.nnx.PReLU().negative_slope[...]
    default = jaxrelu.linen.PReLU().init(jax.random.key(0), X)["params"]["negative_slope"]
    assert default == flax.linen.PReLU().init(jax.random.key(0), X)["params"]["negative_slope"]


def test_an_initializer_is_given_key_shape_and_dtype():
    init = jax.nn.initializers.uniform(0.5)
    model = jaxrelu.nnx.PReLU(init, num_features=6, param_dtype=jnp.bfloat16, rngs=flax.nnx.Rngs(0))
    slopes = model.negative_slope[...]
    assert slopes.dtype == jnp.bfloat16
    assert len(set(slopes.tolist())) > 1
    parameters = jaxrelu.linen.PReLU(init, num_features=6).init(jax.random.key(0), X)
    assert len(set(parameters["params"]["negative_slope"].tolist())) > 1


def test_metadata_reaches_the_parameter():
    model = jaxrelu.nnx.PReLU(negative_slope_metadata={"decay": False})
    assert model.negative_slope.get_metadata()["decay"] is False


def test_a_module_casts_its_input_to_its_dtype():
    assert jaxrelu.nnx.PReLU(dtype=jnp.bfloat16)(X).dtype == jnp.bfloat16
    model = jaxrelu.linen.PReLU(dtype=jnp.bfloat16)
    assert model.apply(model.init(jax.random.key(0), X), X).dtype == jnp.bfloat16


def test_the_mask_keeps_weight_decay_off_the_slope_linen():
    model = flax.linen.Sequential([flax.linen.Dense(6), jaxrelu.linen.PReLU(0.25)])
    parameters = model.init(jax.random.key(0), X)
    decay = optax.add_decayed_weights(0.1, mask=weight_decay_mask)
    updates, _ = decay.update(jax.tree.map(jnp.zeros_like, parameters), decay.init(parameters), parameters)
    changed = {
        jax.tree_util.keystr(path): bool(leaf.any())
        for path, leaf in jax.tree_util.tree_leaves_with_path(updates)
    }
    assert [name for name, moved in changed.items() if moved] == ["['params']['layers_0']['kernel']"]
    assert any("negative_slope" in name for name in changed)


def test_the_mask_keeps_weight_decay_off_the_slope_nnx():
    class Model(flax.nnx.Module):
        def __init__(self):
            self.dense = flax.nnx.Linear(6, 6, rngs=flax.nnx.Rngs(0))
            self.activation = jaxrelu.nnx.PReLU(0.25)

    model = Model()
    kernel = model.dense.kernel[...]
    optimizer = flax.nnx.Optimizer(
        model,
        optax.chain(optax.add_decayed_weights(0.1, mask=weight_decay_mask), optax.sgd(1.0)),
        wrt=flax.nnx.Param,
    )
    optimizer.update(model, jax.tree.map(jnp.zeros_like, flax.nnx.state(model, flax.nnx.Param)))
    np.testing.assert_allclose(model.dense.kernel[...], 0.9 * kernel, rtol=1e-6)
    assert model.activation.negative_slope[...] == 0.25


def test_names_in_profiles():
    """Flax's scopes and ours: what a profile shows."""
    nnx_module, linen_module = jaxrelu.nnx.PReLU(), jaxrelu.linen.PReLU()
    parameters = linen_module.init(jax.random.key(0), X)
    for scope, call in {
        "jaxrelu.nnx.PReLU": lambda x: nnx_module(x),
        "jaxrelu.linen.PReLU": lambda x: linen_module.apply(parameters, x),
        "gelu": lambda x: jaxrelu.gelu(x),
    }.items():
        assert scope in jax.jit(call).lower(X).as_text(debug_info=True)
