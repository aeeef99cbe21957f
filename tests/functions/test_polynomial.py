"""polynomial_relu: its fits against published values and other methods, its program, its checks."""

import inspect
import math
import warnings
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.polynomial import Chebyshev, Polynomial
from scipy.integrate import quad
from scipy.optimize import linprog

import jaxrelu
from jaxrelu._functions.polynomial.composite import SIGN_STAGES
from jaxrelu._functions.polynomial.relu import PolynomialRelu, polynomial_relu

METHODS: list[Literal["least_squares", "chebyshev", "derivative", "minimax"]] = [
    "least_squares", "chebyshev", "derivative", "minimax"
]  # fmt: skip
INTERVALS = [(-1.0, 1.0), (-4.0, 4.0), (-1.0, 0.25), (-0.5, 7.0)]
COMPOSITES = {
    "f3": (("f3",), 0.0609),
    "f3 four times": (("f3",) * 4, 0.0059),
    "g3, f3": (("g3", "f3"), 0.0138),
    "g3^2, f3^2": (("g3",) * 2 + ("f3",) * 2, 0.00141),
    "g3^4, f3^2": (("g3",) * 4 + ("f3",) * 2, 7.02e-5),
    "g3^4, f3^4": (("g3",) * 4 + ("f3",) * 4, 1.47e-5),
}


def relu(x):
    return np.maximum(x, 0.0)


def grid(interval, points=20001):
    low, high = interval
    return np.linspace(low, high, points)


def series_of(function: PolynomialRelu) -> Chebyshev:
    """Every method but "composite" has one."""
    assert function.series is not None
    return function.series


def coefficients_of(function: PolynomialRelu) -> np.ndarray:
    """Every method but "composite" has one list of them."""
    assert isinstance(function.coefficients, np.ndarray)
    return function.coefficients


KINDS: dict[str, dict[str, Any]] = {
    f"{method} on {interval}": {"method": method, "interval": interval}
    | ({} if method == "composite" else {"degree": 5})
    for method in [*METHODS, "composite"]
    for interval in [(-1.0, 1.0), (-3.0, 2.0)]
}


def moment(function, order, interval):
    """The integral of function(x) x**order, by quadrature that knows the kink."""
    return quad(lambda x: function(x) * x**order, *interval, points=[0.0])[0]


# -- coefficients ----------------------------------------------------------------------------------

PUBLISHED = {
    ("least_squares", 2): [0.09375, 0.5, 0.46875],
    ("least_squares", 4): [0.05859375, 0.5, 0.8203125, 0.0, -0.41015625],
    ("least_squares", 6): [0.0427246, 0.5, 1.1535645, 0.0, -1.4099121, 0.0, 0.7331543],
    ("chebyshev", 2): [1 / (3 * math.pi), 0.5, 4 / (3 * math.pi)],
    ("chebyshev", 4): [0.06366, 0.5, 0.76394, 0.0, -0.33953],
    ("derivative", 2): [0.125, 0.5, 0.375],
    ("derivative", 4): [0.0703125, 0.5, 0.703125, 0.0, -0.2734375],
    ("derivative", 6): [0.0488281, 0.5, 1.0253906, 0.0, -1.0253906, 0.0, 0.4511719],
    ("minimax", 2): [0.0625, 0.5, 0.5],
}
ERRORS = {
    ("least_squares", 2): 0.09375,
    ("least_squares", 4): 0.05859375,
    ("least_squares", 6): 0.0427246,
    ("chebyshev", 2): 1 / (3 * math.pi),
    ("chebyshev", 4): 0.0636620,
    ("chebyshev", 6): 0.0454728,
    ("derivative", 2): 0.125,
    ("derivative", 4): 0.0703125,
    ("derivative", 6): 0.0488281,
    ("minimax", 2): 0.0625,
}


@pytest.mark.parametrize(("method", "degree"), PUBLISHED)
def test_published_coefficients(method, degree):
    function = polynomial_relu(degree, method=method)
    np.testing.assert_allclose(function.coefficients, PUBLISHED[method, degree], atol=5e-6, rtol=0.0)
    exact = [c for c in PUBLISHED[method, degree] if (c * 2**12).is_integer()]
    assert all(abs(coefficients_of(function) - c).min() < 1e-14 for c in exact)


@pytest.mark.parametrize(("method", "degree"), ERRORS)
def test_published_errors(method, degree):
    function = polynomial_relu(degree, method=method)
    assert function.maximum_error == pytest.approx(ERRORS[method, degree], abs=6e-8)


