"""Every row of the catalogue under every transformation of JAX: one cell each, or the error that it gives.

All cells of a row are traced into one program, which is compiled once, ahead of time. A cell that raises
while it is traced fails alone. Dtypes and ranks are never promoted here, as in all tests. Export is in
`test_export.py`, programs in forward mode in `test_programs.py`.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, lax
from jax.ad_checkpoint import checkpoint_name
from jax.experimental.jet import jet

import jaxrelu
from references.lookup import ROWS as OF_ONE_NUMBER
from references.lookup import numbers_of
from tests.support.rows import QUICK

ROWS = jaxrelu.catalogue()

# Away from every kink of the catalogue.
X = np.array([-3.3, 1.3, -0.6, 0.4, 2.7, -1.7, 3.4, -0.2, 0.7, -2.3, -0.9, 1.8], np.float32).reshape(3, 4)

OfX = Callable[[Any], Any]


class RowOfX:
    """A row as a function of x alone, and its twin in forward mode. Partners of x follow from it."""

    def __init__(self, name: str) -> None:
        row = ROWS[name]
        given = {**row.arguments, **row.example}

        def of_x(function: OfX) -> OfX:
            return lambda x: function(x, **dict.fromkeys(row.partners, 0.5 * x + 1.0), **given)

        self.call, self.twin = of_x(row.function), of_x(jaxrelu.forward_mode(row.function))

    def __call__(self, x: Any) -> Array:
        return self.call(x)


def weights(shape: tuple[int, ...]) -> Array:
    return jnp.cos(jnp.arange(math.prod(shape), dtype=jnp.result_type(float))).reshape(shape)


def total(f: OfX) -> OfX:
    """A scalar whose gradient is the slope, each element weighted."""
    return lambda x: (f(x) * weights(jax.eval_shape(f, x).shape)).sum()


def slope(f: OfX, x: Array) -> Array:
    return jax.grad(total(f))(x)


def along(x: Array) -> Array:
    """A direction for products with the Hessian."""
    return jnp.sin(3 * x)


# -- the columns: what is done with f at x, which gives the value, the slope, or a product with a Hessian --


def jacrev(f: OfX, x: Array) -> Array:
    jacobian = jax.jacrev(f)(x)
    return jnp.tensordot(weights(jacobian.shape[: -x.ndim]), jacobian, jacobian.ndim - x.ndim)


def hessian(f: OfX, x: Array) -> Array:
    return jnp.tensordot(jax.hessian(total(f))(x), along(x), x.ndim)


def forward_over_reverse(f: OfX, x: Array) -> Array:
    return jax.jvp(lambda x: slope(f, x), (x,), (along(x),))[1]


def reverse_over_reverse(f: OfX, x: Array) -> Array:
    direction = along(x)
    return jax.grad(lambda x: jnp.vdot(slope(f, x), direction))(x)


def third(f: OfX, x: Array) -> Array:
    """Gradients of gradients of gradients; the cross derivatives are 0 but where a row has several inputs."""
    second = jax.grad(lambda x: slope(f, x).sum())
    return jax.grad(lambda x: second(x).sum())(x)


def linearize(f: RowOfX, x: Array) -> Array:
    _, push = jax.linearize(total(f.twin), x)
    return jax.vmap(push)(jnp.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)).reshape(x.shape)


def scan(f: OfX) -> OfX:
    """f of the rows one after the other."""
    return lambda x: lax.scan(lambda carry, row: (carry, f(row)), 0, x)[1]


def scanned_carry(f: OfX, x: Array) -> Array:
    def step(carry: Array, row: Array) -> tuple[Array, None]:
        return carry + (f(row) * weights(jax.eval_shape(f, row).shape)).sum(), None

    return jax.grad(lambda x: lax.scan(step, jnp.zeros((), x.dtype), x)[0])(x)


def fori(f: OfX, x: Array) -> Array:
    def add(i: Array, y: Array) -> Array:
        row = x_row(x, i)
        return y.at[i].set(f(row))

    return lax.fori_loop(0, len(x), add, jnp.zeros(jax.eval_shape(f, x).shape, x.dtype))


def x_row(x: Array, i: Array) -> Array:
    return lax.dynamic_index_in_dim(x, i, keepdims=False)


def fori_slope(f: OfX, x: Array) -> Array:
    """A loop of known length is a scan, which has a gradient."""

    def add(i: Array, kept: tuple[Array, Array]) -> tuple[Array, Array]:
        sum_, x = kept
        y = f(x_row(x, i))
        return sum_ + (y * weights(y.shape)).sum(), x

    return jax.grad(lambda x: lax.fori_loop(0, len(x), add, (jnp.zeros((), x.dtype), x))[0])(x)


def while_loop(f: OfX, x: Array) -> Array:
    """The third time that it goes round gives the value of x."""
    start = (jnp.int32(0), jnp.zeros(jax.eval_shape(f, x).shape, x.dtype))
    step = lambda kept: (kept[0] + 1, f(x * (1.0 - 0.25 * (2 - kept[0]).astype(x.dtype))))  # noqa: E731
    return lax.while_loop(lambda kept: kept[0] < 3, step, start)[1]


def while_inside(f: OfX, x: Array) -> Array:
    """The gradient is taken in a loop of unknown length."""
    start = (jnp.int32(0), jnp.zeros_like(x))
    step = lambda kept: (kept[0] + 1, slope(f, x + 0.0 * kept[1]))  # noqa: E731
    return lax.while_loop(lambda kept: kept[0] < 2, step, start)[1]


def nested_vjp(f: OfX, x: Array) -> Array:
    """Within the rule of somebody else: forward calls it, backward differentiates it."""

    @jax.custom_vjp
    def theirs(x: Array) -> Array:
        return f(x)

    theirs.defvjp(lambda x: (f(x), x), lambda x, g: jax.vjp(f, x)[1](g))
    return slope(theirs, x)


def nested_jvp(f: RowOfX, x: Array) -> Array:
    """Their rule in forward mode takes the twin."""

    @jax.custom_jvp
    def theirs(x: Array) -> Array:
        return f(x)

    theirs.defjvp(lambda primals, tangents: jax.jvp(f.twin, primals, tangents))
    return slope(theirs, x)


def checkpointed(policy: Any) -> Callable[[Any, Array], Array]:
    """Between two matrices, one of which is the identity, so that the policies have something to choose."""

    def column(f: OfX, x: Array) -> Array:
        identity = jnp.eye(x.shape[-1], dtype=x.dtype)

        @functools.partial(jax.checkpoint, policy=policy)
        def layer(x: Array) -> Array:
            return f(checkpoint_name(x @ identity, "before"))

        return slope(layer, x)

    return column


_POLICIES = jax.checkpoint_policies
_NAMES: dict[str, Any] = {
    "save_any_names_but_these": _POLICIES.save_any_names_but_these("before"),
    "save_anything_except_these_names": _POLICIES.save_anything_except_these_names("before"),
    "save_only_these_names": _POLICIES.save_only_these_names("before"),
    "save_from_both_policies": _POLICIES.save_from_both_policies(
        _POLICIES.dots_saveable, _POLICIES.save_only_these_names("before")
    ),
    "offload_dot_with_no_batch_dims": _POLICIES.offload_dot_with_no_batch_dims("device", "pinned_host"),
    "save_and_offload_only_these_names": _POLICIES.save_and_offload_only_these_names(
        names_which_can_be_saved=[],
        names_which_can_be_offloaded=["before"],
        offload_src="device",
        offload_dst="pinned_host",
    ),
}
POLICIES = {None: None} | {
    name: _NAMES.get(name, getattr(_POLICIES, name))
    for name in dir(_POLICIES)
    if not name.startswith(("_", "checkpoint_"))  # other names of two of them
}


class Column(NamedTuple):
    """What is computed, and which entry of PLAIN it is the same as."""

    compute: Callable[[Any, Array], Any]
    like: str


COLUMNS = {
    # the function
    "call": Column(lambda f, x: f(x), "value"),
    "jit": Column(lambda f, x: jax.jit(f)(x), "value"),
    "twin": Column(lambda f, x: f.twin(x), "value"),
    "cond": Column(lambda f, x: lax.cond(x.sum() > -99, f, lambda x: 2 * f(x), x), "value"),
    "while_loop": Column(while_loop, "value"),
    "fori_loop": Column(fori, "rows"),
    "map": Column(lambda f, x: lax.map(f, x), "rows"),
    "scan": Column(lambda f, x: scan(f)(x), "rows"),
    "vmap": Column(lambda f, x: jax.vmap(f)(x), "rows"),
    "vmap of axis 1": Column(lambda f, x: jax.vmap(f, in_axes=1)(x.T), "rows"),
    "vmap to axis 1": Column(lambda f, x: jax.vmap(f, out_axes=1)(x).swapaxes(0, 1), "rows"),
    "vmap of vmap": Column(lambda f, x: jax.vmap(jax.vmap(f))(x[:, None])[:, 0], "rows"),
    "vmap of nothing": Column(
        lambda f, x: jax.vmap(lambda _, x: f(x), (0, None))(jnp.ones(2), x)[1], "value"
    ),
    # its slope
    "grad": Column(slope, "slope"),
    "jit of grad": Column(lambda f, x: jax.jit(jax.grad(total(f)))(x), "slope"),
    "grad of jit": Column(lambda f, x: slope(jax.jit(f), x), "slope"),
    "value_and_grad": Column(lambda f, x: jax.value_and_grad(total(f))(x)[1], "slope"),
    "vjp": Column(lambda f, x: jax.vjp(f, x)[1](weights(jax.eval_shape(f, x).shape))[0], "slope"),
    "jacrev": Column(jacrev, "slope"),
    "vmap of the pullback": Column(
        lambda f, x: jax.vmap(jax.vjp(f, x)[1])(weights(jax.eval_shape(f, x).shape)[None])[0][0], "slope"
    ),
    "twin in reverse": Column(lambda f, x: slope(f.twin, x), "slope"),
    "jacfwd of the twin": Column(lambda f, x: jax.jacfwd(total(f.twin))(x), "slope"),
    "linearize of the twin": Column(linearize, "slope"),
    "grad of cond": Column(
        lambda f, x: slope(lambda x: lax.cond(x.sum() > -99, f, lambda x: 2 * f(x), x), x), "slope"
    ),
    "grad in while_loop": Column(while_inside, "slope"),
    "grad of fori_loop": Column(fori_slope, "slopes"),
    "grad of scan": Column(lambda f, x: slope_by_rows(scan(f), f, x), "slopes"),
    "grad of a scanned sum": Column(scanned_carry, "slopes"),
    "vmap of grad": Column(lambda f, x: jax.vmap(jax.grad(total(f)))(x), "slopes"),
    "grad of vmap": Column(lambda f, x: slope_by_rows(jax.vmap(f), f, x), "slopes"),
    "in a custom_vjp": Column(nested_vjp, "slope"),
    "in a custom_jvp": Column(nested_jvp, "slope"),
    **{f"checkpoint, {name}": Column(checkpointed(policy), "slope") for name, policy in POLICIES.items()},
    "checkpoint in scan": Column(lambda f, x: slope_by_rows(scan(jax.checkpoint(f)), f, x), "slopes"),
    # second and third order
    "hessian": Column(hessian, "product"),
    "forward over reverse": Column(forward_over_reverse, "product"),
    "reverse over reverse": Column(reverse_over_reverse, "product"),
    "reverse over forward": Column(
        lambda f, x: jax.grad(lambda y: jax.jvp(total(f.twin), (y,), (along(x),))[1])(x),
        "product",
    ),
    "grad of grad of grad": Column(third, "third"),
}
# What JAX does not do with a custom_vjp, or with a loop of unknown length, and what it says.
IMPOSSIBLE: dict[str, tuple[Callable[[Any, Array], Any], Any, str]] = {
    "jvp": (lambda f, x: jax.jvp(f, (x,), (x,)), TypeError, "forward-mode autodiff (jvp) to a custom_vjp"),
    "jacfwd": (lambda f, x: jax.jacfwd(f)(x), TypeError, "forward-mode autodiff (jvp) to a custom_vjp"),
    "linearize": (lambda f, x: jax.linearize(f, x)[1](x), TypeError, "custom_vjp"),
    # The jet of JAX knows no custom rules, also not that of jax.nn.relu; each version says so differently.
    "jet": (lambda f, x: jet(f, (x,), ((x,),)), (jax.errors.UnexpectedTracerError, AttributeError), ""),
    "grad of while_loop": (
        lambda f, x: slope(functools.partial(while_loop, f), x),
        ValueError,
        "does not work for lax.while_loop",
    ),
}


def slope_by_rows(g: OfX, f: OfX, x: Array) -> Array:
    """The slope of a function of rows, with the weights that one row has."""
    shape = jax.eval_shape(f, x[0]).shape
    return jax.grad(lambda x: (g(x) * weights(shape)[None]).sum())(x)


# What the cells are compared with: plain reverse mode, which is compared with the references elsewhere.
PLAIN = {
    "value": lambda f, x: f(x),
    "rows": lambda f, x: f(x),
    "slope": slope,
    "slopes": lambda f, x: slope_by_rows(f, f, x),
    "product": lambda f, x: jax.jvp(jax.grad(total(f.twin)), (x,), (along(x),))[1],
    "third": lambda f, x: _derivative(_derivative(lambda x: slope(f.twin, x)))(x),
}
# float32, and XLA may contract a product and a sum in one program and not in another.
TOLERANCE = {"value": 1e-6, "rows": 1e-6, "slope": 2e-6, "slopes": 2e-6, "product": 2e-5, "third": 2e-4}


def _derivative(g: OfX) -> OfX:
    return lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1]


class Cells(NamedTuple):
    """The results of the columns of one row, and the errors of those that have none."""

    results: dict[str, np.ndarray]
    errors: dict[str, Exception]
    donated: bool


@functools.cache
def outcome(name: str) -> Cells:
    f, errors = RowOfX(name), {}

    def program(x: Array, donated: Array) -> dict[str, Any]:
        results = {f"plain {kind}": compute(f, x) for kind, compute in PLAIN.items()}
        for column, (compute, _) in COLUMNS.items():
            try:
                results[column] = compute(f, x)
            except Exception as error:  # this cell alone fails
                errors[column] = error
        return results | {"donated": slope(f, donated)}

    compiled = jax.jit(program, donate_argnums=1, compiler_options=QUICK).lower(X, X).compile()
    donated = jnp.array(X)
    results = jax.tree.map(np.asarray, compiled(X, donated))
    return Cells(results, errors, donated.is_deleted())


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("column", COLUMNS)
def test_cell(name: str, column: str) -> None:
    results, errors, _ = outcome(name)
    if column in errors:
        raise errors[column]
    like = COLUMNS[column].like
    tolerance = TOLERANCE[like]
    np.testing.assert_allclose(results[column], results[f"plain {like}"], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("column", IMPOSSIBLE)
def test_impossible(name: str, column: str) -> None:
    if (name, column) == ("identity", "jet"):
        return  # possible: nothing of it depends on x
    compute, error, words = IMPOSSIBLE[column]
    with pytest.raises(error) as caught:
        jax.jit(functools.partial(compute, RowOfX(name))).lower(X)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ROWS)
def test_donated(name: str) -> None:
    results, _, donated = outcome(name)
    assert donated or name == "identity"  # whose slope needs no x
    np.testing.assert_allclose(results["donated"], results["plain slope"], rtol=2e-6, atol=2e-6)


# -- settings of JAX -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_shapes_of_a_million_by_a_million(name: str) -> None:
    x = jax.ShapeDtypeStruct((10**6, 10**6), "float32")
    y, gradient = jax.eval_shape(lambda x: (RowOfX(name)(x), slope(RowOfX(name), x)), x)
    assert gradient.shape == x.shape
    assert y.shape[0] == 10**6
    assert y.dtype == gradient.dtype == x.dtype


@pytest.mark.parametrize("name", ROWS)
def test_no_tracer_leaks(name: str) -> None:
    with jax.checking_leaks():
        jax.jit(lambda x: hessian(RowOfX(name), x)).trace(X)
        jax.jit(jax.vmap(lambda x: slope(jax.checkpoint(RowOfX(name)), x))).trace(X)


@pytest.mark.parametrize("name", ROWS)
def test_no_nan_inside(name: str) -> None:
    """For finite inputs, large and small; the square of the largest is infinite."""
    x = jnp.array([[-3e38, -1e20, -30.0, -1e-30], [0.0, 1e-38, 5.0, 1e18]], jnp.float32)
    f = RowOfX(name)
    with jax.debug_nans(True):
        y, gradient = jax.jit(lambda x: (f(x), slope(f, x)), compiler_options=QUICK)(x)
    assert not np.isnan(y).any() and not np.isnan(gradient).any()


@pytest.mark.parametrize("name", ROWS)
def test_x64(name: str) -> None:
    """Every kind of column has float64 results of the same shape."""
    f = RowOfX(name)
    with jax.enable_x64(True):
        for column in ("scan", "vmap", "grad in while_loop", "grad of fori_loop", "jacrev", "hessian"):
            result = jax.eval_shape(functools.partial(COLUMNS[column].compute, f), X.astype(np.float64))
            assert result.dtype == "float64", column
            assert result.shape == outcome(name).results[column].shape, column


@pytest.fixture
def newest_rules() -> Iterator[None]:
    """Flags of JAX: `custom_vjp` and `checkpoint` as they will be."""
    flags = ("jax_custom_vjp3", "jax_remat3")
    before = {flag: getattr(jax.config, flag) for flag in flags}
    for flag in flags:
        jax.config.update(flag, True)
    yield
    for flag, value in before.items():
        jax.config.update(flag, value)


@pytest.mark.parametrize("name", ROWS)
def test_newest_rules(name: str, newest_rules: None) -> None:
    f = RowOfX(name)
    ways = (slope, lambda f, x: slope(jax.checkpoint(f), x), COLUMNS["vmap of grad"].compute)
    results = jax.jit(lambda x: [way(f, x) for way in ways], compiler_options=QUICK)(X)
    for result, like in zip(results, ("slope", "slope", "slopes"), strict=True):
        np.testing.assert_allclose(result, outcome(name).results[f"plain {like}"], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", [name for name in OF_ONE_NUMBER if numbers_of(name)])
def test_vmap_over_parameters(name: str) -> None:
    """Slopes by x and by the parameters, one set of parameters a row, at once and one after the other."""
    row = ROWS[name]
    stacked = {
        k: jnp.stack([jnp.asarray(p, jnp.float32) * s for s in (0.75, 1.0, 1.25)])
        for k, p in numbers_of(name).items()
    }

    def gradient(parameters: dict[str, Array], x: Array) -> Any:
        call = total(lambda x: row.function(x, **row.arguments, **parameters))
        by_parameters = jax.grad(lambda p: total(lambda x: row.function(x, **row.arguments, **p))(x))
        return jax.grad(call)(x), by_parameters(parameters)

    @functools.partial(jax.jit, compiler_options=QUICK)
    def both(x: Array) -> tuple[Any, list[Any]]:
        each = [gradient({k: p[i] for k, p in stacked.items()}, x[i]) for i in range(3)]
        return jax.vmap(gradient)(stacked, x), each

    at_once, each = both(X)
    jax.tree.map(
        lambda a, *b: np.testing.assert_allclose(a, np.stack(b), rtol=1e-5, atol=1e-5), at_once, *each
    )


# -- shapes ----------------------------------------------------------------------------------------

# Empty ones; then last axes from 1 to 17, with 0 to 5 others before, so that all ranks up to 6 are there.
SHAPES = [
    *((), (0,), (0, 4), (4, 0), (2, 0, 4)),
    *((*(1, 2, 1, 1, 2)[: n % 6], n) for n in range(1, 18)),
]
# What is not elementwise, in plain JAX, and by what the channels must be divisible.
CHANNELS: dict[str, tuple[OfX, int]] = {
    "crelu": (lambda x: jnp.concatenate([jnp.maximum(x, 0), jnp.maximum(-x, 0)], -1), 1),
    "glu": (lambda x: x[..., : x.shape[-1] // 2] * jax.nn.sigmoid(x[..., x.shape[-1] // 2 :]), 2),
    "maxout": (lambda x: jnp.maximum(x[..., ::2], x[..., 1::2]), 2),
}
LINE = np.resize(X.ravel(), 68)


def refused(name: str, shape: tuple[int, ...]) -> str:
    """Why a row cannot have an input of this shape; nothing if it can."""
    if name not in CHANNELS:
        return ""
    if not shape:
        return "axis must be an axis of x"
    return "multiple of 2" if shape[-1] % CHANNELS[name][1] else ""


@functools.cache
def shaped(name: str) -> dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]]:
    """Value and slope for every shape, and what they should be: where elementwise, those of the line."""
    own = RowOfX(name)

    def both(f: OfX, x: Array) -> tuple[Array, Array]:
        y, pullback = jax.vjp(f, x)
        return y, pullback(jnp.ones_like(y))[0]

    def program(inputs: dict[tuple[int, ...], Array], line: Array) -> dict[tuple[int, ...], Any]:
        whole = None if name in CHANNELS else both(own, line)

        def want(x: Array) -> tuple[Array, Array]:
            if whole is None:
                return both(CHANNELS[name][0], x)
            return whole[0][: x.size].reshape(x.shape), whole[1][: x.size].reshape(x.shape)

        return {shape: [both(own, x), want(x)] for shape, x in inputs.items()}

    inputs = {shape: LINE[: math.prod(shape)].reshape(shape) for shape in SHAPES if not refused(name, shape)}
    return jax.jit(program, compiler_options=QUICK)(inputs, LINE)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape(name: str, shape: tuple[int, ...]) -> None:
    if reason := refused(name, shape):
        with pytest.raises(ValueError, match=reason):
            jax.eval_shape(RowOfX(name), jax.ShapeDtypeStruct(shape, "float32"))
        return
    for got, want in zip(*shaped(name)[shape], strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-6)
