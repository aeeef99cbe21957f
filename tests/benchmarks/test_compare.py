"""`python -m benchmarks compare`: two results, their ratios, and what of them is significant."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.command import compare
from benchmarks.core.results import Result
from benchmarks.core.subjects import OURS
from tests.support.timed import invoke, row

RELU = "relu jaxrelu float32 2^20 value_and_gradient in cache donated"


@pytest.fixture
def results(tmp_path: Path) -> tuple[Path, Path]:
    """The second is half as fast in relu, unstable in mish, and has silu in place of elu."""
    steady = [1.0, 1.01, 0.99, 1.0, 1.005]
    runs = {
        "a": {"relu": steady, "gelu": steady, "mish": steady, "elu": steady},
        "b": {"relu": [2 * x for x in steady[:4]], "gelu": steady, "mish": [5.0, 9.0] * 3, "silu": steady},
    }
    for name, rows in runs.items():
        result = Result.create(tmp_path / name, {}, {})
        for variant, samples in rows.items():
            result.record("throughput", row(variant, OURS, samples))
        result.write()
    first, second = (next((tmp_path / name).glob("*/results.json")) for name in runs)
    return first, second.parent


def test_compare(results: tuple[Path, Path], tmp_path: Path) -> None:
    result = invoke("compare", *results, "--markdown", "--pyperf", tmp_path / "pyperf")
    assert result.exit_code == 0, result.output
    assert f"| {RELU} | 1e+06 | 2e+06 | 2.000 | yes |" in result.output
    assert "Not shown: 2 rows" in result.output
    assert "| jaxrelu | 1.414 | 2 | 1 |" in result.output  # the mean of 2 and 1
    assert "Only in the first: 1" in result.output and "| elu jaxrelu" in result.output
    assert "Only in the second: 1" in result.output and "| silu jaxrelu" in result.output
    assert "| mish jaxrelu" not in result.output
    assert "| mish jaxrelu" in invoke("compare", *results, "--markdown", "--all").output
    files = [str(tmp_path / "pyperf" / f"{name}.json") for name in ("first", "second")]
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "compare_to", *files], capture_output=True, text=True, check=True
    )
    assert RELU in done.stdout
    assert "2.00x slower" in done.stdout


def written(folder: Path, variants: Sequence[str]) -> Path:
    result = Result.create(folder, {}, {})
    for variant in variants:
        result.record("throughput", row(variant, OURS, [1.0, 1.01, 0.99]))
    return result.folder


def test_the_answer_comes_first_and_few_lines_name_what_is_on_one_side(tmp_path: Path) -> None:
    others = [f"other {number}" for number in range(40)]
    first, second = written(tmp_path / "a", ["relu", *others]), written(tmp_path / "b", ["relu"])
    lines = invoke("compare", first, second).output.splitlines()
    assert lines[0].startswith("The second takes 1.00 times as long as the first")
    assert sum(line.startswith("other ") for line in lines) == 4
    assert [line.strip() for line in lines if line.startswith("and ")] == ["and 36 more"]
    assert "Only in the first: 40" in "\n".join(lines)


def test_a_comparison_of_nothing_is_an_error(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", ["relu"]), written(tmp_path / "b", ["gelu"])
    empty = Result.create(tmp_path / "c", {}, {})
    empty.record("throughput", {"variant": "relu", "failed": "a test"})
    for other, said in (
        (second, "none has the same name"),
        (empty.folder, "the second result has no timed rows"),
    ):
        result = invoke("compare", first, other)
        assert result.exit_code == 2
        assert said in " ".join(result.output.replace("│", " ").split())


def test_a_mean_of_few_stable_rows_is_no_answer(tmp_path: Path) -> None:
    folders = []
    for name in "ab":
        result = Result.create(tmp_path / name, {}, {})
        for number in range(5):
            result.record("throughput", row(f"row {number}", OURS, [1.0, 1.01, 0.99], unstable=number > 1))
        folders.append(result.folder)
    output = invoke("compare", *folders).output
    assert output.startswith("Not measured well enough: 3 of 5 common rows are unstable.")
    assert "not measured well enough" in output


def test_significance_agrees_with_the_command_of_pyperf(tmp_path: Path) -> None:
    """Rows of ten samples each, shifted by 0 to 2 standard deviations: t reaches the border in the middle."""
    draw = np.random.default_rng(0)
    noise = draw.normal(1.0, 0.01, (2, 40, 10))
    noise[1] += 0.02 * np.linspace(0, 1, 40)[:, None]
    first, second = (
        {f"row {k}": row(f"row {k}", OURS, samples.tolist()) for k, samples in enumerate(side)}
        for side in noise
    )
    ours = {pair.name for pair in compare.pairs(first, second) if not pair.significant}
    assert 10 < len(ours) < 30
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for rows, file in zip((first, second), files, strict=True):
        compare.export(rows, file)
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "compare_to", *map(str, files)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (hidden,) = (line for line in done.stdout.splitlines() if "hidden because not significant" in line)
    assert set(hidden.split(": ")[1].split(", ")) == ours


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no result of these benchmarks"),
        ('{"schema": 99, "sections": {}}', "schema 99"),
        (
            '{"schema": 1, "complete": true, "environment": {}, "settings": {}, "sections": {"memory": []}}',
            "it has memory",
        ),
    ],
)
def test_compare_refuses_what_it_cannot_read(content: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    if content is not None:
        file.write_text(content)
    result = invoke("compare", file, file)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
