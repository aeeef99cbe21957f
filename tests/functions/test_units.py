"""What joins several numbers: maxout, glu, reglu, geglu, swiglu, clamped_swiglu, bilinear.

Values and the slopes by every piece against float64, dtypes, what is kept, transformations, refusals.
"""

import copy
import functools
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import jaxrelu
from jaxrelu._functions.gated import sigmoid_glu
from references.entry import in_float64
from references.units import UNITS, clamped_swiglu, value_and_slopes
from tests.support.measures import all_patterns, assert_within, float64

CATALOGUE = jaxrelu.catalogue()
GATED = [name for name in UNITS if CATALOGUE[name].partners]
SPLIT = [name for name in UNITS if name not in GATED]
FLOATS = ("float8_e5m2", "float16", "bfloat16", "float32")
PARTNERS = (0.0, 1.0, -0.3, 3.7, -180.0, np.inf, -np.inf, np.nan)


def of_pieces(name, wrap=lambda function: function):
    """The function of the two pieces, whatever it takes itself: (n,) each, its result (n,)."""
    row = CATALOGUE[name]
    function = wrap(row.function)
    if row.partners:
        return function
    if name == "maxout":  # neighbours form a group
        return lambda a, b: function(jnp.stack([a, b], -1).reshape(*a.shape[:-1], -1), **row.example)
    return lambda a, b: function(jnp.concatenate([a, b], -1))


@functools.cache
def compiled(name):
    @jax.jit
    def evaluate(a, b):
        y, pullback = jax.vjp(of_pieces(name), a, b)
        return y, *pullback(jnp.ones_like(y))

    return evaluate


def expected(name, a, b):
    return value_and_slopes(name, float64(a), float64(b))


def pairs(dtype, every):
    """Every number of `every` with each of a few partners, on either side."""
    other = np.repeat(np.array(PARTNERS, "float32").astype(dtype), every.size)
    every = np.tile(every, len(PARTNERS))
    return (every, other), (other, every)


PARTS = ("value", "slope by the first", "slope by the second")
TINY = 1e-30  # a product of two may lose to flushed subnormals what neither does alone


def assert_right(name, dtype, every, allowed):
    for a, b in pairs(dtype, every):
        subnormal = (np.abs(float64(a)) < 2.0**-126) | (np.abs(float64(b)) < 2.0**-126)
        # Infinity times a gate that is 0 in float32 is 0 there.
        without_infinity = expected(
            name, *(np.where(np.isinf(p), np.sign(p), p) for p in map(float64, (a, b)))
        )
        cases = zip(PARTS, compiled(name)(a, b), expected(name, a, b), without_infinity, strict=True)
        for what, got, want, factor in cases:
            shut = np.isinf(want) & (np.abs(factor) < TINY)
            excused = subnormal | shut | (np.abs(want) < TINY)
            assert_within(f"{name}, {what}", a, float64(got), want, allowed, excused=excused)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", UNITS)
def test_every_small_float_with_a_few_partners_is_rounded_once(name, dtype):
    assert_right(name, dtype, all_patterns(dtype), 0.51)


@pytest.mark.parametrize("name", UNITS)
def test_float32(name):
    """4 ulp, and one for the product."""
    spread = (np.arange(2**14, dtype=np.uint32) * np.uint32(2**18 + 5)).view(np.float32)
    assert_right(name, "float32", spread, 5.0)


