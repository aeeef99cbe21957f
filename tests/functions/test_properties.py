"""Algebra that holds for every input: hypothesis on one shape, so that nothing is compiled twice."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaxrelu
from references.lookup import ROWS, reference_of
from tests.support.measures import SMALLEST_INPUT, compiled, value_and_slope_at

SIZE = 8
# The same examples in every run: a failure by chance would teach people to run again.
settings.register_profile(
    "arrays",
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],  # which on a busy machine it is
)
settings.load_profile("arrays")

# Subnormal numbers are left out: XLA:CPU takes them for zeros.
NUMBERS = st.floats(width=32, allow_nan=False, allow_subnormal=False)
ARRAYS = st.lists(NUMBERS, min_size=SIZE, max_size=SIZE).map(lambda x: np.array(x, np.float32))
MODERATE = st.lists(st.floats(-100, 100, width=32, allow_subnormal=False), min_size=SIZE, max_size=SIZE).map(
    lambda x: np.array(x, np.float32)
)
PARAMETERS = st.floats(-2, 2, width=32, allow_subnormal=False)


@given(ARRAYS)
def test_relu_of_both_signs_gives_x_back(x):
    np.testing.assert_array_equal(jaxrelu.relu(x) - jaxrelu.relu(-x), x)


@given(MODERATE)
def test_crelu_keeps_the_sum_of_squares(x):
    """Exactly: each square stands beside a zero."""
    halves = np.asarray(jaxrelu.crelu(x)).reshape(2, SIZE)
    np.testing.assert_array_equal(np.square(halves).sum(0), np.square(x))


@given(ARRAYS)
def test_relu6_is_relu_clipped(x):
    np.testing.assert_array_equal(jaxrelu.relu6(x), np.minimum(jaxrelu.relu(x), np.float32(6)))


@pytest.mark.parametrize("name", ["gelu", "gelu_exact", "silu", "softplus"])
def test_slopes_at_x_and_minus_x_add_to_one(name):
    """Two roundings of numbers below 2, and 4 ulp of each slope: 10 times 2**-23."""

    @given(ARRAYS)
    def check(x):
        slopes = [value_and_slope_at(compiled(name), point, {})[1] for point in (x, -x)]
        np.testing.assert_allclose(sum(slopes), 1.0, atol=10 * 2.0**-23)

    check()


@pytest.mark.parametrize("name", ["gelu", "gelu_exact", "silu", "softplus"])
def test_values_at_x_and_minus_x_differ_by_x(name):
    """f(x) - f(-x) = x, right to a few ulp of x, 4 each; softplus is log(2) at 0, so as many ulp of 1."""

    @given(MODERATE)
    def check(x):
        values = [value_and_slope_at(compiled(name), point, {})[0] for point in (x, -x)]
        np.testing.assert_allclose(values[0] - values[1], x, rtol=10 * 2.0**-23, atol=10 * 2.0**-23)

    check()


def is_monotone(name):
    """The slope too says so: a surrogate's is not that of the value."""
    return reference_of(name).monotone and reference_of(name).antiderivative is None


@pytest.mark.parametrize("name", [name for name in ROWS if is_monotone(name)])
def test_monotone(name):
    """Never decreasing by more than the 4 ulp of two neighbours."""

    @given(ARRAYS)
    def check(x):
        value, slope = value_and_slope_at(compiled(name), np.sort(x), dict(jaxrelu.catalogue()[name].example))
        value = np.clip(value, -(2.0**128), 2.0**128)  # infinity minus infinity is not a number
        assert (np.diff(value) >= -8 * 2.0**-23 * np.maximum(np.abs(value[1:]), SMALLEST_INPUT)).all()
        assert (slope >= 0).all()

    check()


@given(ARRAYS, PARAMETERS)
def test_prelu_with_one_slope_is_leaky_relu(x, slope):
    np.testing.assert_array_equal(jaxrelu.prelu(x, slope), jaxrelu.leaky_relu(x, slope))
    per_channel = np.full(SIZE, slope, np.float32)
    np.testing.assert_array_equal(jaxrelu.prelu(x, per_channel), jaxrelu.leaky_relu(x, slope))


