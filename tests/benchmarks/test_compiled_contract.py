"""On accelerators nothing is behind jax.nn: kernels, bytes, temporary memory and cycles of compiled programs.

Compiling is deterministic, so these are no measurements, and no card is needed. The programs are training
steps of an MLP, trained and frozen, unrolled and scanned, and value with gradient in one program; the targets
an H100 with matmuls by Triton and by cuBLAS, a TPU v5e and a v6e. Cycles are an estimate of the TPU's
compiler, of smaller programs than the rest (`tests/support/compiled.py`).
"""

import fnmatch
from typing import Any

import pytest

from benchmarks.compiled import targets
from benchmarks.compiled.cache import Figures
from benchmarks.compiled.compiler import Request
from benchmarks.compiled.programs import OURS, PEER
from tests.support.compiled import PEERS, TARGETS, VARIANTS, Peers, Place, Ratio, above, figures, ratios

pytestmark = pytest.mark.targets

# Where ours is above jax.nn after all: variant, program, target and figure, each a pattern; the highest ratio
# that is allowed, and why. A line that nothing needs any more fails.
EXCEPTIONS: dict[Place, tuple[float, str]] = {}


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> dict[Request, Figures]:
    """Everything that the chosen tests need, compiled at once: two programs at a time."""
    for name in TARGETS:
        try:
            targets.check(targets.chip(name).platform)
        except targets.TargetError as error:
            pytest.skip(str(error))
    items: list[Any] = list(request.session.items)
    chosen = [item.callspec.params for item in items if hasattr(item, "callspec")]
    variants = {params["variant"] for params in chosen if params.get("variant") in VARIANTS}
    is_all = any("pattern" in params for params in chosen)
    wanted = [variant for variant in VARIANTS if is_all or variant in variants]
    return figures(Peers(PEERS), (OURS, PEER), wanted)


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_above_jax_nn(variant: str, found: dict[Request, Figures]) -> None:
    failed = [f"{request}: {one['failed']}" for request, one in found.items() if "failed" in one]
    assert not [line for line in failed if f"'{variant}'" in line]
    compared = ratios(found, variant)
    behind = [_line(place, one) for place, one in above(compared).items() if one.ratio > _allowed(place)]
    assert not behind, f"{len(behind)} of {len(compared)}:\n" + "\n".join(behind)


@pytest.mark.parametrize("pattern", EXCEPTIONS)
def test_every_exception_is_needed(pattern: Place, found: dict[Request, Figures]) -> None:
    everything = {place: one for variant in VARIANTS for place, one in above(ratios(found, variant)).items()}
    needed = [one.ratio for place, one in everything.items() if _matches(place, pattern)]
    assert needed, "nothing is above jax.nn there"
    assert max(needed) > EXCEPTIONS[pattern][0] - 0.02, f"{max(needed):.2f} is enough"


def _allowed(place: Place) -> float:
    """The highest ratio that an exception allows here; 0 without one."""
    return max((limit for pattern, (limit, _) in EXCEPTIONS.items() if _matches(place, pattern)), default=0.0)


def _matches(place: Place, pattern: Place) -> bool:
    return all(fnmatch.fnmatch(part, wanted) for part, wanted in zip(place, pattern, strict=True))


def _line(place: Place, one: Ratio) -> str:
    return f"{' | '.join(place)}: {one.ours:.6g} / {one.peer:.6g} = {one.ratio:.2f}"
