"""The strictest settings: no silent promotion of dtypes or ranks, and warnings are errors."""

from collections.abc import Iterator

import jax
import pytest

# Where other libraries compute too: optax's Adam, for one, raises a float to an integer count of steps.
NOT_OURS_ALONE = ("test_benchmarks", "test_benchmark_transformer", "test_convergence", "test_notebooks")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(autouse=True)
def strictest_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.path.stem in NOT_OURS_ALONE:
        yield
        return
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