@pytest.mark.parametrize("shape", [(2, 1), (1, 4), (2, 4), (1, 1), (3, 1, 1), (3, 2, 4)])
def test_prelu_takes_a_slope_of_any_shape_that_broadcasts(shape):
    """The value is leaky_relu's, and the slope by it a sum of min(x, 0) over all that share it."""
    x = np.linspace(-3.0, 2.0, 24, dtype=np.float32).reshape(3, 2, 4)
    slope = np.linspace(0.1, 0.9, math.prod(shape), dtype=np.float32).reshape(shape)
    whole = np.broadcast_to(slope, x.shape)
    np.testing.assert_array_equal(jaxrelu.prelu(x, slope), jaxrelu.leaky_relu(x, whole))
    got = jax.grad(lambda slope: jaxrelu.prelu(x, slope).sum())(slope)
    padded = (1,) * (3 - len(shape)) + shape
    shared = tuple(i for i, n in enumerate(padded) if n == 1)
    want = np.minimum(x, 0).sum(shared, keepdims=True).reshape(shape)
    np.testing.assert_allclose(got, want, rtol=1e-6)


@given(MODERATE, st.floats(0.125, 4, width=32))
def test_celu_is_elu_stretched(x, alpha):
    """celu(x, alpha) = alpha elu(x / alpha): the quotient's rounding enters the exponential."""
    want = np.float32(alpha) * np.asarray(jaxrelu.elu(x / np.float32(alpha)))
    np.testing.assert_allclose(jaxrelu.celu(x, np.float32(alpha)), want, rtol=1e-6, atol=1e-6)


@given(MODERATE, st.floats(0.125, 4, width=32))
def test_relu_is_homogeneous(x, scale):
    """relu(s x) = s relu(x) to the bit, but for subnormal products; leaky_relu to two roundings."""
    scaled = np.float32(scale) * x
    want = np.float32(scale) * np.asarray(jaxrelu.relu(x))
    np.testing.assert_allclose(jaxrelu.relu(scaled), want, rtol=0, atol=SMALLEST_INPUT)
    leaky = np.float32(scale) * np.asarray(jaxrelu.leaky_relu(x, 0.25))
    np.testing.assert_allclose(jaxrelu.leaky_relu(scaled, 0.25), leaky, rtol=2.0**-22, atol=1e-37)


# -- general_relu against the two functions it stands for ------------------------------------------


def keras_relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """keras.activations.relu as its documentation defines it, in plain Python."""
    if max_value is not None and x >= max_value:
        return max_value
    if x > threshold:
        return x
    return negative_slope * (x - threshold)


def fastai_general_relu(x, leak=None, sub=None, maxv=None):
    """fastai's GeneralRelu: rectify, then subtract, then clamp."""
    y = (x if x >= 0 else leak * x) if leak is not None else max(x, 0.0)
    if sub is not None:
        y = y - sub
    if maxv is not None:
        y = min(y, maxv)
    return y


# One rounding of a product and one of a difference, of numbers up to 200: their last place is 2**-16.
GENERAL: dict[str, Any] = {"rtol": 2.0**-22, "atol": 2.0**-16}
general_relu = jax.jit(jaxrelu.general_relu)


@given(MODERATE, st.floats(0, 1, width=32), st.floats(3, 9, width=32), st.floats(-2, 2, width=32))
def test_general_relu_is_that_of_keras(x, negative_slope, max_value, threshold):
    # Keras's own, with a threshold above the ceiling or a leak that reaches it, has no agreed meaning.
    got = general_relu(x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)
    want = [keras_relu(float(v), negative_slope, max_value, threshold) for v in x]
    np.testing.assert_allclose(got, want, **GENERAL)
    got = general_relu(x, negative_slope=negative_slope, threshold=threshold)
    want = [keras_relu(float(v), negative_slope, None, threshold) for v in x]
    np.testing.assert_allclose(got, want, **GENERAL)