def test_left_out_arguments():
    function = polynomial_relu()
    assert (function.degree, function.interval, function.method) == (2, (-1.0, 1.0), "least_squares")
    same = polynomial_relu(2, (-1, 1), "least_squares")
    assert coefficients_of(function).tolist() == coefficients_of(same).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_scaled_intervals(method):
    """relu(q x) = q relu(x), and so is the polynomial: q p(x / q)."""
    narrow, wide = polynomial_relu(6, (-1.0, 0.5), method), polynomial_relu(6, (-40.0, 20.0), method)
    scaled = 40.0 * coefficients_of(narrow) / 40.0 ** np.arange(7)
    np.testing.assert_allclose(wide.coefficients, scaled, rtol=1e-10, atol=1e-20)
    assert wide.maximum_error == pytest.approx(40.0 * narrow.maximum_error)


@pytest.mark.parametrize("interval", INTERVALS)
def test_least_squares_error_is_orthogonal_to_every_polynomial(interval):
    function = polynomial_relu(4, interval)
    for order in range(5):
        product = moment(lambda x: series_of(function)(x) - relu(x), order, interval)
        assert abs(product) < 1e-11 * interval[1] ** 2 * max(map(abs, interval)) ** order


@pytest.mark.parametrize("interval", INTERVALS)
def test_chebyshev_series_against_quadrature(interval):
    """The coefficients are means over the angles, of the integrand times two, but for the first."""
    series = series_of(polynomial_relu(5, interval, "chebyshev")).coef
    low, high = interval
    centre, half = (low + high) / 2, (high - low) / 2
    kink = math.acos(-centre / half)

    def integrand(angle, order):
        return relu(centre + half * math.cos(angle)) * math.cos(order * angle)

    for order in range(6):
        total = quad(integrand, 0, math.pi, args=(order,), points=[kink])[0]
        assert series[order] == pytest.approx(total * (2 if order else 1) / math.pi, abs=1e-12 * half)


@pytest.mark.parametrize("interval", INTERVALS)
def test_derivative_method_fits_the_step_and_the_ends(interval):
    function = polynomial_relu(4, interval, "derivative")
    np.testing.assert_allclose(series_of(function)(np.array(interval)), relu(np.array(interval)), atol=1e-13)
    slope = series_of(function).deriv()
    for order in range(4):
        product = moment(lambda x: slope(x) - (x > 0), order, interval)
        assert abs(product) < 1e-11 * max(map(abs, interval)) ** (order + 1)


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("interval", INTERVALS)
def test_minimax_error_equioscillates(degree, interval):
    """Chebyshev's theorem: degree + 2 extrema of equal size in turn prove that no polynomial does better."""
    function = polynomial_relu(degree, interval, "minimax")
    x = np.sort(
        np.append(interval[0] + (interval[1] - interval[0]) * (1 - np.cos(grid((0, np.pi)))) / 2, 0.0)
    )
    error = (series_of(function)(x) - relu(x)) / function.maximum_error
    assert abs(error).max() <= 1 + 1e-9
    touched = np.sign(error[abs(error) > 1 - 1e-4])
    assert 1 + np.count_nonzero(np.diff(touched)) >= degree + 2


@pytest.mark.parametrize("interval", INTERVALS)
def test_minimax_against_a_linear_program(interval):
    """On a grid, the least bound on both signs of the error; the grid misses a little of it."""
    degree, x = 5, np.append(grid(interval, 801), 0.0)
    t = np.interp(x, interval, (-1.0, 1.0))
    basis = np.polynomial.chebyshev.chebvander(t, degree)
    bound = -np.ones((len(x), 1))
    program = linprog(
        np.eye(degree + 2)[-1],
        A_ub=np.block([[basis, bound], [-basis, bound]]),
        b_ub=np.append(relu(x), -relu(x)),
        bounds=(None, None),
    )
    function = polynomial_relu(degree, interval, "minimax")
    assert program.fun <= function.maximum_error * (1 + 1e-6)
    assert program.fun == pytest.approx(function.maximum_error, rel=1e-3)


@pytest.mark.parametrize("interval", [(-1.0, 1e-9), (-1e-9, 1.0)])
def test_minimax_with_the_kink_next_to_an_end(interval):
    """A line through the corner errs by half of the short side; degree 6 does hardly better."""
    assert polynomial_relu(6, interval, "minimax").maximum_error == pytest.approx(5e-10, rel=1e-3)


