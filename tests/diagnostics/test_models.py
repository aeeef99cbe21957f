"""Activations are found in any model, named after its layers, and no trap catches the detector."""

import functools
from xml.etree import ElementTree

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from jaxrelu import diagnostics


def values(shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def capture(model, x, **options):
    """One compilation, and not one of every operation."""
    return jax.jit(lambda x: diagnostics.capture(model, x, **options))(x)


def observe(model, x, **options):
    return jax.jit(lambda x: diagnostics.observe(model, x, **options))(x)


class Bare(nnx.Module):
    """Activations are function calls, one module is used twice, and every kind of finding is there."""

    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 4, (3, 3), rngs=rngs)
        self.layers = nnx.List([nnx.Linear(4 * 16, 8, rngs=rngs), nnx.Linear(8, 8, rngs=rngs)])
        self.norm = nnx.BatchNorm(8, use_running_average=True, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, deterministic=True, rngs=rngs)
        self.last = nnx.Linear(8, 3, rngs=rngs)

    def __call__(self, x):
        x = nnx.max_pool(jaxrelu.relu6(self.conv(x)), (2, 2), (2, 2)).reshape(x.shape[0], -1)
        x = self.dropout(jaxrelu.relu(self.norm(self.layers[0](x))))
        x = jax.nn.gelu(self.layers[1](x))
        x = jnp.maximum(self.layers[1](x), 0)
        return self.last(x)


def test_bare_calls_of_an_nnx_model_are_found_and_named():
    model, x = Bare(nnx.Rngs(0)), values((5, 8, 8, 1))
    activities = capture(model, x)
    assert {name: (a.function, a.outputs.shape) for name, a in activities.items()} == {
        "conv": ("relu6", (5, 8, 8, 4)),
        "layers.0": ("relu", (5, 8)),
        "layers.1": ("gelu", (5, 8)),
        "layers.1 #2": ("relu", (5, 8)),
    }
    first = model.conv(x)
    np.testing.assert_array_equal(activities["conv"].inputs, first)
    np.testing.assert_array_equal(activities["conv"].outputs, jaxrelu.relu6(first))
    np.testing.assert_array_equal(activities["conv"].slopes, (first > 0) & (first < 6))
    gelu = activities["layers.1"]
    # The slope of a written-out gelu is that of jax.nn.gelu, up to float32 rounding.
    np.testing.assert_allclose(gelu.outputs, jax.nn.gelu(gelu.inputs), rtol=1e-6)
    want = jax.vmap(jax.vmap(jax.grad(jax.nn.gelu)))(gelu.inputs)
    np.testing.assert_allclose(gelu.slopes, want, rtol=1e-5, atol=1e-6)
    assert observe(model, x)["conv"].units == 4


class Linen(flax.linen.Module):
    @flax.linen.compact
    def __call__(self, x):
        x = jaxrelu.relu(flax.linen.Dense(4, name="first")(x))
        x = flax.linen.relu(flax.linen.Dense(5)(x))
        x = jaxrelu.linen.PReLU()(flax.linen.Dense(3)(x))
        return flax.linen.silu(flax.linen.LayerNorm()(flax.linen.Dense(3)(x)))


def test_a_bound_linen_model_and_modules():
    x = values((6, 3))
    module = Linen()
    variables = module.init(jax.random.key(0), x)
    activities = capture(module.bind(variables), x)
    names = {"first": "relu", "Dense_0": "relu", "Dense_1": "prelu", "Dense_2": "silu"}
    assert {name: a.function for name, a in activities.items()} == names
    _, kept = module.apply(variables, x, capture_intermediates=True)
    before = kept["intermediates"]["first"]["__call__"][0]
    np.testing.assert_array_equal(activities["first"].inputs, before)


class InTraining(flax.linen.Module):
    @flax.linen.compact
    def __call__(self, x):
        x = flax.linen.BatchNorm(use_running_average=False)(jaxrelu.relu(flax.linen.Dense(4)(x)))
        return flax.linen.Dropout(0.5, deterministic=False)(x)


def test_a_linen_model_in_training_mode():
    """It updates the statistics of the batch and draws numbers; its own variables stay as they are."""
    x, key = values((6, 3)), jax.random.key(0)
    variables = InTraining().init({"params": key, "dropout": key}, x)
    model = InTraining().bind(variables, mutable=["batch_stats"], rngs={"dropout": key})
    assert list(diagnostics.report(model, [x]).layers) == ["Dense_0"]
    np.testing.assert_array_equal(model.variables["batch_stats"]["BatchNorm_0"]["mean"], np.zeros(4))


