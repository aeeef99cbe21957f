"""Writes the generated pages, pictures and parts of README.md and docs/: run it after changing a row.

`python docs/generate.py [FOLDER...]`: with the folders of runs, their results are committed in
`benchmarks/results` first, if the section has a page of its own. Other pages have parts: between
`<!-- NAME: begin -->` and `<!-- NAME: end -->` a page holds what a function here returns. A test holds the
pages up to date.
"""

import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
from rich.table import Table

import jaxrelu
from benchmarks import scaling, transformer
from benchmarks.accuracy import page as accuracy_page
from benchmarks.convergence import page as convergence_page
from benchmarks.core import failures
from benchmarks.core.pages import DOCS, ROOT, Page, read
from benchmarks.core.results import FILE
from benchmarks.core.tables import markdown, markdown_grid
from benchmarks.memory import page as memory_page
from benchmarks.throughput import claims as throughput_claims
from docs import choice, committed
from docs.committed import NOTHING
from jaxrelu import diagnostics
from jaxrelu._catalogue.aliases import ALIASES, LibraryName
from references.differences import DIFFERENCES

LIBRARIES = (committed.OURS, committed.PEER)
SHOWN = ("relu", "leaky_relu", "elu", "gelu", "silu", "mish")  # in the picture and the table of README.md
DTYPES = ("float32", "bfloat16", "float16")


def kept(row: jaxrelu.Variant) -> str:
    """What a variant keeps for the backward pass, its own choice first."""
    return ", ".join((f"**{row.residuals[0]}**", *row.residuals[1:]))


def families() -> str:
    """The names of each family, one line each."""
    rows: dict[str, list[str]] = {}
    for row in jaxrelu.catalogue().values():
        rows.setdefault(row.family, []).append(f"`{row.name}`")
    return markdown_grid(
        ["family", "variants"], [[family, ", ".join(names)] for family, names in rows.items()]
    )


def variants() -> str:
    """The catalogue: formula, defaults, kinks, what is kept, and where it comes from."""
    rows = []
    for row in jaxrelu.catalogue().values():
        defaults = ", ".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
                             for name, value in row.defaults.items())  # fmt: skip
        kinks = ", ".join(f"{slope:g} at {x:g}" for x, slope in row.kinks.items())
        rows.append([f"`{row.name}`", row.formula, defaults, kinks or "none", kept(row), row.reference])
    header = ["name", "value", "defaults", "slope at kinks", "kept for the backward pass", "introduced by"]
    return markdown_grid(header, rows)


def summary() -> str:
    """A few functions beside those of `jax.nn`: what a stranger wants to know."""
    lines = []
    for name in SHOWN:
        kept = [committed.kept(name, library) for library in LIBRARIES]
        errors = [committed.error(name, "slope", "bfloat16", library) for library in LIBRARIES]
        gpu_time = committed.gpu_ratio(name, "float32")
        cpu_time = committed.cpu_ratio(name, "float32", committed.FROM_MEMORY)
        lines.append([f"`{name}`", *map(" / ".join, (kept, errors)), gpu_time, cpu_time])
    header = ["", "bytes kept an element", "error of the slope in bfloat16", "time on a GPU", "time on a CPU"]
    gpu, cpu = (committed.results(path)["environment"] for path in (committed.GPU, committed.CPU))
    where = (
        f"GPU: {gpu['device']}, jax {gpu['jax']}. CPU: {cpu['cpu']}, {cpu['cores']} cores, jax {cpu['jax']}."
    )
    return f"{markdown_grid(header, lines, range(1, 5))}\n\n{where}"


def overview() -> str:
    """Every function that `jax.nn` has: time, what is kept, memory of a deep network."""
    times = committed.rows(committed.CPU, "throughput")
    lines = []
    for name, row in jaxrelu.catalogue().items():
        if row.peer is None or committed.first(times, "median", variant=name) is None:
            continue
        ratios = [committed.cpu_ratio(name, dtype, size) for size in committed.PLACES for dtype in DTYPES]
        kept = [committed.kept(name, library) for library in LIBRARIES]
        ways = (f"ours {row.residuals[0]}", committed.PEER)
        nets = [
            " / ".join(f"{committed.net(name, way, pattern):.3g}" for way in ways)
            for pattern in ("dot", "frozen")
        ]
        lines.append([f"`{name}`", *ratios, " / ".join(kept), *nets])
    sizes = [f"{dtype}, {place}" for place in committed.PLACES.values() for dtype in ("f32", "bf16", "f16")]
    header = ["", *sizes, "bytes kept", "net, trained", "net, frozen"]
    return markdown_grid(header, lines)