@pytest.mark.parametrize("degree", [20, 64])
def test_minimax_error_falls_like_bernstein(degree):
    """Bernstein's constant 0.2801694... for |x|, halved for relu: error times degree tends to 0.1401."""
    assert polynomial_relu(degree, method="minimax").maximum_error * degree == pytest.approx(
        0.14008, rel=2e-3
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("degree", [1, 2, 5, 20])
@pytest.mark.parametrize("interval", [(-1.0, 1.0), (-50.0, 30.0), (-1.0, 0.01)])
def test_maximum_error(method, degree, interval):
    """No point of a fine grid is worse, and some point is nearly as bad."""
    function = polynomial_relu(degree, interval, method)
    x = np.append(grid(interval, 200_001), 0.0)
    worst = abs(series_of(function)(x) - relu(x)).max()
    assert worst <= function.maximum_error * (1 + 1e-12)
    assert worst >= function.maximum_error * (1 - 1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("interval", "line"), [((1.0, 2.0), [0.0, 1.0]), ((-3.0, 0.0), [0.0, 0.0])])
def test_without_a_kink_inside_it_is_relu(method, interval, line):
    function = polynomial_relu(3, interval, method)
    np.testing.assert_allclose(function.coefficients, [*line, 0.0, 0.0], atol=1e-15)
    assert (function.maximum_error, function.multiplications) == (0.0, 0)
    low, high = interval
    x = jnp.linspace(low, high, 5)
    np.testing.assert_allclose(function(x), relu(x), rtol=1e-6)
    assert jnp.isnan(function(jnp.nan))


# -- composite ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMPOSITES)
def test_composite(name):
    stages, error = COMPOSITES[name]
    function = polynomial_relu(method="composite", stages=stages)
    assert function.maximum_error == pytest.approx(error, rel=9e-3)
    assert function.degree == 1 + 7 ** len(stages)
    assert [len(c) for c in function.coefficients] == [8] * len(stages)
    x = np.append(grid((-1.0, 1.0), 400_001), np.geomspace(1e-7, 1.0, 400_000))
    worst = abs(composed(function.coefficients, x) - relu(x)).max()
    assert function.maximum_error * (1 - 1e-5) <= worst <= function.maximum_error * (1 + 1e-9)


def composed(stages, x):
    sign = x
    for coefficients in stages:
        sign = Polynomial(coefficients)(sign)
    return x * (1 + sign) / 2


def test_stages():
    f3 = [0, 35 / 16, 0, -35 / 16, 0, 21 / 16, 0, -5 / 16]
    g3 = [0, 4589 / 1024, 0, -16577 / 1024, 0, 25614 / 1024, 0, -12860 / 1024]
    np.testing.assert_allclose(np.array(SIGN_STAGES["f3"].coef, np.float64), f3, rtol=1e-15)
    np.testing.assert_allclose(np.array(SIGN_STAGES["g3"].coef, np.float64), g3, rtol=1e-15)
    x = grid((0.0, 1.0))
    assert all((stage(x) >= 0).all() and (stage(x) <= 1 + 1e-12).all() for stage in SIGN_STAGES.values())


def test_composite_on_other_intervals():
    unit = polynomial_relu(method="composite")
    wide = polynomial_relu(method="composite", interval=(-8.0, 2.0))
    x = np.linspace(-8.0, 2.0, 101)
    with jax.enable_x64(True):
        np.testing.assert_allclose(wide(x), 8.0 * np.asarray(unit(x / 8.0)), rtol=1e-12, atol=1e-12)
    assert wide.maximum_error == pytest.approx(8.0 * unit.maximum_error)
    beyond = polynomial_relu(method="composite", interval=(1.0, 2.0))  # far from the kink the sign is good
    x = grid((0.5, 1.0))
    worst = 2.0 * abs(composed(unit.coefficients, x) - x).max()
    assert beyond.maximum_error == pytest.approx(worst, rel=1e-5)


# -- values and slopes -----------------------------------------------------------------------------


def exact(function, x):
    """Value and slope in float64, by NumPy's own evaluation."""
    if function.series is not None:
        return function.series(x), function.series.deriv()(x)
    scale = max(map(abs, function.interval))
    u, rate = x / scale, 1.0
    for coefficients in function.coefficients:
        stage = Polynomial(coefficients)
        u, rate = stage(u), rate * stage.deriv()(u)
    return x * (1 + u) / 2, (1 + u + x / scale * rate) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_float64(kind):
    function = polynomial_relu(**KINDS[kind])
    x = grid(function.interval, 1001)
    value, slope = exact(function, x)
    with jax.enable_x64(True):
        np.testing.assert_allclose(function(x), value, rtol=0.0, atol=2e-14)
        np.testing.assert_allclose(jax.vmap(jax.grad(function))(x), slope, rtol=0.0, atol=4e-13)
        if function.series is not None:
            np.testing.assert_allclose(Polynomial(function.coefficients)(x), value, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("degree", [2, 5, 20, 64])
@pytest.mark.parametrize("interval", [(-1.0, 1.0), (-50.0, 30.0)])
def test_float32_as_documented(degree, interval):
    function = polynomial_relu(degree, interval, "minimax")
    x = grid(interval, 4001).astype(np.float32)
    value, slope = exact(function, x.astype(np.float64))
    ulp = 2.0**-23
    assert abs(function(x) - value).max() <= 2.5 * ulp * (interval[1] - interval[0])
    assert abs(jax.vmap(jax.grad(function))(x) - slope).max() <= 2 * degree**2 * ulp


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "-3.0" in kind])
def test_16_bit_floats_are_rounded_once(kind, dtype):
    function = polynomial_relu(**KINDS[kind])
    x = jnp.linspace(*function.interval, 301).astype(dtype)
    wide = x.astype(jnp.float32)
    assert (function(x) == function(wide).astype(dtype)).all()
    slope = jax.grad(lambda x: function(x).sum())
    assert (slope(x) == slope(wide).astype(dtype)).all()


