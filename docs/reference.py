"""The API reference of the site: one page a module, one entry a public name, from the docstrings."""

import inspect
from types import ModuleType

import jaxrelu
from jaxrelu import complex_valued, diagnostics, initializers, linen, masks, nnx

MODULES: dict[str, ModuleType] = {
    "functions": jaxrelu,
    "nnx": nnx,
    "linen": linen,
    "diagnostics": diagnostics,
    "initializers": initializers,
    "masks": masks,
    "complex_valued": complex_valued,
}


def public_names(module: ModuleType) -> list[str]:
    """The names of a module that users may use, its submodules left out."""
    listed = getattr(module, "__all__", None) or dir(module)
    names = (name for name in listed if not name.startswith("_"))
    return sorted((n for n in names if not inspect.ismodule(getattr(module, n))), key=str.lower)


def pages() -> dict[str, str]:
    """The pages by their paths below docs/."""
    links = "\n".join(MODULES)
    index = f"# API reference\n\n```{{toctree}}\n:maxdepth: 1\n\n{links}\n```\n"
    return {"api/index.md": index} | {f"api/{page}.md": _page(module) for page, module in MODULES.items()}


def _page(module: ModuleType) -> str:
    """Functions first, then classes."""
    names = sorted(public_names(module), key=lambda name: inspect.isclass(getattr(module, name)))
    entries = "\n\n".join(_entry(name, getattr(module, name)) for name in names)
    return f"""# {module.__name__}

```{{eval-rst}}
{inspect.getdoc(module)}

.. currentmodule:: {module.__name__}

{entries}
```
"""


def _entry(name: str, value: object) -> str:
    if inspect.isclass(value):
        return f".. autoclass:: {name}\n   :members:"
    return f".. {'autofunction' if callable(value) else 'autodata'}:: {name}"
