"""The same, compiled for eight of an accelerator: nothing is run, and none need be there."""

import pytest

from .runner import run
from .targets import TARGETS


@pytest.mark.targets
@pytest.mark.parametrize("name", ["h100", "v5e"])
def test_programs_compiled_for_eight_are_as_their_counterparts(name: str) -> None:
    target = TARGETS[name]
    if not target.installed:
        pytest.skip(f"the compiler for {name}, the module {target.needs}, is not installed")
    results = run(name).values()
    assert {case.name: verdict.fails for case, verdict in results if verdict.fails} == {}
    assert {case.name: v.talks for case, v in results if v.talks and not v.straddles} == {}
