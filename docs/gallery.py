"""The gallery: a page and two pictures for each variant, from the catalogue and the committed results."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from matplotlib.figure import Figure

import jaxrelu
import jaxrelu.nnx
from benchmarks.core.tables import markdown_grid
from docs import committed
from jaxrelu import diagnostics
from jaxrelu.initializers import gain

FOLDER = "variant"
_DTYPES = ("float32", "bfloat16", "float16")
_BLUE, _ORANGE = "#4477AA", "#EE7733"

# Settings that show the character of a function whose defaults look like relu.
_CHARACTER: dict[str, dict[str, float]] = {
    "leaky_relu": {"negative_slope": 0.1},
    "general_relu": {"negative_slope": 0.1, "shift": 0.4, "max_value": 2.0},
    "threshold": {"threshold": 1.0},
}

_FORMULA = re.compile(r"^\.\. math:: (.*?)\n\n", re.DOTALL | re.MULTILINE)

_PAGE = """# {name}

![{name} and its slope]({name}.svg)

{title}{drawn}

{mathematics}

See {{py:func}}`jaxrelu.{function}` for arguments, errors and an example.

| | |
| --- | --- |
{facts}

## Use

```python
{snippet}
```

With Flax NNX:

```python
{nnx}
```

With Flax Linen:

```python
{linen}
```

## Error

The worst error in units in the last place, jaxrelu / `jax.nn` ([how it is measured](../accuracy.md)).

{errors}

## Time

Value with gradient, time divided by that of `jax.nn`; below 1, jaxrelu is faster. * marks an unstable row. On
the GPU also the bandwidth divided by that of a copy ([CPU](../speed.md), [GPU](../accelerators.md)).

{times}

## Papers

