"""The strictest settings: no silent promotion of dtypes or ranks, and warnings are errors."""

import jax
import pytest


def pytest_configure(config: pytest.Config) -> None:
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    jax.config.update("jax_numpy_rank_promotion", "raise")
    config.addinivalue_line("filterwarnings", "error")