def test_other_inputs():
    function = polynomial_relu(2, (-4.0, 4.0))
    assert function(3).dtype == jnp.float32
    assert (function(np.array([1, 2])) == function(jnp.array([1.0, 2.0]))).all()
    assert function(jnp.zeros((2, 0))).shape == (2, 0)
    assert jnp.isnan(function(jnp.nan)) and jnp.isnan(jax.grad(function)(jnp.nan))
    assert function(1e30) == jnp.inf


def test_transformations():
    function = polynomial_relu(4, (-2.0, 3.0))
    x = jnp.linspace(-2.0, 3.0, 7)
    _, slope = exact(function, np.asarray(x, np.float64))
    np.testing.assert_allclose(jax.jit(jax.vmap(function))(x), function(x), rtol=1e-6)
    forward = jaxrelu.forward_mode(function)
    np.testing.assert_allclose(jax.jvp(forward, (x,), (jnp.ones(7),))[1], slope, atol=1e-5)
    np.testing.assert_allclose(jax.grad(lambda x: forward(x).sum())(x), slope, atol=1e-5)
    same = jaxrelu.with_residual(function, "input")
    assert (jax.grad(lambda x: same(x).sum())(x) == jax.grad(lambda x: function(x).sum())(x)).all()
    curvature = series_of(function).deriv(2)(0.5)
    assert jax.hessian(function)(0.5) == pytest.approx(curvature, rel=1e-5)


def test_it_says_what_it_is():
    function = polynomial_relu(2, (-4, 4), "minimax")
    assert "degree=2, interval=(-4.0, 4.0), method='minimax'" in repr(function)
    assert "name=polynomial_relu" in str(jax.make_jaxpr(function)(1.0))
    again = polynomial_relu(2, (-4, 4), "minimax")
    assert again.function is function.function  # compiled once
    coefficients_of(function)[:] = series_of(function).coef[:] = 0.0  # copies
    assert coefficients_of(again).any()
    assert np.any(series_of(polynomial_relu(2, (-4, 4), "minimax")).coef)


# -- the program -----------------------------------------------------------------------------------


def products(jaxpr, depths, constants=0):
    """The depth of each product of two numbers that depend on the input, and that of the outputs.

    A product with a constant is not among them; it adds `constants` to the depth.
    """
    depth_of, product_depths = dict(zip(jaxpr.invars, depths, strict=True)), []
    for equation in jaxpr.eqns:
        operands = [depth_of.get(v) if not hasattr(v, "val") else None for v in equation.invars]
        known = [depth for depth in operands if depth is not None]
        inner = [p for p in equation.params.values() if hasattr(p, "jaxpr")]
        if inner:
            deeper, outputs = products(inner[0].jaxpr, operands, constants)
            product_depths += deeper
        else:
            assert equation.primitive.name in ("add", "sub", "mul", "convert_element_type"), equation
            outputs = [max(known)]
            if equation.primitive.name == "mul":
                outputs = [max(known) + (1 if len(known) == 2 else constants)]
                product_depths += outputs if len(known) == 2 else []
        depth_of.update(zip(equation.outvars, outputs, strict=True))
    return product_depths, [depth_of[v] for v in jaxpr.outvars]