def tpu_cycles() -> str:
    """Every function with a counterpart: what the compilers of two TPUs estimate."""
    columns = [(target, dtype) for target in ("v5e", "v6e") for dtype in ("bfloat16", "float32")]
    lines = []
    for name in jaxrelu.catalogue():
        ratios = [committed.cycles_ratio(name, target, dtype) for target, dtype in columns]
        if set(ratios) != {NOTHING}:
            lines.append([f"`{name}`", *ratios])
    return markdown_grid(["", *map(", ".join, columns)], lines, range(1, 5))


def differences() -> str:
    """The table of the tests."""
    rows = []
    for row in DIFFERENCES:
        names = ", ".join(f"`{name}`" for name in row.variants.split())
        rows.append([row.library, names, f"{row.what} at {', '.join(row.at)}", row.reason])
    return markdown_grid(["library", "functions", "what", "why"], rows)


def aliases(library: LibraryName) -> str:
    """The names of a library, and the function of jaxrelu that each means there."""
    names: dict[str, list[str]] = {}
    for name in ALIASES[library]:
        names.setdefault(_as_call(jaxrelu.get(name, library)), []).append(name)
    same = [f"`{name}`" for call, known in names.items() for name in known if call == f"jaxrelu.{name}(x)"]
    others = {
        call: [f"`{name}`" for name in known if call != f"jaxrelu.{name}(x)"] for call, known in names.items()
    }
    lines = [[", ".join(known), f"`{call}`"] for call, known in others.items() if known]
    grid = markdown_grid([f"name in {library}", "function of jaxrelu"], lines)
    return f"The same name in both: {', '.join(same)}.\n\n{grid}"


def _as_call(function: Callable[..., Any]) -> str:
    """The function as it is called on x, with the arguments that are filled in."""
    filled = getattr(function, "keywords", {})
    arguments = ", ".join(["x", *(f"{name}={value!r}" for name, value in filled.items())])
    return f"jaxrelu.{getattr(function, 'func', function).__name__}({arguments})"


def peers() -> str:
    """Value with gradient against each library in a process of its own, function by function."""
    paths = {"torch": committed.TORCH, "torch.compile": committed.TORCH, "keras": committed.KERAS}
    columns = [(library, dtype) for library in paths for dtype in ("float32", "bfloat16")]
    names = dict.fromkeys(row["variant"] for row in committed.rows(committed.TORCH, "throughput"))
    lines = [
        [f"`{name}`", *(_against(name, library, dtype, paths[library]) for library, dtype in columns)]
        for name in names
    ]
    header = ["", *(f"{library}, {dtype}" for library, dtype in columns)]
    return markdown_grid(header, lines, range(1, len(header)))


def _against(name: str, library: str, dtype: str, path: Path) -> str:
    """Our time by theirs, both with fresh outputs; * marks an unstable row."""
    wanted = {"variant": name, "dtype": dtype, "size": committed.IN_CACHE, "regime": "from memory"}
    wanted |= {"mode": "value_and_gradient"}
    among = committed.rows(path, "throughput")
    theirs = committed.first(among, "ours_fresh_median", library=library, **wanted)
    ours = committed.first(among, "median", library=committed.OURS, outputs="fresh", **wanted)
    if theirs is None or ours is None:
        return NOTHING
    return f"{theirs['ours_fresh_median']:.2f}" + "*" * (theirs["unstable"] or ours["unstable"])


COMPARED = {
    committed.CPU: (committed.OURS, committed.PEER),
    committed.TORCH: (committed.OURS, "torch", "torch.compile"),
    committed.KERAS: (committed.OURS, "keras"),
}


def _claims(path: Path, libraries: tuple[str, ...]) -> Table:
    rows = [row for row in committed.rows(path, "throughput") if "samples" in row]
    if path != committed.CPU:
        rows = [row for row in rows if row.get("library") in libraries]
    table = throughput_claims.claims(rows)
    assert table is not None, f"{path.name} has no row to claim anything of"
    return table