@given(MODERATE, st.floats(0, 1, width=32), st.floats(0, 1, width=32), st.floats(1, 6, width=32))
def test_general_relu_is_that_of_fastai(x, leak, sub, maxv):
    got = general_relu(x, negative_slope=leak, shift=sub, max_value=maxv)
    np.testing.assert_allclose(got, [fastai_general_relu(float(v), leak, sub, maxv) for v in x], **GENERAL)
    np.testing.assert_allclose(
        general_relu(x, shift=sub), [fastai_general_relu(float(v), None, sub) for v in x], **GENERAL
    )


def test_general_relu_shifts_before_it_clamps():
    """The order matters: 9 - 0.5 is clamped to 6, not 6 - 0.5."""
    x = jnp.array([9.0])
    assert (
        jaxrelu.general_relu(x, shift=0.5, max_value=6.0) == fastai_general_relu(9.0, None, 0.5, 6.0) == 6.0
    )


@given(ARRAYS)
def test_general_relu_covers_the_others(x):
    np.testing.assert_array_equal(general_relu(x), jaxrelu.relu(x))
    np.testing.assert_array_equal(general_relu(x, max_value=6.0), jaxrelu.relu6(x))
    np.testing.assert_array_equal(general_relu(x, 0.25), jaxrelu.leaky_relu(x, 0.25))


@functools.cache
def hessian_vector(name):
    function = jaxrelu.catalogue()[name].bound
    return jax.jit(lambda x, v: jax.jvp(jax.grad(lambda x: function(x).sum()), (x,), (v,))[1])


@given(MODERATE)
def test_second_slopes_are_even(x):
    """f'(x) + f'(-x) = 1 differentiated; second slopes are below 1.2, right to some 2**-20."""
    for name in ("gelu", "silu"):
        ones = np.ones_like(x)
        curvatures = [hessian_vector(name)(point, ones) for point in (x, -x)]
        np.testing.assert_allclose(*curvatures, atol=1e-6)


# -- bounds ----------------------------------------------------------------------------------------

# The least and the most of each value; the least of silu and its like from their references' minimum.
BOUNDS = {
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "elu": (-1.0, np.inf),
    "celu": (-1.0, np.inf),
    "selu": (-1.7580994, np.inf),
    "gelu": (-0.1700408, np.inf),
    "gelu_exact": (-0.1699713, np.inf),
    "silu": (-0.2784646, np.inf),
    "mish": (-0.3088436, np.inf),
    "hard_silu": (-0.375, np.inf),
    "squared_relu": (0.0, np.inf),
    "squareplus": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "sparse_plus": (0.0, np.inf),
    "sparse_sigmoid": (0.0, 1.0),
    "soft_sign": (-1.0, 1.0),
    "laplace": (0.0, 1.0),
    "log_sigmoid": (-np.inf, 0.0),
    "gelu_10": (-0.1699713, 10.0),
}


NEAR = st.lists(st.floats(-2, 2, width=32, allow_subnormal=False), min_size=SIZE, max_size=SIZE).map(
    lambda x: np.array(x, np.float32)
)


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(name):
    """To 4 ulp; near 0, where the least is, and everywhere."""

    @given(st.one_of(NEAR, ARRAYS))
    def check(x):
        value, _ = value_and_slope_at(compiled(name), x, {})
        low, high = (
            bound + way * 2.0**-21 * abs(bound) for bound, way in zip(BOUNDS[name], (-1, 1), strict=True)
        )
        assert (value >= low).all() and (value <= high).all()

    check()


@pytest.mark.parametrize("name", ["softplus", "squareplus", "smelu", "sparse_plus"])
def test_smooth_rectifiers_lie_above_relu(name):
    @given(ARRAYS)
    def check(x):
        value, _ = value_and_slope_at(compiled(name), x, {})
        assert (value >= np.maximum(x, 0) * np.float32(1 - 2.0**-21)).all()

    check()


