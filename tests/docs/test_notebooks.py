"""Every notebook runs from top to bottom, agrees with its percent script, and is stored without output."""

import os
from pathlib import Path

import jupytext
import nbformat
import pytest
from ipykernel.kernelspec import write_kernel_spec
from nbmake.nb_run import NotebookRun

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 300

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
def test_runs(notebook: Path, kernel: str) -> None:
    result = NotebookRun(notebook, SECONDS_PER_CELL, kernel=kernel).execute()
    assert result.error is None, result.error.trace


def test_agrees_with_its_script(notebook: Path) -> None:
    script = jupytext.read(notebook.with_suffix(".py"))
    stored = nbformat.read(notebook, as_version=4)
    assert [(cell.cell_type, cell.source) for cell in stored.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ], f"run: jupytext --sync {notebook.relative_to(ROOT)}"


def test_is_stored_without_output(notebook: Path) -> None:
    stored = nbformat.read(notebook, as_version=4)
    for cell in stored.cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), (
            f"run: jupyter nbconvert --clear-output {notebook.relative_to(ROOT)}"
        )
