"""The marker of what needs a compiler for a device that is not here."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "targets: compiles for accelerators, where their compilers are here")