def test_modules_of_nnx_are_found_as_well():
    model = nnx.Sequential(
        nnx.Linear(3, 4, rngs=nnx.Rngs(0)), jaxrelu.nnx.PReLU(num_features=4),
        nnx.Linear(4, 2, rngs=nnx.Rngs(1)), jaxrelu.nnx.CReLU(), jaxrelu.nnx.Activation("elu"),
    )  # fmt: skip
    activities = capture(model, values((5, 3)))
    assert [a.function for a in activities.values()] == ["prelu", "crelu", "elu"]
    before = activities["layers.2"].inputs
    np.testing.assert_array_equal(
        activities["layers.2"].slopes, np.concatenate([before > 0, -1.0 * np.asarray(before < 0)], -1)
    )


@pytest.mark.parametrize(
    ("write", "function"),
    [
        (jax.nn.relu, "relu"),
        (jax.nn.relu6, "relu6"),
        (jax.nn.leaky_relu, "leaky_relu"),
        (jax.nn.silu, "silu"),
        (jax.nn.selu, "selu"),
        (jnp.tanh, "tanh"),
        (jax.nn.sigmoid, "sigmoid"),
        (functools.partial(jax.nn.gelu, approximate=False), "gelu"),
        (lambda x: jnp.maximum(0.0, x), "relu"),
        (jaxrelu.forward_mode(jaxrelu.mish), "mish"),
        (jaxrelu.with_residual(jaxrelu.relu, "output"), "relu"),
        (jax.checkpoint(jaxrelu.relu), "relu"),
        (jax.jit(lambda x: jaxrelu.relu(x) + 1.0), "relu"),
        (jax.vmap(jaxrelu.gelu), "gelu"),
    ],
)
def test_every_way_of_writing_an_activation(write, function):
    (activity,) = capture(write, values((3, 4))).values()
    assert activity.function == function


def test_every_variant_is_found_by_its_name():
    """Traced and not run."""
    x = jax.ShapeDtypeStruct((3, 4), jnp.float32)
    for row in jaxrelu.catalogue().values():

        def function(x, row=row):
            return row.bound(x, **dict.fromkeys(row.partners, x), **row.example)

        (activity,) = jax.eval_shape(functools.partial(diagnostics.capture, function), x).values()
        assert activity.function == row.function.__name__
        assert activity.outputs.dtype == x.dtype


def test_parameters_given_to_a_function_name_its_layers():
    parameters = {"w": values((3, 4)), "second": {"kernel": values((4, 5))}}

    def apply(parameters, x):
        return jax.nn.relu(jax.nn.relu(x @ parameters["w"]) @ parameters["second"]["kernel"])

    assert list(diagnostics.capture(functools.partial(apply, parameters), values((2, 3)))) == ["w", "second"]


def test_a_variance_that_is_clipped_at_zero_is_no_activation():
    norm = nnx.BatchNorm(4, use_running_average=False, rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="no activation"):
        observe(norm, values((6, 4)))


def test_functions_of_ones_own_by_name():
    @jax.jit
    def mine(x):
        return jnp.where(x > 1, x, 0)

    (activity,) = capture(lambda x: mine(x) * 2, values((3, 4)), functions=("mine",)).values()
    assert activity.function == "mine"


def test_scanned_layers_are_apart():
    kernels = values((3, 4, 4))

    def apply(kernels, x):
        return jax.lax.scan(lambda h, w: (jaxrelu.relu(h @ w), None), x, kernels)[0]

    model = functools.partial(apply, kernels)
    activities = capture(model, values((2, 4)))
    h = values((2, 4))
    for place, activity in enumerate(activities.values()):
        h = jaxrelu.relu(h @ kernels[place])
        # XLA may order the sums of a product of matrices inside a scan in another way.
        np.testing.assert_allclose(activity.outputs, h, rtol=1e-5, atol=1e-6)
    assert list(activities) == ["0[0]", "0[1]", "0[2]"]
    slopes = diagnostics.gradients(jnp.sum, model, values((2, 4)))
    assert [g.shape for g in slopes.values()] == [(2, 4)] * 3
    np.testing.assert_array_equal(slopes["0[2]"], np.ones((2, 4)))


def test_a_unit_that_is_silent_for_a_batch_is_not_dead():
    batches = [jnp.array([[-1.0, -1.0]]), jnp.array([[2.0, -1.0]]), jnp.array([[-3.0, -1.0], [-3.0, -1.0]])]
    report = diagnostics.report(jaxrelu.relu, iter(batches))
    assert report["relu"].dead.tolist() == [False, True]
    assert report["relu"].figures["observations"] == 4


def test_a_notebook_shows_a_report_as_a_table():
    batch = jnp.array([[-1.0, 2.0, -3.0], [-2.0, 3.0, -1.0]])
    page = ElementTree.fromstring(f"<div>{diagnostics.report(jaxrelu.relu, [batch])._repr_html_()}</div>")
    (cells,) = (
        [cell.text for cell in row.iter("td")] for row in page.iter("tr") if row.find("td") is not None
    )
    assert cells[:4] == ["relu (!)", "relu", "3", "66.7%"]
    assert "To mend this" in str([text.text for text in page.iter("p")][-1])


