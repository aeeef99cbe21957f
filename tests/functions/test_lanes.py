"""What PyTorch's suite asks of its functions and other tests do not: a result hangs on its own input alone.

The ends of the number line, kinks, integers, empty and scalar arrays: `test_accuracy`, `test_conventions`,
`test_hidden_faults`, and the matrix of `tests/mechanism`.
"""

import numpy as np
import pytest

from references.lookup import ROWS
from tests.support.measures import compiled, value_and_slope_at

FLOAT32 = np.finfo(np.float32)
ENDS = np.array(
    [np.inf, -np.inf, np.nan, FLOAT32.max, FLOAT32.min, FLOAT32.smallest_subnormal, -0.0, 1.0], np.float32
)


def at(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope at 64 points, of the compilation that other tests of a row use."""
    return value_and_slope_at(compiled(name), x, dict(ROWS[name].example))


@pytest.mark.parametrize("name", ROWS)
def test_neighbours_change_nothing(name: str) -> None:
    """Infinities and NaNs beside a number do not reach it, in whichever lane of a vector it stands."""
    x = np.tile(ENDS, 8)
    order = np.random.default_rng(0).permutation(64)
    for mixed, sorted_ in zip(at(name, x[order]), at(name, x), strict=True):
        by_input = sorted_.reshape(-1, 64)  # crelu gives two values for one
        np.testing.assert_array_equal(mixed, by_input[:, order].ravel())


@pytest.mark.parametrize("name", ROWS)
def test_the_layout_in_memory_changes_nothing(name: str) -> None:
    x = np.linspace(-7, 7, 64, dtype=np.float32)
    spread = np.repeat(x, 3)[::3]
    backwards = x[::-1].copy()[::-1]
    row_of_columns = np.asfortranarray(np.tile(x, (5, 1)))[2]
    read_only = x.copy()
    read_only.flags.writeable = False
    want = at(name, x)
    for given in (spread, backwards, row_of_columns, read_only):
        for got, contiguous in zip(at(name, given), want, strict=True):
            np.testing.assert_array_equal(got, contiguous)
