"""Writes the generated pages, pictures and parts of README.md and docs/: run it after changing a row.

`python docs/generate.py [FOLDER...]`: with the folders of runs, their results are committed in
`benchmarks/results` first, if the section has a page of its own. Other pages have parts: between
`<!-- NAME: begin -->` and `<!-- NAME: end -->` a page holds what a function here returns. A test holds the
pages up to date.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
from benchmarks import scaling, transformer
from benchmarks.accuracy import page as accuracy_page
from benchmarks.convergence import page as convergence_page
from benchmarks.core import failures, subjects
from benchmarks.core.pages import RESULTS, ROOT, Page, read
from benchmarks.core.results import FILE
from benchmarks.core.tables import markdown, markdown_grid
from benchmarks.memory import page as memory_page
from benchmarks.throughput import claims as throughput_claims
from references import counterparts
from references.differences import DIFFERENCES

OWN_RUN = RESULTS / "cpu.json"
TORCH_RUN = RESULTS / "peers-cpu.json"
KERAS_RUN = RESULTS / "keras-cpu.json"
MEMORY_RUN = RESULTS / "memory-cpu-jax-0.10.json"
LIBRARIES = ("jaxrelu", "jax.nn")
DTYPES = ("float32", "bfloat16", "float16")
PLACES = {2**20: "in cache", 2**24: "from memory"}


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


def overview() -> str:
    """What the committed run on a CPU showed: time, what is kept, memory of a deep net."""
    content = read(OWN_RUN)
    times = content["sections"]["throughput"]
    nets = _rows(MEMORY_RUN, "memory")
    environment = content["environment"]
    rows = []
    for name, row in jaxrelu.catalogue().items():
        if row.peer is None or not any(r.get("variant") == name for r in times):
            continue
        kept = [_figure(nets, "bytes_per_element", name, library=of, dtype="float32") for of in LIBRARIES]
        ways = (f"ours {row.residuals[0]}", "jax.nn")
        net = [
            _figure(nets, "hidden_tensors_per_layer", name, way=way, layout="unrolled", pattern=pattern)
            for pattern in ("dot", "frozen")
            for way in ways
        ]
        ratios = [_ratio(times, name, dtype, size) for size in PLACES for dtype in DTYPES]
        rows.append([f"`{name}`", *ratios, " / ".join(kept), " / ".join(net[:2]), " / ".join(net[2:])])
    sizes = [f"{dtype}, {place}" for place in PLACES.values() for dtype in ("f32", "bf16", "f16")]
    header = ["", *sizes, "bytes kept", "net, trained", "net, frozen"]
    caption = (
        "Value with gradient, time as a ratio to `jax.nn` (below 1 is faster; * marks an unstable row), of "
        "2^20 elements in cache and 2^24 from memory; "
        "bytes an element kept for the backward pass in f32, ours / jax.nn; peak temporary memory of the "
        "gradient of an unrolled 6-layer MLP in hidden tensors a layer, ours / jax.nn, with all weights "
        "trained and with those after the function frozen (docs/memory.md). "
        f"{environment['cpu']}, {environment['cores']} cores, jax {environment['jax']}; "
        "`python -m benchmarks` prints this machine's."
    )
    return f"{markdown_grid(header, rows)}\n\n{caption}"


def _figure(rows: list[dict[str, Any]], figure: str, variant: str, **wanted: str) -> str:
    wanted = {"variant": variant, **wanted}
    for row in rows:
        if figure in row and all(row.get(key) == value for key, value in wanted.items()):
            return f"{row[figure]:.3g}"
    return "-"


def _ratio(rows: list[dict[str, Any]], variant: str, dtype: str, size: int) -> str:
    wanted = {
        "variant": variant, "dtype": dtype, "size": size, "regime": PLACES[size],
        "mode": "value_and_gradient", "outputs": "donated",
    }  # fmt: skip
    for row in rows:
        if "ratio_median" in row and all(row.get(key) == value for key, value in wanted.items()):
            return f"{row['ratio_median']:.2f}" + ("*" if row["unstable"] else "")
    return "-"


def differences() -> str:
    """The table of the tests."""
    rows = []
    for row in DIFFERENCES:
        names = ", ".join(f"`{name}`" for name in row.variants.split())
        rows.append([row.library, names, f"{row.what} at {', '.join(row.at)}", row.reason])
    return markdown_grid(["library", "functions", "what", "why"], rows)


def claims() -> str:
    """What the committed run comes to against jax.nn."""
    return _in_short(_rows(OWN_RUN, "throughput"))


def peers() -> str:
    """The same against PyTorch, in a process of its own."""
    return _against_peers(TORCH_RUN)


def keras() -> str:
    """The same against Keras."""
    return _against_peers(KERAS_RUN)


def _against_peers(path: Path) -> str:
    wanted = (subjects.OURS, *counterparts.PEERS)
    return _in_short([row for row in _rows(path, "throughput") if row.get("library") in wanted])


def _in_short(rows: list[dict[str, Any]]) -> str:
    table = throughput_claims.claims([row for row in rows if "samples" in row])
    assert table is not None, "there is no row to claim anything of"
    return markdown(table).strip()


def growing() -> str:
    """How time and compiling grow, from the committed run."""
    return _tables(scaling)


def transformers() -> str:
    """A transformer trained with each, from the committed run."""
    return _tables(transformer)


def _tables(section: Any) -> str:
    rows = _rows(OWN_RUN, section.SECTION)
    return "\n\n".join(markdown(table).strip() for table in section.tables(failures.measured(rows)))


def _rows(path: Path, section: str) -> list[dict[str, Any]]:
    return read(path)["sections"][section]


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
    for row in _rows(OWN_RUN, "convergence"):
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
    "README.md": {"measured": overview, "variants": families},
    "docs/variants.md": {"variants": variants},
    "docs/differences.md": {"differences": differences},
    "docs/speed.md": {
        "claims": claims,
        "peers": peers,
        "keras": keras,
        "growing": growing,
        "transformer": transformers,
    },
    "docs/quantized.md": {"errors": errors, "trained": trained},
}


WHOLE: dict[str, Page] = {
    "docs/accuracy.md": accuracy_page,
    "docs/convergence.md": convergence_page,
    "docs/memory.md": memory_page,
}
PAGES = (*GENERATED, *WHOLE)


def written(page: str) -> str:
    """The page written anew, or its generated parts."""
    if page in WHOLE:
        return WHOLE[page].page()
    text = (ROOT / page).read_text()
    for name, content in GENERATED[page].items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        assert pattern.search(text), f"{page} lacks the marks of {name}"
        block = f"{begin}\n\n{content()}\n\n{end}"
        text = pattern.sub(lambda _, block=block: block, text)
    return text


if __name__ == "__main__":
    for folder in map(Path, sys.argv[1:]):
        for module in WHOLE.values():
            if module.SECTION in read(folder / FILE)["sections"]:
                print(f"{module.keep(folder)} has the {module.SECTION} of {folder}")
    for module in WHOLE.values():
        module.draw()
    for page in PAGES:
        (ROOT / page).write_text(written(page))
