"""The rooms of the house: imports run one way, and never in a circle."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import jaxrelu

ROOT = Path(__file__).resolve().parents[1]

EXPERIMENTS = ("accuracy", "compiled", "convergence", "dying", "memory", "throughput", "transformer")
# Each room may import from those that stand before it, and from itself; two on one line not from each other.
# What an import of `jaxrelu` itself reaches stands at `jaxrelu`.
ORDER = (
    ("jaxrelu._kernels",),
    ("jaxrelu._mechanism",),
    ("jaxrelu._functions",),
    ("jaxrelu._catalogue",),
    ("jaxrelu",),
    ("jaxrelu.complex_valued", "jaxrelu.initializers", "jaxrelu.masks", "jaxrelu._modules"),
    ("jaxrelu.nnx", "jaxrelu.linen"),
    ("jaxrelu.diagnostics.units",),
    ("jaxrelu.diagnostics.reading",),
    ("jaxrelu.diagnostics.reports",),
    ("jaxrelu.diagnostics.recycling", "jaxrelu.diagnostics.pictures"),
    ("jaxrelu.diagnostics",),
    ("references",),
    ("benchmarks",),  # the docstring alone
    ("benchmarks.core",),
    ("benchmarks.peers",),
    tuple(
        f"benchmarks.{name}"
        for name in ("accuracy", "compiled", "convergence", "dying", "memory", "throughput", "transformer")
    ),
    ("benchmarks.scaling", "benchmarks.card"),  # run other experiments
    ("benchmarks.report",),
    ("benchmarks.command",),
    ("benchmarks.__main__",),
)
# The package imports these when they are first named; until then it has their names for type checkers alone.
LATE = tuple(f"jaxrelu.{part}" for part in jaxrelu._PARTS)
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    name_of(path): path
    for package in ("jaxrelu", "references", "benchmarks")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(module: str, code: str) -> Iterator[str]:
    """The modules of this house that a file imports, in functions and for types alone, too."""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{source}.{alias.name}" for alias in node.names]
            named = [name if name in FILES else source for name in names]
        else:
            continue
        late = LATE if module == "jaxrelu" else ()
        yield from (name for name in named if name in FILES and name not in (module, *late))


def room_of(module: str) -> str:
    """The smallest room that a module is in."""
    while module not in FLOOR:
        module = module.rpartition(".")[0]
    return module


def upward(module: str, code: str) -> list[str]:
    """The imports of a file that do not run down."""
    own = room_of(module)
    return [
        f"{module} imports {name}"
        for name in imported(module, code)
        if room_of(name) != own and FLOOR[room_of(name)] >= FLOOR[own]
    ]


def test_every_file_has_a_room() -> None:
    at_the_top = {name for name in FILES if room_of(name) in ("jaxrelu", "benchmarks", "jaxrelu.diagnostics")}
    assert at_the_top == {"jaxrelu", "benchmarks", "jaxrelu.diagnostics"}


@pytest.mark.parametrize("module", FILES)
def test_imports_run_down(module: str) -> None:
    assert not upward(module, FILES[module].read_text())


def test_files_import_one_another_in_no_circle() -> None:
    graph = {module: set(imported(module, path.read_text())) for module, path in FILES.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("jaxrelu._kernels.numerics", "from .._functions.rectifiers import relu"),
        ("jaxrelu._mechanism.formulas", "def late():\n    from .. import relu"),
        ("jaxrelu._functions.polynomial.fits", "from ..._catalogue.rows import ROWS"),
        ("jaxrelu.nnx.fixed", "import jaxrelu.linen"),
        ("jaxrelu.diagnostics.units.counts", "if TYPE_CHECKING:\n    from ..reports.report import Report"),
        ("references.by_hand", "from benchmarks.core import timing"),
        ("benchmarks.core.plots", "from .. import throughput"),
        ("benchmarks.memory.page", "from ..accuracy.page import page"),
        ("benchmarks.dying.experiment", "from ..command.report import console"),
    ],
)
def test_an_import_that_runs_up_is_found(module: str, line: str) -> None:
    assert upward(module, f"{FILES[module].read_text()}\n{line}\n")
