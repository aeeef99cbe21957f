"""One word, one meaning: no two classes have one name, and a variable says what was found."""

import ast
import collections
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# One public name in both frameworks, over one core.
TWINS = ("jaxrelu/_modules/", "jaxrelu/nnx/", "jaxrelu/linen/")
# What the command line asks of every experiment: `throughput.Settings`, `memory.Settings`.
OF_EVERY_EXPERIMENT = {"Settings"}

FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for room in ("jaxrelu", "references", "benchmarks", "tests", "docs")
    for path in sorted((ROOT / room).rglob("*.py"))
}


def kinds(code: str) -> Iterator[str]:
    """The classes of a file, in functions too, and its aliases of types, as `Rows = list[Row]`."""
    tree = ast.parse(code)
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()):
                if name.lstrip("_")[:1].isupper() and not name.isupper():
                    yield name


def reused(files: Mapping[str, str]) -> dict[str, list[str]]:
    """The names that have several meanings, and the files in which they have them."""
    homes: dict[str, set[str]] = collections.defaultdict(set)
    repeated: dict[str, list[str]] = {}
    for file, code in files.items():
        room = "a module" if file.startswith(TWINS) else file
        for name, times in collections.Counter(kinds(code)).items():
            homes[name].add(room)
            if times > 1:
                repeated[name] = [file]
    several = {name: sorted(rooms) for name, rooms in homes.items() if len(rooms) > 1}
    return {name: rooms for name, rooms in (repeated | several).items() if name not in OF_EVERY_EXPERIMENT}


def vague(code: str) -> list[int]:
    """The lines where something is called `found`, whatever it is."""
    named = (
        node
        for node in ast.walk(ast.parse(code))
        if (isinstance(node, ast.Name) and node.id == "found" and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.arg) and node.arg == "found")
    )
    return [node.lineno for node in named]


def test_no_name_of_a_class_has_two_meanings() -> None:
    assert reused(FILES) == {}


def test_every_variable_says_what_was_found() -> None:
    assert {name: lines for name, code in FILES.items() if (lines := vague(code))} == {}


def test_a_name_that_is_used_again_is_seen() -> None:
    assert reused({"a.py": "class Plan: ...", "b.py": "def f():\n    class Plan: ..."}) == {
        "Plan": ["a.py", "b.py"]
    }
    assert reused({"a.py": "class Row: ...", "b.py": "Row = dict[str, int]"}) == {"Row": ["a.py", "b.py"]}
    assert reused({"a.py": "class Net: ...\nclass Net: ..."}) == {"Net": ["a.py"]}
    assert not reused({"jaxrelu/nnx/a.py": "class GLU: ...", "jaxrelu/linen/a.py": "class GLU: ..."})


def test_a_variable_that_says_nothing_is_seen() -> None:
    assert vague("found = f()") == vague("def g(found): ...") == vague("(found := 1)") == [1]
    assert vague("for a, found in b: ...") == [1]
    assert not vague("path_found = f()")