@given(MODERATE, MODERATE)
def test_rectifiers_do_not_stretch_distances(x, y):
    """|f(x) - f(y)| <= |x - y|, which is rounded."""
    for f in (jaxrelu.relu, jaxrelu.relu6, jaxrelu.hard_tanh, jaxrelu.leaky_relu):
        apart = np.abs(np.asarray(f(x), np.float64) - np.asarray(f(y), np.float64))
        assert (apart <= np.abs(x.astype(float) - y) * (1 + 2.0**-22) + 2.0**-22 * np.abs(x)).all()


@given(ARRAYS, st.integers(0, 2**32 - 1))
def test_rrelu_draws_between_its_bounds(x, seed):
    y = np.asarray(jaxrelu.rrelu(x, jax.random.key(np.uint32(seed)), 0.25, 0.5))
    low, high = (np.where(x < 0, np.float32(slope) * x, x) for slope in (0.5, 0.25))
    assert (y >= low).all() and (y <= high + SMALLEST_INPUT).all()  # what is subnormal becomes 0


# -- functions that are others ---------------------------------------------------------------------


@given(MODERATE)
def test_special_cases(x):
    """Products of numbers up to 100 and of factors of a few ulp each."""
    close: Any = {"rtol": 2.0**-20, "atol": 1e-6}
    square: Any = {"rtol": 2.0**-22, "atol": SMALLEST_INPUT}  # what is subnormal becomes 0
    np.testing.assert_allclose(jaxrelu.squared_relu(x), np.maximum(x, 0) ** 2, **square)
    np.testing.assert_allclose(jaxrelu.hard_silu(x), x * np.asarray(jaxrelu.hard_sigmoid(x)), **close)
    np.testing.assert_allclose(jaxrelu.parametric_swish(x, 1.0), jaxrelu.silu(x), **close)
    np.testing.assert_allclose(jaxrelu.acon_c(x, 1.0, 0.0, 1.0), jaxrelu.silu(x), **close)
    np.testing.assert_array_equal(jaxrelu.srelu(x, -1.0, 1.0, 1.0, 1.0), x)
    np.testing.assert_array_equal(jaxrelu.threshold(x, 0.0, 0.0), jaxrelu.relu(x))
    zeros = np.zeros(2, np.float32)
    np.testing.assert_array_equal(jaxrelu.apl(x, zeros, zeros), jaxrelu.relu(x))
    np.testing.assert_array_equal(jaxrelu.surrogate_relu(x), jaxrelu.relu(x))
    np.testing.assert_array_equal(jaxrelu.sparse_plus(x), jaxrelu.smelu(x))
    np.testing.assert_array_equal(jaxrelu.jump_relu(x, 1.0), jaxrelu.threshold(x, 1.0))
    np.testing.assert_array_equal(jaxrelu.log_sigmoid(x), -np.asarray(jaxrelu.softplus(-x)))
    np.testing.assert_array_equal(jaxrelu.hard_shrink(x, 0.0), x)
    np.testing.assert_allclose(jaxrelu.softplus(x, 1.0), jaxrelu.softplus(x), **close)


@given(ARRAYS, st.floats(0, 4, width=32, allow_subnormal=False))
def test_soft_shrink_and_the_clipped_rest_make_x(x, threshold):
    """It is what a clipped x leaves: to the rounding of the difference."""
    got = np.asarray(jaxrelu.soft_shrink(x, threshold), np.float64)
    np.testing.assert_allclose(got + np.clip(x, -threshold, threshold), x, rtol=2.0**-23, atol=SMALLEST_INPUT)


@given(ARRAYS)
def test_what_shrinks_is_odd(x):
    for f in (jaxrelu.hard_shrink, jaxrelu.soft_shrink, jaxrelu.tanh_shrink, jaxrelu.soft_sign):
        np.testing.assert_array_equal(f(-x), -np.asarray(f(x)))