{papers}
"""


def pages() -> dict[str, str]:
    """The page of each variant and the overview, by their paths below docs/."""
    rows = jaxrelu.catalogue().values()
    return {"gallery.md": _overview()} | {f"{FOLDER}/{row.name}.md": _page(row) for row in rows}


def draw(docs: Path) -> None:
    """The pictures of the pages, where they are missing."""
    for row in jaxrelu.catalogue().values():
        if (docs / FOLDER / f"{row.name}-small.svg").exists():
            continue
        functions, low, high = curves(row), *interval(row)
        picture = diagnostics.draw_functions(functions, low, high)
        picture.suptitle("")
        picture.savefig(docs / FOLDER / f"{row.name}.svg")
        thumbnail = _thumbnail(row.name, list(functions.values()), low, high)
        thumbnail.savefig(docs / FOLDER / f"{row.name}-small.svg")


def curves(row: jaxrelu.Variant) -> dict[str, Callable[[Array], Array]]:
    """What is drawn of a variant: functions of one array by their labels."""
    function = functools.partial(row.bound, **row.example)
    if row.partners:
        return {"of the gate, value = 1": lambda x: function(x, jnp.ones_like(x))}
    if row.name == "glu":
        return {"of the gate, value = 1": lambda x: function(jnp.stack([jnp.ones_like(x), x], -1))[..., 0]}
    if row.name == "crelu":
        return {f"channel {i}": lambda x, i=i: function(x[..., None])[..., i] for i in range(2)}
    if row.name == "maxout":
        return {"of the channels x and -x/2": lambda x: function(jnp.stack([x, -x / 2], -1))[..., 0]}
    drawn = {row.name: function}
    if row.name in _CHARACTER:
        drawn[_arguments(_CHARACTER[row.name])] = functools.partial(function, **_CHARACTER[row.name])
    return drawn


def interval(row: jaxrelu.Variant) -> tuple[float, float]:
    """The range of x that shows the character of a variant: around its kinks, or around 0."""
    if not row.kinks or set(row.kinks) == {0.0}:
        return -5.0, 5.0
    return min(row.kinks) - 3.0, max(row.kinks) + 3.0


def _thumbnail(name: str, functions: list[Callable[[Array], Array]], low: float, high: float) -> Figure:
    """A small picture of functions, and of the slope of the last."""
    x = jnp.linspace(low, high, 2001, dtype=jnp.float32)  # as the large picture: compiled once for both
    figure = Figure(figsize=(1.7, 1.4), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0.0, color="#BBBBBB", linewidth=0.6)
    for function in functions:
        axes.plot(x, function(x), color=_BLUE, linewidth=1.6)
    _, pullback = jax.vjp(functions[-1], x)
    axes.plot(x, pullback(jnp.ones_like(x))[0], color=_ORANGE, linewidth=1.0, linestyle="--")
    axes.set_title(name, fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return figure


def _overview() -> str:
    """The pictures of all variants by family, each a link to its page."""
    parts = [
        "# Gallery",
        "Every variant, its value (line) and its slope (dashed). A picture leads to formula, kinks, moments, "
        "errors, times, papers and code. The same as one table: [all variants](variants.md).",
    ]
    families: dict[str, list[str]] = {}
    for row in jaxrelu.catalogue().values():
        families.setdefault(row.family, []).append(row.name)
    for family, names in families.items():
        pictures = (f"[![{name}]({FOLDER}/{name}-small.svg)]({FOLDER}/{name}.md)" for name in names)
        parts += [f"## {family.capitalize()}", "\n".join(pictures)]
    listed = "\n".join(f"{FOLDER}/{name}" for names in families.values() for name in names)
    parts.append(f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{listed}\n```")
    return "\n\n".join(parts) + "\n"


def _page(row: jaxrelu.Variant) -> str:
    document = inspect.getdoc(inspect.unwrap(row.function)) or ""
    shown = _CHARACTER.get(row.name)
    return _PAGE.format(
        name=row.name,
        title=document.partition("\n")[0],
        drawn=f" Drawn at its defaults and with {_arguments(shown)}." if shown else "",
        mathematics="\n\n".join(f"$$ {part} $$" for part in _FORMULA.findall(document)),
        function=inspect.unwrap(row.function).__name__,
        facts="\n".join(f"| {what} | {fact} |" for what, fact in _facts(row).items()),
        snippet=function_snippet(row),
        nnx=nnx_snippet(row),
        linen=linen_snippet(row),
        errors=_errors(row.name),
        times=_times(row.name),
        papers=_papers(row, document),
    )


def _facts(row: jaxrelu.Variant) -> dict[str, str]:
    defaults = ", ".join(f"`{name}={value!r}`" for name, value in row.defaults.items())
    kinks = ", ".join(f"{slope:g} at x = {x:g}" for x, slope in row.kinks.items())
    default, *others = (f"`{residual}`" for residual in row.residuals)
    also = f"; [`with_residual`](../memory.md) also offers {', '.join(others)}" if others else ""
    kept = committed.kept(row.name, committed.OURS)
    peer = committed.kept(row.name, committed.PEER)
    facts = {
        "in plain text": f"`{row.formula}`",
        "family": row.family,
        "defaults": defaults or "no arguments with a default",
        "slope at kinks": kinks or "no kinks",
        "kept for the backward pass": f"{default}{also}",
        "bytes kept an element, float32": f"{kept}"
        if peer == committed.NOTHING
        else f"{kept} (`jax.nn` {peer})",
    }
    drawn = list(curves(row).values())
    if not row.partners and row.family != "channels" and row.name != "glu":
        mean, second, slope = moments(drawn[0])
        facts["for inputs N(0, 1)"] = (
            f"mean {mean:.4f}, mean square {second:.4f}, mean square of the slope {slope:.4f}"
        )
        facts["[gain](../initializers.md)"] = f"{gain(drawn[0]):.4f}"
    return facts


def moments(function: Callable[[Array], Array]) -> tuple[float, float, float]:
    """The means of f, f^2 and f'^2 for standard normal inputs, by a sum over a fine grid."""
    x = jnp.asarray((np.arange(-24_000, 24_000) + 0.5) / 2000, jnp.float32)  # kinks lie between two points
    y, pullback = jax.vjp(function, x)
    value, slope = (np.asarray(part, np.float64) for part in (y, pullback(jnp.ones_like(y))[0]))
    density = np.exp(-np.square(np.asarray(x, np.float64)) / 2)
    density /= density.sum()
    return float(density @ value), float(density @ value**2), float(density @ slope**2)


