"""What the contract compiles, and how its figures are compared with those of jax.nn.

The figures are committed beside the contract, found by the text of the program and the version of the
compiler, so that a run compiles only programs that have changed; with another version it compiles all. To
write them anew: `python -m tests.support.compiled`.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import jax

import jaxrelu
from benchmarks.compiled import targets
from benchmarks.compiled.cache import Cache, Figures
from benchmarks.compiled.compiler import CompileError, Request, compile_all, default_processes, matmuls
from benchmarks.compiled.programs import BOTH, GATED, MLP, OURS, PEER, Case, Sizes, own_way
from jaxrelu._mechanism.declaration import declaration_of
from jaxrelu._mechanism.elementwise import Elementwise

COMMITTED = Path(__file__).parents[1] / "benchmarks" / "compiled_figures.json"
TARGETS = ("h100", "v5e", "v6e")
VARIANTS = (
    *("relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "gelu_exact"),
    *("silu", "mish", "softplus", "prelu", "squared_relu", "swiglu", "geglu"),
)
# All others that work element by element. What one of them keeps in a training step is compared with silu's.
KEEPING = tuple(
    name
    for name, row in jaxrelu.catalogue().items()
    if name not in VARIANTS and not row.partners and isinstance(declaration_of(row.function), Elementwise)
)
# Plans take no longer for large programs; machine code, which a TPU's cycles take, does.
PLANNED = Sizes(layers=2)
UNROLLED = Sizes(rows=1024, columns=512, width=128, layers=1)
SCANNED = Sizes(rows=1024, columns=512, width=128, layers=2)
ALONE = Sizes(rows=8192, columns=4096)
BOUNDS = {"kernels": 1.00, "bytes": 1.00, "temp_bytes": 1.00, "cycles": 1.02}
ROUNDED = 0.005  # ratios are compared with two decimals
SLACK = {"kernels": 0, "bytes": 4096, "temp_bytes": 65536, "cycles": 0}  # scalars, and tables of pointers

# What is compared: the variant, the program and its dtype, the target, and what is read off.
ContractPlace = tuple[str, str, str, str]


class OursToPeer(NamedTuple):
    """Ours, that of jax.nn, and their ratio."""

    ours: float
    peer: float
    ratio: float


class CommittedFigures(Cache):
    """The committed figures, read like what a cache keeps; what is compiled anew is not added to the file.

    Attributes:
      used: what was read or compiled so far.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(None)
        self._committed: dict[str, Figures] = json.loads(path.read_text()) if path.exists() else {}
        self.used: dict[str, Figures] = {}

    def read(self, key: str) -> Figures | None:
        figures = self._committed.get(key)
        if figures is not None:
            self.used[key] = figures
        return figures

    def write(self, key: str, figures: Figures) -> None:
        self.used[key] = {name: figures[name] for name in (*BOUNDS, "total_bytes") if name in figures}


def requests(way: str, variants: Iterable[str] = VARIANTS) -> Iterator[Request]:
    """The programs of the contract, ours or those of jax.nn; the slowest come first."""
    for variant in variants:
        row = jaxrelu.catalogue()[variant]
        own = own_way(row) if way == OURS else way
        chips = [(target, matmul) for target in TARGETS for matmul in matmuls(target)]
        for (target, matmul), program in itertools.product(chips, GATED if row.partners else MLP):
            yield Request(Case(variant, own, program, sizes=PLANNED), target, matmul)
            if targets.chip(target).platform == targets.TPU:
                sizes = SCANNED if "scanned" in program else UNROLLED
                yield Request(Case(variant, own, program, sizes=sizes), target, matmul, is_whole=True)
        for (target, matmul), dtype in itertools.product(chips, ("bfloat16", "float32")):
            if matmul in ("", "triton"):
                is_whole = targets.chip(target).platform == targets.TPU
                yield Request(Case(variant, own, BOTH, dtype, ALONE), target, matmul, is_whole)


def trained(variant: str) -> Request:
    """A training step of an MLP on an H100."""
    own = own_way(jaxrelu.catalogue()[variant])
    return Request(Case(variant, own, MLP[0], sizes=PLANNED), "h100", "triton")


def figures(kept: Cache, ways: Iterable[str], variants: Iterable[str] = VARIANTS) -> dict[Request, Figures]:
    """The figures of every program; those that do not compile have `failed`."""
    asked = [request for way in ways for request in requests(way, variants)]
    asked += [trained(variant) for variant in KEEPING]
    figures_by_request: dict[Request, Figures] = {}
    for request, answer in compile_all(asked, kept, default_processes()):
        figures_by_request[request] = {"failed": str(answer)} if isinstance(answer, CompileError) else answer
    return figures_by_request


def ratios(figures_by_request: dict[Request, Figures], variant: str) -> dict[ContractPlace, OursToPeer]:
    """Ours to jax.nn's, for all that is read off; cycles of the small programs, the rest of the large ones.

    A program of ours that does not compile counts as infinitely many kernels.
    """
    compared: dict[ContractPlace, OursToPeer] = {}
    pairs = zip(requests(OURS, [variant]), requests(PEER, [variant]), strict=True)
    for ours, peer in pairs:
        one, other = figures_by_request[ours], figures_by_request[peer]
        target = " ".join(filter(None, (ours.target, ours.matmul)))
        program = f"{ours.case.program} {ours.case.dtype}" if ours.case.program == BOTH else ours.case.program
        for what in _compared(ours):
            if "failed" in other:
                continue
            place = (variant, program, target, what)
            compared[place] = _ratio(one.get(what, float("inf")), other[what], SLACK[what])
    return compared


def above(compared: dict[ContractPlace, OursToPeer]) -> dict[ContractPlace, OursToPeer]:
    """The places where ours is above the bound."""
    return {place: one for place, one in compared.items() if one.ratio >= BOUNDS[place[3]] + ROUNDED}


def _compared(request: Request) -> tuple[str, ...]:
    planned = ("kernels", "bytes", "temp_bytes")
    if request.case.program == BOTH:
        return (*planned, "cycles") if request.is_whole else planned
    return ("cycles",) if request.is_whole else planned


def _ratio(ours: float, peer: float, slack: float) -> OursToPeer:
    if peer <= ours <= peer + slack:
        return OursToPeer(ours, peer, 1.0)
    return OursToPeer(ours, peer, ours / peer if peer else float("inf"))


def main() -> None:
    """Compiles those programs whose figures are not there, and writes the figures of all."""
    jax.config.update("jax_platforms", "cpu")
    kept = CommittedFigures(COMMITTED)
    figures_by_request = figures(kept, (OURS, PEER))
    failed = sum("failed" in one for one in figures_by_request.values())
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(kept.used[key])}" for key in sorted(kept.used))
    COMMITTED.write_text(f"{{\n{lines}\n}}\n")
    print(f"{len(figures_by_request)} programs, {failed} failed, {len(kept.used)} of them different")


if __name__ == "__main__":
    main()