@given(MODERATE, st.floats(0.125, 4, width=32))
def test_softplus_with_beta_is_softplus_stretched(x, beta):
    """softplus(x, beta) = softplus(beta x) / beta: the product's rounding enters the exponential."""
    want = np.asarray(jaxrelu.softplus(np.float32(beta) * x)) / np.float32(beta)
    np.testing.assert_allclose(jaxrelu.softplus(x, beta), want, rtol=1e-4, atol=1e-30)


@given(MODERATE, MODERATE, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_gated_units_are_linear_in_their_value(gate, value, scale):
    """By powers of two to the bit, but where value or product is subnormal and becomes 0; gates up to 100."""
    for f in (jaxrelu.reglu, jaxrelu.geglu, jaxrelu.swiglu, jaxrelu.bilinear):
        want = np.float32(scale) * np.asarray(f(gate, value))
        scaled = f(gate, np.float32(scale) * value)
        np.testing.assert_allclose(scaled, want, rtol=0, atol=100 * SMALLEST_INPUT)
    np.testing.assert_array_equal(jaxrelu.bilinear(gate, value), jaxrelu.bilinear(value, gate))


@given(ARRAYS)
def test_maxout_does_not_mind_the_order_in_a_group(x):
    swapped = x.reshape(-1, 2)[:, ::-1].reshape(-1)
    np.testing.assert_array_equal(jaxrelu.maxout(x, 2), jaxrelu.maxout(swapped, 2))
    np.testing.assert_array_equal(jaxrelu.maxout(x, 2), x.reshape(-1, 2).max(1))


# -- where an element stands, and in which program -------------------------------------------------

ELEMENTWISE = [name for name in ROWS if name != "crelu"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_element_does_not_depend_on_its_neighbours(name):
    """To the bit: in another order, in a part of the array, and beside other numbers."""
    both = compiled(name)
    parameters = dict(jaxrelu.catalogue()[name].example)

    @settings(max_examples=20)
    @given(ARRAYS, st.permutations(range(SIZE)))
    def check(x, order):
        value, slope = value_and_slope_at(both, x, parameters)
        moved, moved_slope = value_and_slope_at(both, x[order], parameters)
        np.testing.assert_array_equal(moved, value[order])
        np.testing.assert_array_equal(moved_slope, slope[order])
        half = np.concatenate([x[: SIZE // 2], np.ones(SIZE // 2, np.float32)])
        np.testing.assert_array_equal(
            value_and_slope_at(both, half, parameters)[0][: SIZE // 2], value[: SIZE // 2]
        )

    check()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bfloat16_is_float32_rounded(name):
    """Within a unit in the last place of bfloat16: the formulas for it are shorter."""
    f = jaxrelu.catalogue()[name].bound
    parameters = dict(jaxrelu.catalogue()[name].example)
    call = jax.jit(lambda x: (f(x, **parameters), f(x.astype(jnp.float32), **parameters)))

    @settings(max_examples=20)
    @given(MODERATE)
    def check(x):
        short, exact = (np.asarray(y, np.float32) for y in call(jnp.asarray(x, jnp.bfloat16)))
        np.testing.assert_allclose(short, exact, rtol=2.0**-7, atol=1e-37)

    check()


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "relu6", "hard_tanh", "threshold", "general_relu"])
def test_what_is_kept_does_not_change_the_slope(name):
    """Nor a sign of zero: mask, bits and input to the bit."""
    row = jaxrelu.catalogue()[name]
    kept = [jaxrelu.with_residual(row.function, residual) for residual in ("mask", "bits", "input")]
    slopes = jax.jit(lambda x, g: [jax.vjp(f, x)[1](g)[0] for f in kept])

    @given(ARRAYS, MODERATE)
    def check(x, g):
        mask, *others = (np.asarray(slope).view(np.int32) for slope in slopes(x, g))
        for other in others:
            np.testing.assert_array_equal(mask, other)

    check()