def test_a_shared_module_is_judged_at_each_use():
    class Shared(nnx.Module):
        def __init__(self, rngs):
            self.layer = nnx.Linear(3, 3, rngs=rngs)

        def __call__(self, x):
            return jaxrelu.relu(self.layer(jaxrelu.relu(self.layer(x)) - 100.0))

    statistics = observe(Shared(nnx.Rngs(0)), values((64, 3)))
    assert list(statistics) == ["layer", "layer #2"]
    assert statistics["layer"].dead.mean() < statistics["layer #2"].dead.mean()


def test_members_of_an_ensemble_are_apart():
    kernels = jnp.stack([jnp.array([[1.0, -1.0]]), jnp.array([[-1.0, 1.0]])])  # one unit of each is dead
    x = jnp.array([[1.0], [2.0]])

    def member(kernel, x):
        return jaxrelu.relu(x @ kernel)

    inside = functools.partial(lambda kernels, x: jax.vmap(member, (0, None))(kernels, x), kernels)
    (of,) = observe(inside, x).values()
    assert of.units == 4
    assert sorted(of.dead.tolist()) == [False, False, True, True]
    outside = jax.vmap(lambda kernel: observe(functools.partial(member, kernel), x)["0"])(kernels)
    assert outside.dead.tolist() == [[False, True], [True, False]]


def test_members_of_a_convolutional_ensemble_are_apart():
    models = nnx.vmap(lambda key: nnx.Conv(1, 4, (3, 3), rngs=nnx.Rngs(key)))(
        jax.random.split(jax.random.key(0), 3)
    )

    def call(models, x):
        return nnx.vmap(lambda model, x: jaxrelu.relu(model(x)), in_axes=(0, None))(models, x)

    shapes = jax.eval_shape(lambda x: diagnostics.observe(models, x, call=call), values((2, 6, 6, 1)))
    assert [of.units for of in shapes.values()] == [12]


def test_a_model_vmapped_over_its_examples():
    model = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
    x = values((7, 3))
    (of,) = observe(model, x, call=lambda model, x: jax.vmap(lambda x: jaxrelu.relu(model(x)))(x)).values()
    want = observe(model, x, call=lambda model, x: jaxrelu.relu(model(x)))["kernel"]
    np.testing.assert_array_equal(of.zeros.as_numpy(), want.zeros.as_numpy())


def test_sharded_batches_give_the_same():
    mesh = Mesh(np.array(jax.devices()), ("data",))
    x = values((8 * len(jax.devices()), 3))
    sharded = jax.device_put(x, NamedSharding(mesh, PartitionSpec("data")))
    model = nnx.Linear(3, 4, rngs=nnx.Rngs(0))

    def looked(x):
        return diagnostics.observe(model, x, call=lambda model, x: jaxrelu.relu(model(x)))["kernel"]

    whole = jax.jit(looked)(x)

    def gathered(x):
        return jax.lax.all_gather(looked(x), "data")

    spec = PartitionSpec("data")
    over = jax.shard_map(gathered, mesh=mesh, in_specs=spec, out_specs=PartitionSpec(), check_vma=False)
    parts = jax.jit(over)(sharded)
    for other in (jax.jit(looked)(sharded), parts.merged()):
        np.testing.assert_array_equal(other.zeros.as_numpy(), whole.zeros.as_numpy())
        np.testing.assert_allclose(other.mean, whole.mean, rtol=1e-5, atol=1e-6)


def test_a_call_of_ones_own_and_batches_that_are_dicts():
    model = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
    batches = [{"image": values((5, 3), k), "label": jnp.zeros(5, jnp.int32)} for k in range(2)]
    report = diagnostics.report(model, batches, call=lambda model, batch: jaxrelu.relu(model(batch["image"])))
    assert report["kernel"].figures["observations"] == 10


def test_the_model_is_not_touched_and_its_result_is_the_same():
    model, x = Bare(nnx.Rngs(0)), values((2, 8, 8, 1))
    before = jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(model, nnx.Param)))
    want = model(x)
    observe(model, x)
    jax.tree.map(np.testing.assert_array_equal, before, nnx.to_pure_dict(nnx.state(model, nnx.Param)))
    np.testing.assert_array_equal(model(x), want)


def test_gradients_are_those_of_the_loss_by_the_outputs():
    w, x = values((4, 1)), values((3, 4))
    model = functools.partial(lambda w, x: jnp.square(jaxrelu.relu(x) @ w), w)
    (got,) = diagnostics.gradients(jnp.sum, model, x).values()
    want = jax.grad(lambda h: jnp.square(h @ w).sum())(jaxrelu.relu(x))
    np.testing.assert_allclose(got, want, rtol=1e-5)  # a product of matrices