def transformer_steps() -> str:
    """Training steps of a transformer: time and memory, divided by those of `jax.nn`."""
    measured = committed.rows(committed.CPU, "transformer")
    lines = []
    for name in dict.fromkeys(row["variant"] for row in measured):
        ours, peer = (
            committed.first(measured, "median", variant=name, library=library, mode="plain")
            for library in LIBRARIES
        )
        if ours and peer:
            time = f"{ours['ratio_median']:.2f}" + "*" * ours["unstable"]
            memory = f"{ours['temp_bytes'] / peer['temp_bytes']:.2f}"
            lines.append([f"`{name}`", time, memory, f"{ours['losses'][-1] - peer['losses'][-1]:+.4f}"])
    return markdown_grid(["", "time", "memory", "difference of the loss"], lines, range(1, 4))


def compile_times() -> str:
    """The time to compile, divided by that of `jax.nn`, for few and many layers."""
    layers = [row for row in committed.rows(committed.CPU, "scaling") if row["kind"] == "layers"]
    forms = list(dict.fromkeys((row["mode"], row["layers"]) for row in layers))
    lines = []
    for name in dict.fromkeys(row["variant"] for row in layers):
        wanted = {"variant": name, "library": committed.OURS}
        ratios = (
            committed.figure(layers, "ratio_compile_s", mode=mode, layers=number, **wanted)
            for mode, number in forms
        )
        lines.append([f"`{name}`", *ratios])
    return markdown_grid(
        ["", *(f"{mode}, {number}" for mode, number in forms)], lines, range(1, 1 + len(forms))
    )


def all_of_speed() -> str:
    """Every table of the times."""
    parts = ["# Speed, all tables", "See [speed](../speed.md) for what is measured."]
    for path, libraries in COMPARED.items():
        title = f"## Against {', '.join(libraries[1:])}"
        parts += [title, markdown(_claims(path, libraries)).strip()]
    for title, section in {"As work grows": scaling, "In a transformer": transformer}.items():
        rows = failures.measured(committed.rows(committed.CPU, section.SECTION))
        parts += [f"## {title}", *(markdown(table).strip() for table in section.tables(rows))]
    return "\n\n".join(parts) + "\n"


BITS = (1, 2, 3, 4, 8)

# Computed from the levels that fewbit ships (Novikov et al., ICML 2023), and from ReGELU2's and ReSiLU2's
# (Yang et al., LowMemoryBP, ICML 2024), which fit the function in place of the slope.
PUBLISHED = {
    "gelu, fewbit": {1: (0.216, 0.50), 2: (0.095, 0.175), 3: (0.058, 0.128), 4: (0.031, 0.067)},
    "gelu, ReGELU2": {2: (0.241, 0.55)},
    "silu, fewbit": {3: (0.053, 0.098)},
    "silu, ReSiLU2": {2: (0.290, None)},
    "mish, fewbit": {3: (0.059, 0.125)},
    "elu, fewbit": {3: (0.039, 0.115)},
}


def errors() -> str:
    """The slope in a few bits against the exact one, and what others have published."""
    ours: dict[str, dict[int, tuple[float, float | None]]] = {}
    for name in ("gelu", "gelu_exact", "silu", "mish", "elu", "selu", "softplus"):
        ours[f"`{name}`"] = {bits: rounding_errors(name, bits) for bits in BITS}
    rows = []
    for name, cells in {**ours, **PUBLISHED}.items():
        figures = (cells.get(bits) for bits in BITS)
        rows.append([name, *("-" if f is None else " / ".join(map(_rounded, f)) for f in figures)])
    return markdown_grid(["", *(f"{bits} bit{'s' * (bits > 1)}" for bits in BITS)], rows)


def rounding_errors(name: str, bits: int) -> tuple[float, float]:
    """The root mean square error of the rounded slope under N(0, 1), and the largest."""
    row = jaxrelu.catalogue()[name]
    twin = jaxrelu.with_residual(row.function, bits=bits)
    x = jnp.linspace(-20, 20, 40 * 1000 + 1)
    rounded, exact = (
        np.asarray(jax.grad(lambda x, f=f: f(x, **row.arguments).sum())(x), np.float64)
        for f in (twin, row.function)
    )
    weights = np.exp(-np.square(np.asarray(x, np.float64)) / 2)
    error = np.abs(rounded - exact)
    return float(np.sqrt((weights * error**2).sum() / weights.sum())), float(error.max())


