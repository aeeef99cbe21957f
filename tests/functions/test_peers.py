"""Parity with the real libraries on one grid: kinks, zeros of both signs, infinities, NaN.

Deliberate differences are rows of `differences.py`; where a library is not installed, its tests are skipped.
"""

import functools

import numpy as np
import pytest

import jaxrelu
from references.differences import CANCELS, DIFFERENCES, LIMIT
from tests.support.measures import value_and_slope
from tests.support.peers import ARGUMENTS, LIBRARIES, SLOPE

ROWS = jaxrelu.catalogue()
VARIANTS = {
    "jax.nn": " ".join(name for name, row in ROWS.items() if row.peer),
    "flax": "relu relu6 leaky_relu elu celu selu softplus silu hard_tanh hard_sigmoid hard_silu gelu prelu",
    "keras": "relu relu6 leaky_relu elu celu selu softplus silu mish squareplus hard_tanh hard_sigmoid "
    "hard_silu threshold general_relu gelu gelu_exact glu hard_shrink soft_shrink tanh_shrink sparse_plus "
    "sparse_sigmoid log_sigmoid soft_sign",
    "equinox": "prelu",
    "torch": "relu relu6 leaky_relu rrelu prelu threshold hard_tanh hard_sigmoid hard_silu elu celu selu "
    "softplus gelu gelu_exact silu mish glu hard_shrink soft_shrink tanh_shrink log_sigmoid soft_sign",
}
CASES = [(library, name) for library, names in VARIANTS.items() for name in names.split()]
KINKS = (-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0)
GRID = np.array(
    [
        *(*np.linspace(-6.3, 7.2, 28), *KINKS, -0.0, *(k + s for k in KINKS for s in (-1e-3, 1e-3))),
        *(-1e4, 1e4, -30.0, 30.0, np.inf, -np.inf, np.nan),
    ],
    np.float32,
)


@functools.cache
def functions_of(library):
    """Skips where the library is not installed."""
    try:
        return LIBRARIES[library]()
    except ImportError as error:
        pytest.skip(f"{library} is not installed: {error}")


def meant(library, name, what, reason=None):
    """The points of the grid where ours differs, as the table says; for this reason, or for any."""
    differs = np.zeros(GRID.size, bool)
    for row in DIFFERENCES:
        if row.reason != (reason or row.reason):
            continue
        if (row.library, row.what) == (library, what) and name in row.variants.split():
            differs |= np.isin([f"{point:g}" for point in GRID], row.at)
    return differs


def unlike(got, want):
    """Further apart than float32 arithmetic in another order: 1e-5, and 2e-6 for tails that cancel."""
    with np.errstate(invalid="ignore"):
        alike = (got == want) | (np.abs(got - want) <= 2e-6 + 1e-5 * np.abs(want))
    return ~(alike | (np.isnan(got) & np.isnan(want)))


@pytest.mark.filterwarnings("default")  # theirs
@pytest.mark.parametrize(("library", "name"), CASES)
def test_agrees_but_where_the_table_says(library, name):
    theirs = functions_of(library)[name]
    arguments = {**ROWS[name].example, **({"negative_slope": SLOPE} if name == "prelu" else {})}
    arguments |= ARGUMENTS.get((library, name), {})
    x = np.concatenate([np.full_like(GRID, -0.7), GRID]) if name == "glu" else GRID
    results = zip(value_and_slope(ROWS[name].bound)(x, arguments), theirs(x), ("value", "slope"), strict=True)
    for ours, want, what in results:
        ours, want = np.asarray(ours)[-GRID.size :], want[-GRID.size :]
        different = unlike(ours, want)
        table = meant(library, name, what)
        unexpected = different & ~table
        assert not unexpected.any(), f"{what} differs at {GRID[unexpected]}"
        gone = table & ~different
        if library != "torch":  # its kernels differ from processor to processor
            assert not gone.any(), f"{what} agrees at {GRID[gone]} now: take it out of the table"
            limits, cancels = (meant(library, name, what, reason) for reason in (LIMIT, CANCELS))
            assert (np.isnan(want[limits]) & ~np.isnan(ours[limits])).all(), "the reason is not a limit"
            assert ((want[cancels] == 0) & (ours[cancels] > 0)).all(), "the reason is not cancellation"


def test_the_table_names_what_is_compared():
    points = {f"{point:g}" for point in GRID}
    for row in DIFFERENCES:
        assert {(row.library, name) for name in row.variants.split()} <= set(CASES)
        assert set(row.at) <= points
        assert row.what in ("value", "slope")
