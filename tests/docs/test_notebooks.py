"""Every notebook runs from top to bottom, agrees with its percent script, and shows what it says."""

import os
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from ipykernel.kernelspec import write_kernel_spec
from nbmake.nb_run import NotebookRun

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 300
# What these print comes from no training: each number is the same everywhere.
EXACT = ("04_memory", "05_deep_signal", "07_gradients_by_hand")

pytestmark = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a kernel that runs this interpreter, whatever kernels the machine has, on this checkout."""
    write_kernel_spec(tmp_path / "kernels" / "this-interpreter")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    return "this-interpreter"


@pytest.mark.filterwarnings("default")  # those of Jupyter's machinery, the notebook runs in its own process
def test_runs_and_says_what_is_stored(notebook: Path, kernel: str) -> None:
    result = NotebookRun(notebook, SECONDS_PER_CELL, kernel=kernel).execute()
    assert result.error is None, result.error.trace
    stored = nbformat.read(notebook, as_version=4)
    exact = notebook.stem in EXACT
    assert _said(result.nb, exact) == _said(stored, exact), (
        f"run: pytest --nbmake --overwrite {notebook.name}"
    )


def _said(notebook: Any, exact: bool) -> list[tuple[str, ...]]:
    """The printed text of each cell, and the kinds of what it shows; trained figures differ by machine."""
    return [_shown(cell.outputs, exact) for cell in notebook.cells if cell.cell_type == "code"]


def _shown(outputs: Any, exact: bool) -> tuple[str, ...]:
    printed = "".join(one.text for one in outputs if one.output_type == "stream" and one.name == "stdout")
    text = printed if exact else re.sub(r"[-+]?\d[\d.]*(e[-+]?\d+)?", "#", printed)
    kinds = (" ".join(sorted(one.data)) for one in outputs if one.output_type != "stream")
    return " ".join(text.split()), *kinds


def test_agrees_with_its_script(notebook: Path) -> None:
    script = jupytext.read(notebook.with_suffix(".py"))
    stored = nbformat.read(notebook, as_version=4)
    assert [(cell.cell_type, cell.source) for cell in stored.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ], f"run: jupytext --sync {notebook.relative_to(ROOT)}"


def test_is_stored_with_its_outputs(notebook: Path) -> None:
    stored = nbformat.read(notebook, as_version=4)
    ran = [cell.execution_count for cell in stored.cells if cell.cell_type == "code"]
    assert ran == list(range(1, len(ran) + 1)), f"run: pytest --nbmake --overwrite {notebook.name}"
    assert any(
        "image/png" in output.get("data", {}) for cell in stored.cells for output in cell.get("outputs", [])
    )


def test_runs_from_an_installed_package(notebook: Path) -> None:
    """It imports public names alone, and nothing of the checkout."""
    for line in notebook.with_suffix(".py").read_text().splitlines():
        if imported := re.match(r"(?:from|import) ([\w.]+)", line):
            parts = imported[1].split(".")
            assert parts[0] not in ("benchmarks", "tests", "references", "docs")
            assert not any(part.startswith("_") for part in parts)