@pytest.mark.parametrize("name", UNITS)
def test_float64(name):
    a, b = np.linspace(-30, 30, 512), np.cos(np.arange(512.0)) * 7
    with jax.enable_x64(True):
        for got, want in zip(compiled(name)(a, b), expected(name, a, b), strict=True):
            # 2**-52 where the slope of the gate changes its sign, times a partner below 8.
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=8 * 2.0**-52)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNITS)
def test_dtypes(name, dtype):
    a = jax.ShapeDtypeStruct((4,), dtype)
    assert {part.dtype for part in jax.eval_shape(compiled(name), a, a)} == {jnp.dtype(dtype)}


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "bool"])
@pytest.mark.parametrize("name", UNITS)
def test_integers(name, dtype):
    a = jnp.array([0, 1, 1, 0], dtype)
    y = of_pieces(name)(a, a)
    if name == "maxout":
        assert y.dtype == dtype
    else:
        assert y.dtype == "float32"
    want = of_pieces(name)(a.astype("float32"), a.astype("float32"))
    np.testing.assert_array_equal(y.astype("float32"), want)


@pytest.mark.parametrize("name", GATED)
def test_the_result_has_the_dtype_of_the_gate_and_gradients_their_own(name):
    gate, value = jnp.ones(4, "bfloat16"), jnp.ones(4, "float32")
    y, pullback = jax.vjp(CATALOGUE[name].function, gate, value)
    assert y.dtype == "bfloat16"
    assert [part.dtype for part in pullback(y)] == ["bfloat16", "float32"]


# -- what is kept ----------------------------------------------------------------------------------


