"""The strictest settings: no silent promotion of dtypes or ranks, and warnings are errors."""

from collections.abc import Iterator, Sequence
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
    "diagnostics/test_training.py",
    "docs/test_notebooks.py",
    "docs/test_pages.py",
    "modules/test_initializers.py",
)
# What takes seconds a row, and follows from the kind of declaration. CI runs one row of every kind;
# `.ci/run --all` runs every row.
ROW_BY_ROW = (
    "functions/test_hidden_faults.py",
    "functions/test_platforms.py",
    "mechanism/*.py",
    "modules/test_flax.py",
)
# What is about single rows. CI runs all on the oldest, one row of every kind on the newest.
ABOUT_ROWS = ("functions/*.py", "modules/test_values.py")
CHOSEN = {
    *OF_EVERY_KIND,
    *("PReLU", "APL", "XIELU", "RReLU", "FReLU", "DyReLU", "Activation", "Maxout", "SwiGLU"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_of(item, SLOW):
            item.add_marker("slow")
        if _is_beside_the_chosen(item):
            item.add_marker("another_row" if _is_of(item, ROW_BY_ROW) else "once")


def _is_of(item: pytest.Item, patterns: Sequence[str]) -> bool:
    return any(item.path.match(pattern) for pattern in patterns)


def _is_beside_the_chosen(item: pytest.Item) -> bool:
    """Whether a row of the same kind is tested anyway."""
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    name = parameters.get("name")
    return _is_of(item, (*ROW_BY_ROW, *ABOUT_ROWS)) and name not in (None, *CHOSEN)


@pytest.fixture(autouse=True)
def strictest_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.path.relative_to(Path(__file__).parent).as_posix() in NOT_OURS_ALONE:
        yield
        return
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