def program(function):
    product_depths, (depth,) = products(jax.make_jaxpr(function)(jnp.float32(0.5)).jaxpr, [0])
    assert depth == max(product_depths, default=0)
    return depth, len(product_depths)


@pytest.mark.parametrize("interval", [(-1.0, 1.0), (-2.0, 3.0)])
@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64])
def test_depth_is_the_least_and_that_of_the_program(degree, interval):
    """Sums, products by constants, and products of numbers that depend on x: nothing else, none too many."""
    function = polynomial_relu(degree, interval)
    assert program(function) == (function.multiplicative_depth, function.multiplications)
    effective = len(np.trim_zeros(series_of(function).coef, "b")) - 1
    assert effective == (degree - 1 if interval[0] == -interval[1] and degree % 2 and degree > 1 else degree)
    assert function.multiplicative_depth == math.ceil(math.log2(effective))
    # Paterson and Stockmeyer's count, and what their method needs for the powers of two.
    assert function.multiplications <= math.sqrt(2 * effective) + math.log2(effective) + 1


@pytest.mark.parametrize("interval", [(-1.0, 1.0), (-2.0, 2.0), (-2.0, 3.0)])
@pytest.mark.parametrize("degree", [2, 4, 7, 20, None])
def test_levels_where_products_with_constants_take_one(degree, interval):
    method = "least_squares" if degree else "composite"
    function = polynomial_relu(degree, interval, method)
    jaxpr = jax.make_jaxpr(function)(jnp.float32(0.5)).jaxpr
    levels = products(jaxpr, [0], constants=1)[1][0]
    extra = (1 if degree else 2) + (interval != (-1.0, 1.0))
    assert levels <= function.multiplicative_depth + extra


def test_few_products_at_low_degrees():
    """k products reach degree 2**k at most; a degree-7 polynomial of all powers takes one more than 3."""
    needed = {1: 0, 2: 1, 4: 2, 6: 3, 8: 3}
    assert {d: polynomial_relu(d).multiplications for d in needed} == needed
    assert [polynomial_relu(d, (-2.0, 3.0)).multiplications for d in (2, 3, 4, 7)] == [1, 2, 2, 4]


@pytest.mark.parametrize("name", COMPOSITES)
def test_depth_of_composites(name):
    stages, _ = COMPOSITES[name]
    function = polynomial_relu(method="composite", stages=stages)
    assert program(function) == (function.multiplicative_depth, function.multiplications)
    assert program(function) == (3 * len(stages), 4 * len(stages) + 1)


# -- the documented table --------------------------------------------------------------------------


def table():
    degrees = [2, 4, 6, 8, 16, 32]
    rows = {m: [f"{polynomial_relu(d, method=m).maximum_error:.5f}" for d in degrees] for m in METHODS}
    fits = [polynomial_relu(d) for d in degrees]
    rows = {"degree": degrees, **rows}
    rows |= {"depth": [f.multiplicative_depth for f in fits], "products": [f.multiplications for f in fits]}
    yield from (f"{name:13}" + "".join(f"{value:>9}" for value in row) for name, row in rows.items())
    yield ""
    chosen = [("f3",), ("g3", "f3"), ("g3",) * 2 + ("f3",) * 2, ("g3",) * 4 + ("f3",) * 2]
    composites = [polynomial_relu(method="composite", stages=stages) for stages in chosen]
    rows = {
        "stages": [" ".join(stages) if len(stages) < 5 else "4 g3, 2 f3" for stages in chosen],
        "composite": [f"{f.maximum_error:.5f}" for f in composites],
        "depth": [f.multiplicative_depth for f in composites],
        "products": [f.multiplications for f in composites],
    }
    yield from (f"{name:13}" + "".join(f"{value:>13}" for value in row) for name, row in rows.items())


def test_the_table_in_the_docstring():
    text = inspect.getdoc(polynomial_relu)
    assert text is not None
    lines = [line.strip() for line in text.splitlines()]
    missing = [line for line in table() if line.strip() not in lines]
    assert not missing, "the docstring lacks\n" + "\n".join(missing)