def _rounded(error: float | None) -> str:
    return "?" if error is None else f"{error:.2g}"


def trained() -> str:
    """Gelu with the exact slope and with rounded ones, from the committed run."""
    lines = []
    for row in committed.rows(committed.CPU, "convergence"):
        chosen = row["rates"].index(row["rate"])
        test = 100 * np.array(row["test"])[:, chosen]
        steps = np.array(
            [np.inf if seed[chosen] is None else seed[chosen] for seed in row["steps_to_target"]]
        )
        low, high = np.quantile(steps, (0.25, 0.75), method="inverted_cdf")
        speed = f"{np.median(steps):g} ({low:g} to {high:g})"
        figures = [
            f"{row['rate']:.3g}",
            f"{test.mean():.1f}",
            f"{test.std(ddof=1):.1f}",
            speed,
            str(len(test)),
        ]
        lines.append((np.median(steps), -test.mean(), [f"`{row['variant']}`", *figures]))
    header = ["", "rate", "test accuracy, %", "its deviation", "steps to 97 % (quartiles)", "seeds"]
    return markdown_grid(header, [line for *_, line in sorted(lines, key=lambda line: line[:2])])


GENERATED: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"measured": summary},
    "docs/variants.md": {"families": families, "variants": variants},
    "docs/differences.md": {"differences": differences},
    "docs/speed.md": {
        "overview": overview,
        "peers": peers,
        "compiling": compile_times,
        "transformer": transformer_steps,
    },
    "docs/accelerators.md": {"cycles": tpu_cycles},
    "docs/choose.md": {
        "memory": choice.memory,
        "hardware": choice.hardware,
        "numbers": choice.numbers,
        "private": choice.private_inference,
    },
    "docs/migration.md": {library: functools.partial(aliases, library) for library in get_args(LibraryName)},
    "docs/accuracy.md": {
        "points": accuracy_page.points,
        "worst": accuracy_page.worst,
        "every": accuracy_page.every_float32,
    },
    "docs/memory.md": {
        "kept": memory_page.kept,
        "net": memory_page.net,
        "relu": functools.partial(memory_page.summary, "relu"),
        "gelu": functools.partial(memory_page.summary, "gelu"),
        "links": memory_page.links,
    },
    "docs/quantized.md": {"errors": errors, "trained": trained},
}


WHOLE: tuple[Page, ...] = (accuracy_page, convergence_page, memory_page)


@functools.cache
def whole_pages() -> dict[str, str]:
    """The pages that are generated from beginning to end."""
    pages = {f"docs/{path}": text for module in WHOLE for path, text in module.generated_pages().items()}
    return pages | {"docs/tables/speed.md": all_of_speed()}


PAGES = (*GENERATED, *whole_pages())


def written(page: str) -> str:
    """The page written anew, or its generated parts."""
    if page not in GENERATED:
        return whole_pages()[page]
    text = (ROOT / page).read_text()
    for name, content in GENERATED[page].items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        assert pattern.search(text), f"{page} lacks the marks of {name}"
        block = f"{begin}\n\n{content()}\n\n{end}"
        text = pattern.sub(lambda _, block=block: block, text)
    return text


def draw() -> None:
    """The picture of README.md."""
    functions = {name: jaxrelu.catalogue()[name].bound for name in SHOWN}
    diagnostics.draw_functions(functions, -4.0, 3.0).savefig(DOCS / "functions.png", dpi=130)


if __name__ == "__main__":
    for folder in map(Path, sys.argv[1:]):
        for module in WHOLE:
            if module.SECTION in read(folder / FILE)["sections"]:
                print(f"{module.keep(folder)} has the {module.SECTION} of {folder}")
    for cached in (whole_pages, committed.results):
        cached.cache_clear()  # what was committed before
    for module in WHOLE:
        module.draw()
    draw()
    for page in PAGES:
        (ROOT / page).write_text(written(page))
