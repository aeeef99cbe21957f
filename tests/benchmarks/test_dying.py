"""The dying benchmark at its smallest setting: what its rows must satisfy, its tables and its pictures.

No test asserts a time.
"""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console

import jaxrelu
from benchmarks import dying
from benchmarks.dying.born_dead import BornDead
from benchmarks.dying.experiment import CURES, PARTS
from benchmarks.dying.plots import AXES, share
from benchmarks.dying.tables import _points
from tests.support.silent import Silent

SMOKE = dying.Settings.SMOKE
ENVIRONMENT = {
    "backend": "cpu", "device": "cpu", "cpu": "a processor", "cores": 2, "jax": "0", "jaxrelu": "0",
    "commit": None, "dirty": False, "date": "2026-01-01T00:00:00",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The rows of a run at the smallest setting, as they come back from JSON."""
    recorded: list[tuple[str, dict[str, Any]]] = []
    progress = Silent()
    dying.run(SMOKE, progress, lambda section, row: recorded.append((section, row)))
    assert len(progress.done) == progress.total == len(recorded)
    assert {section for section, _ in recorded} == {"dying"}
    return json.loads(json.dumps([row for _, row in recorded], allow_nan=False))


def part(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["part"] == name]


def text_of(rows: list[dict[str, Any]]) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    for table in dying.tables(rows):
        console.print(table)
    return console.export_text()


# -- a run -------------------------------------------------------------------------------------------


def test_every_part_has_its_rows(rows: list[dict[str, Any]]) -> None:
    counts = {name: len(part(rows, name)) for name in PARTS}
    assert counts == {"born": 1, "collapse": 1, "cure": 1, "sweep": len(CURES), "cost": 2}


def test_born_dead_agrees_with_the_formulas(rows: list[dict[str, Any]]) -> None:
    """Shares of 4,000 networks have a standard deviation of at most 0.8 %; five of those are allowed."""
    allowed = 5 * 0.5 / SMOKE.networks**0.5
    for row in part(rows, "born"):
        drawn, domain, exact, lower = (np.array(row[n]) for n in ("one_input", "domain", "exact", "lower"))
        assert len(drawn) == len(row["layers"]) == 49
        assert abs(drawn - exact).max() < allowed
        assert (domain <= drawn).all()  # a network that is dead on an interval is dead at one input
        assert (domain > lower - allowed).all()
        assert (np.diff(drawn) >= 0).all()  # the dead stay dead
        assert drawn[-1] > 0.9  # nearly all networks of 50 layers of width 3 are dead


def test_collapse_counts_the_networks_that_became_a_constant(rows: list[dict[str, Any]]) -> None:
    for row in part(rows, "collapse"):
        spread = np.array(row["spread"])
        assert len(spread) == SMOKE.collapsing
        assert (np.diff(spread) >= 0).all()
        assert row["collapsed"] == pytest.approx((spread < 1e-3).mean())
        assert row["learned"] == 0  # in 20 steps no network learns |x|
        assert 0 < row["collapsed"] < 1


def test_cure_drives_units_dead_and_recycles_them(rows: list[dict[str, Any]]) -> None:
    (row,) = part(rows, "cure")
    runs = row["runs"]
    assert list(runs) == ["healthy", "driven dead", "trained on", "recycled once", "recycled every 10"]
    assert all(np.shape(of["test"]) == (2,) and np.shape(of["dead"]) == (2, 4) for of in runs.values())
    dead = {name: np.mean(of["dead"]) for name, of in runs.items()}
    assert dead["healthy"] < dead["driven dead"]
    assert max(dead["recycled once"], dead["recycled every 10"]) < dead["trained on"]
    assert np.mean(runs["healthy"]["test"]) > np.mean(runs["driven dead"]["test"])


def test_sweep_has_one_point_a_value(rows: list[dict[str, Any]]) -> None:
    """At the smallest setting every axis has one value, and the four points are one training."""
    points = {}
    for row in part(rows, "sweep"):
        assert {axis: of["values"] for axis, of in row["axes"].items()} == {
            "rate": [0.1], "bias": [0.0], "depth": [4], "width": [64]
        }  # fmt: skip
        first, *others = [point for of in row["axes"].values() for point in of["points"]]
        assert len(others) == 3
        assert others == [first] * 3
        assert {name: len(of) for name, of in first.items()} == dict.fromkeys(
            ("dead", "stuck", "test", "finite"), SMOKE.seeds
        )
        points[row["cure"]] = first
    assert points["none"]["test"] != points["gain"]["test"]  # the cures reach the training
    assert share(points["gain and recycling"], "stuck") <= share(points["gain"], "stuck")


def test_cost_times_in_turns_and_reports_over_all_examples(rows: list[dict[str, Any]]) -> None:
    monitor, report = part(rows, "cost")
    assert set(monitor["samples"]) == {"plain", "watched", "each step"}
    assert {len(of) for of in monitor["samples"].values()} == {9}
    assert report["examples"] == SMOKE.examples
    first, last = report["peak_mib"]
    assert first <= last


def test_tables_show_every_row(rows: list[dict[str, Any]]) -> None:
    text = text_of(rows)
    for title in ("Born dead", "learn |x|", "Driven dead", "Dead units after", "What watching costs"):
        assert title in text
    for name in ("relu, He", *CURES, "recycled every 10", "a report over 10000 examples"):
        assert name in text


def test_a_picture_for_each_part_but_the_cost(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    paths = dying.plots(rows, ENVIRONMENT, tmp_path)
    assert [path.name for path in paths] == [f"dying_{name}.png" for name in PARTS[:-1]]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


# -- what a run may meet -----------------------------------------------------------------------------


def test_trainings_that_diverged_are_counted_and_left_out(tmp_path: Path) -> None:
    one, all_ = {"stuck": [0.25, 0.9], "finite": [True, False]}, {"stuck": [1, 1], "finite": [False, False]}
    assert share(one, "stuck") == 0.25
    assert np.isnan(share(all_, "stuck"))
    axis = {"values": [0.1, 0.5], "points": [one, all_]}
    assert _points(axis) == "0.1: 25 (1n), 0.5:  (2n)"
    common = {"part": "sweep", "variant": "relu", "axes": dict.fromkeys(AXES, axis)}
    sweep = [{**common, "cure": cure, "seeds": 2, "steps": 20, "rate": 0.1} for cure in CURES]
    assert "0.1: 25 (1n)" in text_of(sweep)
    assert dying.plots(sweep, ENVIRONMENT, tmp_path) == [tmp_path / "dying_sweep.png"]


def test_a_case_that_fails_is_recorded_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(width: int, *_: int) -> Any:
        if width == 3:
            raise MemoryError("too much")
        return BornDead(jnp.zeros(49), jnp.zeros(49))

    monkeypatch.setattr(dying.experiment, "born_dead", broken)
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    recorded: list[dict[str, Any]] = []
    settings = dataclasses.replace(SMOKE, parts=("born",), born_widths=(2, 3, 5))
    dying.run(settings, Silent(), lambda _, row: recorded.append(row))
    assert [row.get("failed") for row in recorded] == [None, "MemoryError: too much", None]


def test_nothing_measured_shows_nothing(tmp_path: Path) -> None:
    assert dying.tables([]) == []
    assert dying.plots([], {}, tmp_path) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seeds": 1}, "seeds is 1"),
        ({"steps": 7, "every": 2}, "not a multiple of every"),
        ({"parts": ("born", "undead")}, "got undead"),
    ],
)
def test_settings_that_make_no_sense(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        dying.Settings(**wrong)


def test_variants_that_need_nothing_but_x_are_offered() -> None:
    names = set(dying.variant_names())
    assert {"relu", "gelu", "mish"} <= names <= set(jaxrelu.catalogue())
    assert not names & {"prelu", "crelu", "swiglu"}  # of a parameter, another shape, two operands
    for preset in (dying.Settings.QUICK, dying.Settings.FULL, SMOKE):
        assert preset.variants is not None
        assert set(preset.variants) <= names