# -- inputs outside the interval -------------------------------------------------------------------


def calls(function, *inputs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = [jax.block_until_ready(function(x)) for x in inputs]
        jax.effects_barrier()
    return results, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_warning_of_inputs_outside(wrap):
    function = polynomial_relu(2, (-2.0, 3.0))
    inside, outside = jnp.array([-2.0, 0.0, 3.0, jnp.nan]), jnp.array([-4.5, 0.0, 3.5, 1.0])
    checked = wrap(function.checked)
    assert calls(checked, inside)[1] == []
    results, messages = calls(checked, outside, outside)
    (message,) = messages
    assert "polynomial_relu: 2 of 4 inputs outside the interval [-2, 3], by up to 2.5" in message
    np.testing.assert_allclose(results[0], function(outside), rtol=1e-6)
    assert calls(polynomial_relu(2, (-2.0, 3.0)).checked, outside)[1]  # each function warns for itself


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int32"])
def test_warning_in_other_dtypes(dtype):
    _, messages = calls(polynomial_relu().checked, jnp.array([0, 3], dtype))
    assert "1 of 2 inputs" in messages[0] and "by up to 2;" in messages[0]


def test_checked_function_is_differentiable():
    function = polynomial_relu()
    assert jax.grad(function.checked)(0.25) == jax.grad(function)(0.25)
    assert calls(function.checked, jnp.zeros((0, 3)))[1] == []


def test_unchecked_function_does_not_warn():
    assert calls(polynomial_relu(), jnp.array([5.0]))[1] == []


# -- bad input -------------------------------------------------------------------------------------

BAD = {
    "degree 0": ({"degree": 0}, ValueError, "degree must be from 1 to 256, got 0"),
    "a fraction of a degree": (
        {"degree": 2.5},
        TypeError,
        "degree must be an integer from 1 to 256, got 2.5",
    ),
    "a truth value for a degree": ({"degree": True}, TypeError, "degree must be an integer.* got True"),
    "a reversed interval": ({"interval": (1, -1)}, ValueError, r"interval must be .* got \(1.0, -1.0\)"),
    "an empty interval": ({"interval": (2, 2)}, ValueError, r"interval must be .* got \(2.0, 2.0\)"),
    "an infinite interval": (
        {"interval": (0, math.inf)},
        ValueError,
        r"two finite numbers.* got \(0.0, inf\)",
    ),
    "no interval": ({"interval": (0, math.nan)}, ValueError, r"interval must be .* got \(0.0, nan\)"),
    "one number for an interval": ({"interval": 3}, TypeError, "interval must be a pair of numbers, got 3"),
    "three numbers": ({"interval": (0, 1, 2)}, TypeError, r"a pair of numbers, got \(0, 1, 2\)"),
    "an unknown method": (
        {"method": "minmax"},
        ValueError,
        "method must be one of 'least_squares', .* got 'minmax'; did you mean minimax\\?",
    ),
    "no method": ({"method": None}, ValueError, "method must be one of .* got None"),
    "an unhashable method": ({"method": []}, ValueError, "method must be one of .* got \\[\\]"),
    "a degree and stages": (
        {"degree": 2, "method": "composite"},
        ValueError,
        "degree must be left out .* got 2",
    ),
    "stages without composite": ({"stages": ("f3",)}, ValueError, "stages are for method 'composite'"),
    "no stages": ({"method": "composite", "stages": ()}, ValueError, r"stages must be .* got \(\)"),
    "an unknown stage": ({"method": "composite", "stages": ["f3", "f4"]}, ValueError, "'f3', 'g3', got 'f4'"),
    "stages in one word": (
        {"method": "composite", "stages": "f3"},
        ValueError,
        "tuple or list of .* got 'f3'",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what):
    arguments, error, message = BAD[what]
    with pytest.raises(error, match=rf"^polynomial_relu: .*{message}"):
        polynomial_relu(**arguments)


@pytest.mark.parametrize("call", [lambda f: f, lambda f: f.checked], ids=["plain", "checked"])
def test_bad_x(call):
    function = call(polynomial_relu())
    with pytest.raises(TypeError, match=r"^polynomial_relu: x must be .* got dtype complex64"):
        jax.eval_shape(function, jax.ShapeDtypeStruct((2,), "complex64"))
    with pytest.raises(TypeError, match=r"^polynomial_relu: x must be .* got list"):
        function([1.0, 2.0])
