"""The accuracy benchmark: that it finds what is wrong, knows what is right, and goes on where it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import accuracy
from benchmarks.__main__ import app
from benchmarks.accuracy import page as accuracy_page
from benchmarks.accuracy.calls import disagreements
from benchmarks.accuracy.errors import FAULTS, Tally, block, details
from benchmarks.accuracy.formats import FORMATS, from_keys, inputs, widen
from benchmarks.accuracy.peers import peers
from benchmarks.accuracy.points import exact_results, points
from benchmarks.accuracy.programs import compiled, exact, filled, jnp_float64, sign_changes
from benchmarks.accuracy.rows import row_of
from benchmarks.accuracy.scan import Keys, Scan
from benchmarks.accuracy.state import State
from benchmarks.core.subjects import OURS, PEER, Subject, subjects
from jaxrelu._catalogue.rows import ROWS
from references.lookup import REFERENCES

SMALL = [name for name, form in FORMATS.items() if form.bits <= 16]
VARIANTS = {row.name: row for row in ROWS if row.name in accuracy.variant_names()}


@pytest.fixture(autouse=True)
def as_users_run_it() -> Iterator[None]:
    """Other libraries compute here too, and are written for JAX's ordinary promotion."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


def tally_of(
    dtype: str, x: Any, got: Any, want: Any, changes: tuple[float, ...] = (), **options: Any
) -> Tally:
    """What is found wrong with these results."""
    form = FORMATS[dtype]
    x, got = np.asarray(x, np.float64), np.asarray(got, form.info.dtype)
    rises, odd = options.get("rises", False), options.get("odd", False)
    checked = jnp_float64(x), jnp.asarray(got), jnp_float64(np.asarray(want, np.float64))
    zero = jnp_float64(np.zeros(()))
    tally = Tally()
    figures = block(*checked, zero, filled(np.array(changes)), odd, form=form, groups=1, rises=rises)
    if tally.add(figures, x, got, checked[2]):
        tally.add_faults(details(*checked, odd, form=form, rises=rises), x)
    return tally


# -- what is measured ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*SMALL, "float32"])
def test_error_in_ulp(dtype: str) -> None:
    form = FORMATS[dtype]
    spacing = 2.0**-form.mantissa
    exact_value = 1.0 + 0.25 * spacing  # the spacing is that of the exact result, at 1
    tally = tally_of(dtype, [1, 2, 3], [1.0, 1.0 + 2 * spacing, 1.0], [1.0, exact_value, exact_value])
    assert tally.worst == 1.75
    assert tally.at == [2.0, 1.0 + 2 * spacing, exact_value]
    assert (tally.inputs, tally.above) == (3, [1, 1, 0])
    assert not row_of(tally, FORMATS["bfloat16"], False)["passes"]


def test_what_is_beyond_rounding() -> None:
    nan, inf = np.nan, np.inf
    x = [-inf, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 3.0, nan]
    want = [0.0, -1e-60, -1.0, 0.0, 0.0, 1.0, 2.0, 3.0, nan]
    assert tally_of("float32", x, want, want).faults == dict.fromkeys(FAULTS, 0) | {"zero": 0}
    got = [nan, 0.0, -1.0, 0.0, 0.0, inf, 3.0, 2.9, nan]
    tally = tally_of("float32", x, got, want, rises=True, odd=True)
    assert tally.faults == {"nan": 1, "infinity": 1, "zero": 2, "backwards": 3}
    assert tally.fault_at["nan"] == -inf
    assert tally.fault_at["infinity"] == 1.0
    assert not row_of(tally, FORMATS["float32"], True)["passes"]


def test_what_is_apart() -> None:
    x, want = [1e-40, 5.0, -0.9, 0.9], [1.0, 1e-37, 1e-9, 1e-9]
    got = [0.0, 0.0, 2e-9, 2e-9]
    tally = tally_of("float32", x, got, want, changes=(-0.75,))
    assert (tally.flushed, tally.tiny, tally.tiny_error) == (1, 1, 1e-37)
    assert tally.excused == 1
    assert tally.at is not None and tally.at[0] == 0.9  # not near the change, and so not excused


@pytest.mark.parametrize("dtype", SMALL)
def test_every_number_of_a_small_format_in_rising_order(dtype: str) -> None:
    form = FORMATS[dtype]
    x = from_keys(form, np.arange(2**form.bits, dtype=np.uint32))
    pattern = x.view(f"uint{form.bits}")
    assert np.unique(pattern).size == 2**form.bits
    wide = np.asarray(widen(jnp.asarray(x)))
    numbers = wide[~np.isnan(wide)]
    assert (np.diff(numbers) >= 0).all()
    np.testing.assert_array_equal(numbers, x[~np.isnan(wide)].astype(np.float64))


