"""The strictest settings: no silent promotion of dtypes or ranks, and warnings are errors."""

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

# Where other libraries compute too: optax's Adam, for one, raises a float to an integer count of steps.
NOT_OURS_ALONE = (
    "benchmarks/test_command.py",
    "benchmarks/test_convergence.py",
    "benchmarks/test_transformer.py",
    "docs/test_notebooks.py",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(autouse=True)
def strictest_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.path.relative_to(Path(__file__).parent).as_posix() in NOT_OURS_ALONE:
        yield
        return
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
