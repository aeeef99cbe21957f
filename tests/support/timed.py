"""What the tests of the benchmarks share: the command line, and rows of the throughput benchmark."""

from typing import Any

from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.core.programs import DONATED
from benchmarks.core.regimes import IN_CACHE
from benchmarks.core.statistics import summary
from benchmarks.core.subjects import OURS, PEER


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200"})


def row(variant: str, library: str, samples: list[float], **fields: Any) -> dict[str, Any]:
    fixed = {"dtype": "float32", "size": 2**20, "mode": "value_and_gradient", "outputs": DONATED}
    return {
        "variant": variant,
        "library": library,
        "regime": IN_CACHE,
        "samples": samples,
        **fixed,
        **summary(samples),
        **fields,
    }


def pair(variant: str, ratio: float, unstable: bool = False) -> list[dict[str, Any]]:
    figures = {f"ratio_{name}": ratio for name in ("median", "low", "high")}
    peer = row(variant, PEER, [2.0] * 5, unstable=unstable)
    return [row(variant, OURS, [2.0 * ratio] * 5, **figures), peer]