def test_subnormal_float32_are_widened() -> None:
    x = inputs(FORMATS["float32"], 2**31 - 2, 1, 8)
    np.testing.assert_array_equal(
        np.asarray(widen(jnp.asarray(x)))[:4], np.array([-1, -0.0, 0, 1]) * 2.0**-149
    )
    assert np.isnan(inputs(FORMATS["float32"], 2**32 - 2, 1021, 4)).all()


def test_a_function_of_the_shape_is_found() -> None:
    wrong = Subject(OURS, lambda x: x * (1.0 + 1e-3 * x.ndim))
    differing = disagreements(wrong, FORMATS["float32"])
    assert differing["vmap"] == (0, 0)
    assert differing["3 axes"][0] > 1000
    assert differing["scalar"][1] > 0


# -- against what ----------------------------------------------------------------------------------


def test_every_elementwise_variant_has_references() -> None:
    assert set(accuracy.variant_names()) <= set(REFERENCES)


@pytest.mark.parametrize("name", VARIANTS)
def test_references_agree_with_the_textbook(name: str) -> None:
    """To a thousandth of a float32 ulp; near a sign change the terms that cancel are of order 1."""
    reference = exact(VARIANTS[name], FORMATS["float64"])
    x, computed, high, _ = exact_results(VARIANTS[name], points([-0.75], 300), reference)
    for got, want in zip(computed, high, strict=True):
        inside = np.isfinite(x) & (np.abs(want) < 1e300)
        np.testing.assert_allclose(got[inside], want[inside], 1e-10, 1e-15)


def test_other_libraries_where_they_are_installed() -> None:
    by_library = {subject.library: subject for subject in peers("gelu_exact", "float32")}
    assert not peers("gelu_exact", "float8_e5m2")
    assert set(by_library) <= {"torch", "keras"}
    for subject in by_library.values():
        value, slope = compiled(subject)(jnp.asarray([-1.0, 0.5], jnp.float32))
        np.testing.assert_allclose(value, [-0.15865525, 0.34573123], 1e-5)
        np.testing.assert_allclose(slope, [-0.08331547, 0.8674952], 1e-5)


def test_sign_changes_are_found() -> None:
    value, slope = sign_changes(exact(VARIANTS["gelu_exact"], FORMATS["float64"]))
    assert value.size == 0
    np.testing.assert_allclose(slope, [-0.7517915246935645], atol=1e-6)


# -- runs ------------------------------------------------------------------------------------------


def test_smoke(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["accuracy", "--smoke", "--output", str(tmp_path)], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*/results.json")
    rows = json.loads(path.read_text())["sections"]["accuracy"]
    assert not [row for row in rows if "failed" in row]
    assert {row["dtype"] for row in rows} == set(FORMATS)
    assert {row["library"] for row in rows} >= {OURS, PEER, "reference"}  # and others where installed
    assert all(row["passes"] for row in rows if row["library"] == OURS)
    assert all(row["inputs"] == 65282 for row in rows if row["dtype"] == "bfloat16")
    assert "Worst error in ulp" in result.output
    assert (path.parent / "accuracy_float32.png").exists()


def test_unknown_format_says_what_exists(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["accuracy", "--formats", "float9"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "float8_e5m2" in result.output


def test_an_interrupted_scan_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scan() -> Scan:
        keys = Keys(stride=2**17 + 1, size=2**12)
        return Scan(VARIANTS["elu"], FORMATS["float32"], keys, subjects(VARIANTS["elu"]))

    whole, first, second = scan(), scan(), scan()
    whole.run(lambda: None)
    state = State(tmp_path)

    def interrupted() -> None:
        if first.next_block == 3:
            state.keep("elu", first, now=True)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(interrupted)
    steps: list[int] = []
    assert State(tmp_path).take_up("elu", second) == 3
    second.run(lambda: steps.append(1))
    assert len(steps) == whole.steps - 3
    assert repr(second.tallies) == repr(whole.tallies)  # a NaN among them is equal to nothing
    state.done(["elu"])
    assert State(tmp_path).take_up("elu", scan()) == 0


def test_a_scan_of_other_sources_is_not_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Scan(VARIANTS["relu"], FORMATS["float32"], Keys(stride=2**20 + 1), subjects(VARIANTS["relu"]))
    kept.next_block = 2
    State(tmp_path).keep("relu", kept, now=True)
    kept.next_block = 0
    monkeypatch.setattr("benchmarks.accuracy.state.identity", lambda: "other sources")
    assert State(tmp_path).take_up("relu", kept) == 0
    monkeypatch.undo()
    assert State(tmp_path).take_up("relu", kept) == 2


def test_every_variant_is_among_the_committed_results() -> None:
    rows = json.loads((accuracy_page.RESULTS / "accuracy-cpu.json").read_text())["sections"]["accuracy"]
    assert set(accuracy.variant_names()) <= {row["variant"] for row in rows}


def test_formats_are_those_of_ml_dtypes() -> None:
    for name, form in FORMATS.items():
        assert form.largest == float(ml_dtypes.finfo(name).max)
        assert form.has_infinity == (name != "float8_e4m3fn")
