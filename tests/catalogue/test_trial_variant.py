"""CONTRIBUTING's "Add a variant" is the whole diff: the tests pass on a copy of the repository with it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "absolute"
PLACES = (
    "jaxrelu/_functions/rectifiers.py",
    "jaxrelu/_catalogue/rows.py",
    "jaxrelu/__init__.py",
    "references/piecewise.py",
)
# Where tests are parametrised on the catalogue.
TESTS = (
    "tests/catalogue/test_catalogue.py",
    "tests/functions/test_accuracy.py",
    "tests/functions/test_conventions.py",
    "tests/functions/test_references.py",
    "tests/mechanism/test_dtypes.py",
    "tests/mechanism/test_residuals.py",
    "tests/mechanism/test_transforms.py",
)
COMPLETE = "test_public_functions_are or test_every_row_has_a_reference"


def published() -> dict[str, str]:
    """The diff of CONTRIBUTING by file."""
    diff = re.search(r"```diff\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert diff
    parts = re.split(r"^(?=--- a/)", diff[1], flags=re.MULTILINE)[1:]
    return {part.split()[1].removeprefix("a/"): part for part in parts}


def copy_with(diff: str, folder: Path) -> Path:
    """A copy of the repository with this change."""
    for name in ("jaxrelu", "references", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run(["git", "apply", "-"], cwd=folder, env=alone, input=diff, text=True, check=True)
    return folder


def run_tests(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    alone = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_published_diff_is_all_that_a_variant_needs(tmp_path: Path) -> None:
    diff = published()
    assert set(diff) == set(PLACES)
    folder = copy_with("".join(diff.values()), tmp_path / "copy")
    code, output = run_tests(folder, *TESTS, "-k", f"{NAME} or {COMPLETE}")
    assert code == 0, output
    passed = re.search(r"(\d+) passed", output)
    assert passed and int(passed[1]) > 40


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("jaxrelu/_catalogue/rows.py", f"public, without a row in the catalogue: {NAME}"),
        ("references/piecewise.py", f"add the reference of {NAME} to references/"),
    ],
)
def test_what_is_left_out_is_named(place: str, complaint: str, tmp_path: Path) -> None:
    diff = "".join(part for path, part in published().items() if path != place)
    code, output = run_tests(copy_with(diff, tmp_path / "copy"), TESTS[0], "-k", COMPLETE)
    assert code == 1
    assert complaint in output
