"""No program on a mesh crashes, says more than its plain counterpart, or gives anything else than unsharded.

The programs run in processes of their own (`runner.py`), once for all tests of this file.
"""

import os

import pytest

import jaxrelu

from .counterparts import counterpart
from .judge import MeshCase, Verdict, collectives
from .layouts import BATCH, TWO_AXES, WIDE
from .matrix import quick_groups
from .runner import run

Verdicts = dict[str, tuple[MeshCase, Verdict]]


@pytest.fixture(scope="session")
def results() -> Verdicts:
    """Several hundred programs take five minutes on two quiet cores: JAXRELU_MESHES=1 asks for them."""
    if not os.environ.get("JAXRELU_MESHES"):
        pytest.skip("JAXRELU_MESHES=1 compiles the programs on meshes")
    return run("quick")


def test_every_variant_has_a_counterpart() -> None:
    for row in jaxrelu.catalogue().values():
        assert callable(counterpart(row))


@pytest.mark.parametrize("group", quick_groups())
def test_programs_are_as_their_counterparts(results: Verdicts, group: str) -> None:
    """A word of packed codes that lies on two devices may cost a collective; nothing else may."""
    own = [(case, verdict) for case, verdict in results.values() if case.group == group]
    assert own
    assert {case.name: verdict.fails for case, verdict in own if verdict.fails} == {}
    assert {case.name: verdict.wrong for case, verdict in own if verdict.wrong} == {}
    talking = {case.name: v.talks for case, v in own if v.talks and not v.straddles}
    assert talking == {}


@pytest.mark.parametrize("name", ["prelu learned", "prelu learned per channel"])
@pytest.mark.parametrize("mode", ["auto", "explicit"])
def test_a_learned_slope_costs_one_all_reduce_and_none_where_its_channels_are_whole(
    results: Verdicts, name: str, mode: str
) -> None:
    batch, two_axes, wide = (
        results[f"{name} | value and gradient | {place.changed(mode=mode).name}"][1]
        for place in (BATCH, TWO_AXES, WIDE)
    )
    assert batch.collectives == {"all-reduce": 1}
    assert (
        two_axes.collectives == two_axes.counterpart
    )  # jax 0.10 sums a scalar over one axis after the other
    assert wide.collectives == ({} if name.endswith("per channel") else {"all-reduce": 1})


def test_an_elementwise_function_costs_no_collective(results: Verdicts) -> None:
    rows = [v for c, v in results.values() if c.layout == BATCH and c.program == "value and gradient"]
    alone = [v for v in rows if not v.counterpart]
    assert len(alone) >= len(jaxrelu.catalogue())
    assert not any(verdict.collectives for verdict in alone)


def test_collectives_are_read_from_the_text_of_a_program() -> None:
    text = """
      %all-reduce.1 = f32[16]{0} all-reduce(%x), channel_id=1, to_apply=%add
      %gather = (u8[4], u8[32]) all-gather-start(%y), dimensions={0}
      %done = u8[32] all-gather-done(%gather)
      ROOT %fusion = f32[16]{0} fusion(%all-reduce.1), calls=%fused
    """
    assert collectives(text) == {"all-gather": 1, "all-reduce": 1}
