"""The strictest settings: no silent promotion of dtypes or ranks, and warnings are errors."""

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from tests.support.rows import OF_EVERY_KIND

# Where other libraries compute too: optax's Adam, for one, raises a float to an integer count of steps.
NOT_OURS_ALONE = (
    "benchmarks/test_command.py",
    "benchmarks/test_convergence.py",
    "benchmarks/test_convergence_spread.py",
    "benchmarks/test_transformer.py",
    "docs/test_notebooks.py",
)

# What takes minutes, and hardly depends on the versions of Python and JAX. CI runs these on the newest alone.
SLOW = (
    "benchmarks/test_[!p]*.py",  # all but those of peers, which only the oldest has
    "catalogue/test_trial_variant.py",
    "docs/test_notebooks.py",
    "docs/test_pages.py",
)
# What takes seconds a row. CI runs all rows on the oldest, one of every kind of declaration on the newest.
ROW_BY_ROW = (
    "functions/test_conventions.py",
    "functions/test_hidden_faults.py",
    "functions/test_platforms.py",
    "mechanism/*.py",
    "modules/test_flax.py",
)
CHOSEN = {
    *OF_EVERY_KIND,
    *("PReLU", "APL", "XIELU", "RReLU", "FReLU", "DyReLU", "Activation", "Maxout", "SwiGLU"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.match(pattern) for pattern in SLOW):
            item.add_marker("slow")
        if _is_another_row(item):
            item.add_marker("another_row")


def _is_another_row(item: pytest.Item) -> bool:
    """Whether a row of the same kind is tested anyway."""
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    name = parameters.get("name")
    return any(item.path.match(pattern) for pattern in ROW_BY_ROW) and name not in (None, *CHOSEN)


@pytest.fixture(autouse=True)
def strictest_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.path.relative_to(Path(__file__).parent).as_posix() in NOT_OURS_ALONE:
        yield
        return
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