def kept(function, *operands):
    _, pullback = jax.eval_shape(lambda *operands: jax.vjp(function, *operands), *operands)
    return sorted(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(pullback) if leaf.size > 1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", [*GATED, "glu"])
def test_gate_and_value_are_kept_and_nothing_else(name, dtype):
    a = jax.ShapeDtypeStruct((16, 64), dtype)
    if name == "glu":
        whole = jax.ShapeDtypeStruct((16, 128), dtype)
        assert kept(jaxrelu.glu, whole) == [a.size * a.dtype.itemsize] * 2
    else:
        assert kept(CATALOGUE[name].function, a, a) == [a.size * a.dtype.itemsize] * 2


@pytest.mark.parametrize("pieces", [2, 3, 17, 256])
def test_maxout_keeps_one_byte_an_element(pieces):
    x = jax.ShapeDtypeStruct((16, 64 * pieces), "float32")
    assert sum(kept(lambda x: jaxrelu.maxout(x, pieces), x)) == 16 * 64


@pytest.mark.parametrize("name", UNITS)
def test_impossible_residuals_are_refused(name):
    row = CATALOGUE[name]
    for kind in {"input", "output", "mask", "bits"} - set(row.residuals):
        with pytest.raises(ValueError, match=f"with_residual: residual of {name}"):
            jaxrelu.with_residual(row.function, kind)  # pyright: ignore[reportArgumentType]


# -- transformations -------------------------------------------------------------------------------

A = np.array([-3.3, -1.7, -0.6, 0.4, 1.3, 2.7])
B = np.array([0.8, -1.2, 2.2, 1.9, -0.7, 0.3])


@pytest.mark.parametrize("name", UNITS)
def test_gradients(name):
    with jax.enable_x64(True):
        check_grads(jax.jit(of_pieces(name)), (A, B), order=1, modes=("rev",))
        forward = jax.jit(of_pieces(name, jaxrelu.forward_mode))
        check_grads(forward, (A, B), order=2, modes=("fwd", "rev"))


@pytest.mark.parametrize("name", UNITS)
def test_hessian_is_symmetric_and_that_of_the_forward_twin(name):
    def second(function):
        return jax.jit(jax.hessian(lambda ab: function(*ab).sum()))(jnp.stack([A, B]).astype("float32"))

    got = second(of_pieces(name))
    np.testing.assert_allclose(got, second(of_pieces(name, jaxrelu.forward_mode)), atol=1e-5)
    np.testing.assert_allclose(got, got.transpose(2, 3, 0, 1), atol=1e-5)


@pytest.mark.parametrize("name", UNITS)
def test_vmap_scan_and_remat_change_nothing(name):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 8)).astype("float32")
    function = of_pieces(name)

    def scanned(a, b):
        return jax.lax.scan(lambda carry, ab: (carry, function(*ab)), 0.0, (a, b))[1]

    @jax.jit
    def each(a, b):
        ways = (function, jax.vmap(function), scanned, jax.checkpoint(function))
        return [jax.value_and_grad(lambda a, b, f=f: jnp.sin(f(a, b)).sum(), (0, 1))(a, b) for f in ways]

    first, *others = map(jax.tree.leaves, each(a, b))
    for other in others:
        for got, want in zip(other, first, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
@pytest.mark.parametrize("name", SPLIT)
def test_any_axis(name, axis):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    row = CATALOGUE[name]
    got = row.function(x, **row.example, axis=axis)
    want = row.function(np.moveaxis(x, axis, -1), **row.example)
    np.testing.assert_allclose(got, np.moveaxis(np.asarray(want), -1, axis), rtol=1e-6)


@pytest.mark.parametrize("slope", [0.25, 1.0, -0.5])
def test_maxout_of_x_and_a_line_is_prelu(slope):
    x = np.linspace(-5, 5, 41).astype("float32")
    np.testing.assert_array_equal(of_pieces("maxout")(x, np.float32(slope) * x), jaxrelu.prelu(x, slope))


def test_maxout_of_x_and_a_steeper_line_is_not_prelu():
    x = np.array([-1.0, 1.0], "float32")
    assert of_pieces("maxout")(x, 2 * x).tolist() == [-1.0, 2.0]
    assert jaxrelu.prelu(x, 2.0).tolist() == [-2.0, 1.0]


@pytest.mark.parametrize("name", ["reglu", "geglu", "swiglu"])
def test_a_gated_unit_is_its_activation_times_the_value(name):
    activation = {"reglu": jaxrelu.relu, "geglu": jaxrelu.gelu, "swiglu": jaxrelu.silu}[name]
    a, b = A.astype("float32"), B.astype("float32")
    np.testing.assert_allclose(CATALOGUE[name].function(a, b), activation(a) * b, rtol=1e-6)


@pytest.mark.parametrize(("limit", "alpha"), [(7.0, 1.702), (1.5, 1.0), (np.inf, 3.0)])
def test_clamped_swiglu_with_other_numbers(limit, alpha):
    """To 4 ulp, and one for the product, as with the defaults; the limits themselves are among the points."""
    ends = [-limit, limit] if limit < np.inf else []
    points = np.array([*A, *B, *ends, 9.0, -9.0, 0.0, 0.5, np.nan], "float32")
    gate, value = (grid.ravel() for grid in np.meshgrid(points, points))

    @jax.jit
    def evaluate(gate, value):
        y, pullback = jax.vjp(lambda g, v: jaxrelu.clamped_swiglu(g, v, limit, alpha), gate, value)
        return y, *pullback(jnp.ones_like(y))

    want = in_float64(functools.partial(clamped_swiglu, limit=limit, alpha=alpha), gate, value)
    for got, expected_part in zip(evaluate(gate, value), want, strict=True):
        np.testing.assert_allclose(got, expected_part, rtol=5 * 2.0**-23, atol=1e-7)


def test_a_value_of_zero_passes_the_clamped_gate_on():
    got = jaxrelu.clamped_swiglu(A.astype("float32"), jnp.zeros(A.size))
    np.testing.assert_allclose(got, jaxrelu.quick_gelu(A.astype("float32")), rtol=1e-6)


def test_limit_and_alpha_are_positive_numbers():
    for given in ({"limit": 0.0}, {"alpha": -1.0}, {"limit": np.nan}):
        with pytest.raises(ValueError, match=rf"^clamped_swiglu: {next(iter(given))} must be positive, got"):
            jaxrelu.clamped_swiglu(A, B, **given)
    of_wrong_type: list[Any] = [{"limit": None}, {"alpha": "one"}, {"limit": jnp.ones(())}]
    for given in of_wrong_type:
        with pytest.raises(TypeError, match=rf"^clamped_swiglu: {next(iter(given))} must be a number that"):
            jaxrelu.clamped_swiglu(A, B, **given)


@pytest.mark.parametrize("name", UNITS)
def test_complex_is_refused_by_name(name):
    row = CATALOGUE[name]
    bad = jnp.ones(4, "complex64")
    with pytest.raises(TypeError, match=rf"^{name}: \w+ must be .* got dtype complex64"):
        row.function(bad, *([jnp.ones(4)] if row.partners else []), **row.example)


# -- gate and value in one array -------------------------------------------------------------------


@pytest.mark.parametrize("gate_first", [True, False])
@pytest.mark.parametrize("interleaved", [True, False])
@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", [*GATED, "glu"])
def test_a_packed_unit_is_the_unit_of_its_parts(name, axis, interleaved, gate_first):
    """Value and gradient, to the bit."""
    gate, value = A.astype("float32").reshape(3, 2), B.astype("float32").reshape(3, 2)
    parts = (gate, value) if gate_first else (value, gate)
    if interleaved:
        joined = np.stack(parts, axis=-1 if axis == -1 else 1).reshape((3, 4) if axis == -1 else (6, 2))
    else:
        joined = np.concatenate(parts, axis)
    function = jaxrelu.glu if name == "glu" else jaxrelu.packed(CATALOGUE[name].function)
    unit = sigmoid_glu if name == "glu" else CATALOGUE[name].function

    def packed_unit(x):
        return function(x, axis=axis, interleaved=interleaved, gate_first=gate_first)

    np.testing.assert_array_equal(packed_unit(joined), unit(gate, value))
    got = jax.grad(lambda x: jnp.sin(packed_unit(x)).sum())(joined)
    by_gate, by_value = jax.grad(lambda g, v: jnp.sin(unit(g, v)).sum(), (0, 1))(gate, value)
    place = {
        (True, -1): (np.s_[:, ::2], np.s_[:, 1::2]), (True, 0): (np.s_[::2], np.s_[1::2]),
        (False, -1): (np.s_[:, :2], np.s_[:, 2:]), (False, 0): (np.s_[:3], np.s_[3:]),
    }[interleaved, axis]  # fmt: skip
    first, second = (by_gate, by_value) if gate_first else (by_value, by_gate)
    np.testing.assert_array_equal(got[place[0]], first)
    np.testing.assert_array_equal(got[place[1]], second)


def test_packed_units_take_the_arguments_of_the_unit_and_are_transformed():
    x = jnp.asarray(np.concatenate([A, B]), "float32")
    geglu = jaxrelu.packed(jaxrelu.geglu)
    np.testing.assert_array_equal(geglu(x, approximate=False), jaxrelu.geglu(x[:6], x[6:], approximate=False))
    clamped = jaxrelu.packed(jaxrelu.clamped_swiglu)
    np.testing.assert_array_equal(clamped(x, limit=1.0), jaxrelu.clamped_swiglu(x[:6], x[6:], limit=1.0))
    with pytest.raises(ValueError, match="clamped_swiglu: limit must be positive"):
        clamped(x, limit=-1.0)
    _, pushed = jax.jvp(jaxrelu.forward_mode(geglu), (x,), (jnp.ones_like(x),))
    np.testing.assert_allclose(pushed, jax.jacrev(geglu)(x).sum(1), rtol=1e-5)
    assert jaxrelu.with_residual(geglu, "input") is jaxrelu.with_residual(geglu, "input")


def test_a_packed_unit_is_one_object():
    geglu = jaxrelu.packed(jaxrelu.geglu)
    assert geglu is jaxrelu.packed(jaxrelu.geglu)
    assert geglu.__name__ == "packed_geglu"
    assert pickle.loads(pickle.dumps(geglu)) is copy.deepcopy(geglu) is geglu
