"""Tries the installed jaxrelu from outside its checkout: all modules, the README's example, one gradient.

Run with `python -I`, so that neither the current folder nor PYTHONPATH can stand in for the wheel.
"""

import doctest
import importlib
import importlib.metadata
import sys
from pathlib import Path

import jax

import jaxrelu


def modules(checkout: Path) -> list[str]:
    """Every module of the source tree by name, as it must be in the wheel."""
    paths = sorted((checkout / "jaxrelu").rglob("*.py"))
    parts = (path.relative_to(checkout).with_suffix("").parts for path in paths)
    return [".".join(names[:-1] if names[-1] == "__init__" else names) for names in parts]


def main(checkout: Path) -> None:
    installed = Path(jaxrelu.__file__).resolve()
    assert installed.is_relative_to(Path(sys.prefix).resolve()), f"{installed} is not the wheel's"
    assert importlib.metadata.version("jaxrelu") == jaxrelu.__version__
    assert (installed.parent / "py.typed").is_file(), "types are not found without py.typed"

    names = modules(checkout)
    for room in ("_kernels", "nnx", "linen", "diagnostics"):
        assert f"jaxrelu.{room}" in names, f"{checkout} has no {room}"
    for name in names:
        importlib.import_module(name)

    gradient = float(jax.jit(jax.grad(jaxrelu.gelu))(1.0))
    assert abs(gradient - 1.082964) < 1e-6, gradient  # tanh form, by mpmath

    failed, tried = doctest.testfile(str(checkout / "README.md"), module_relative=False)
    assert tried > 5 and not failed
    print(f"wheel {jaxrelu.__version__}: {len(names)} modules, {tried} lines of the README")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