def _errors(name: str) -> str:
    lines = []
    for result in ("value", "slope"):
        pairs = (
            " / ".join(
                error
                for library in (committed.OURS, committed.PEER)
                if (error := committed.error(name, result, dtype, library)) != committed.NOTHING
            )
            for dtype in _DTYPES
        )
        lines.append([result, *(pair or "not measured" for pair in pairs)])
    return markdown_grid(["", *_DTYPES], lines, range(1, 4))


def _times(name: str) -> str:
    header = ["", *_DTYPES[:2]]
    lines = [
        [
            "CPU, arrays in cache",
            *(committed.cpu_ratio(name, dtype, committed.IN_CACHE) for dtype in header[1:]),
        ],
        [
            "CPU, from memory",
            *(committed.cpu_ratio(name, dtype, committed.FROM_MEMORY) for dtype in header[1:]),
        ],
        ["GPU (H200), one program", *(committed.gpu_ratio(name, dtype) for dtype in header[1:])],
        ["GPU, bandwidth by that of a copy", *(committed.gpu_share(name, dtype) for dtype in header[1:])],
    ]
    measured = [line for line in lines if any(cell != committed.NOTHING for cell in line[1:])]
    return markdown_grid(header, measured, (1, 2)) if measured else "Not measured yet."


def _papers(row: jaxrelu.Variant, document: str) -> str:
    listed = inspect.cleandoc(document.partition("References:")[2]).splitlines()
    joined: list[str] = []
    for line in listed:
        if line.startswith(" ") and joined:
            joined[-1] += f" {line.strip()}"
        elif line.strip():
            joined.append(line.strip())
    return "\n".join(f"- {paper}" for paper in joined) or f"- {row.reference}"


def _written(value: Any) -> str:
    return f"jnp.array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)


def _arguments(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_written(value)}" for name, value in values.items())


def function_snippet(row: jaxrelu.Variant) -> str:
    """How the function is called."""
    arguments = [*(f"{name}=jnp.ones_like(x)" for name in row.partners)]
    arguments += [text for text in [_arguments({**row.arguments, **row.example})] if text]
    name = inspect.unwrap(row.function).__name__
    return f"""import jax.numpy as jnp
import jaxrelu

x = jnp.linspace(-3.0, 3.0, 6)
y = jaxrelu.{name}({", ".join(["x", *arguments])})"""


def module_of(row: jaxrelu.Variant) -> str | None:
    """The class of this variant in `jaxrelu.nnx` and `jaxrelu.linen`, if it has one of its own."""
    by_name = {name.lower(): name for name in jaxrelu.nnx.__all__}
    return by_name.get(row.name.replace("_", ""))


def _is_gated(row: jaxrelu.Variant) -> bool:
    return row.family == "gated"


def nnx_snippet(row: jaxrelu.Variant) -> str:
    """How the NNX module is made and called."""
    module = module_of(row)
    if module is None:
        made = f'Activation("{row.name}")'
    elif _is_gated(row):
        made = f"{module}(6, 8, rngs=nnx.Rngs(0))"
    elif module in ("CReLU", "Maxout"):
        made = f"{module}({_arguments(row.example)})"
    else:
        made = f"{module}(rngs=nnx.Rngs(0))"
    return f"""from flax import nnx

layer = jaxrelu.nnx.{made}
y = layer(x)"""


def linen_snippet(row: jaxrelu.Variant) -> str:
    """How the Linen module is made and called."""
    module = module_of(row)
    if module is None:
        made = f'Activation("{row.name}")'
    elif _is_gated(row):
        made = f"{module}(8)"
    elif module == "RReLU":
        made = "RReLU(deterministic=True)"
    else:
        made = f"{module}({_arguments(row.example) if module == 'Maxout' else ''})"
    return f"""import jax

layer = jaxrelu.linen.{made}
variables = layer.init(jax.random.key(0), x)
y = layer.apply(variables, x)"""
