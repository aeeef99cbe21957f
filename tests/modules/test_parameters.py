"""The parameters of the Flax modules: paths, shapes, first values; checkpoints of Flax serve ours."""

from typing import Any

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
import jaxrelu.linen
import jaxrelu.masks
import jaxrelu.nnx
from tests.support.modules import (
    FUNCTIONS,
    GATED,
    HOMES,
    IMAGES,
    KEY,
    LEARNED,
    X,
    assert_same,
    call,
    parameters,
    softplus,
)

PARAMETERS = {
    "PReLU": {"negative_slope"},
    "JumpReLU": {"log_threshold"},
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
@pytest.mark.parametrize("name", [*LEARNED, *GATED, "FeedForward", "FReLU", "DyReLU"])
def test_parameters_have_these_paths_and_shapes(home: str, name: str) -> None:
    arguments: dict[str, Any] = {"num_features": 6}
    if name in LEARNED:
        own = (2,) if name == "APL" else ()
        arguments |= FUNCTIONS[name][0]
        want: dict[str, Any] = dict.fromkeys(PARAMETERS[name], (*own, 6))
    elif name in GATED:
        arguments = {"features": 5, "use_bias": True}
        want = {"gate": projection(6, 5), "value": projection(6, 5)}
    elif name == "FeedForward":
        arguments = {"hidden_features": 5, "use_bias": True, "out_features": 7}
        want = {"gate": projection(6, 5), "value": projection(6, 5), "down": projection(5, 7)}
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


def test_prelu_takes_the_promotion_that_flax_takes() -> None:
    """Called with input and slope where a dtype is given, and left alone where none is."""
    seen: list[Any] = []

    def promoted(arrays: tuple[jax.Array, ...], *, dtype: Any) -> tuple[jax.Array, ...]:
        seen.append((len(arrays), dtype))
        return tuple(jnp.asarray(array, dtype) for array in arrays)

    x = jnp.array([-1.0, 1.0], "float16")
    y = jaxrelu.nnx.PReLU(0.5, dtype=jnp.float32, promote_dtype=promoted)(x)
    assert (y.dtype, y.tolist(), seen) == (jnp.float32, [-0.5, 1.0], [(2, jnp.float32)])
    assert jaxrelu.nnx.PReLU(promote_dtype=promoted)(x).dtype == jnp.float16
    assert len(seen) == 1


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
