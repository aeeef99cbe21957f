"""What may be claimed from the rows of the throughput benchmark; unstable rows are left out, and counted."""

import statistics

from rich import box
from rich.table import Table

from ._results import Row
from ._subjects import OURS
from ._throughput_index import GRADIENT, NOISE, Index, Name, Ratio, distinct, places, ratio

SMOOTH = ("elu", "selu", "gelu", "silu", "softplus", "mish")
_CAPTION = (
    f"Value with gradient, donated outputs: our time by the other's. Above: rows over {NOISE:g}, the noise "
    "allowed for, by name, the worst first. Unstable: rows left out of all this, since ours or the other's "
    f"does not pass pyperf's rules. Smooth: {', '.join(SMOOTH)}."
)


def claims(rows: list[Row]) -> Table | None:
    """For each library, place and dtype: the geometric means, and what is slower than it should be."""
    table = Table(title="In short", caption=_CAPTION, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("against", "where", "dtype"):
        table.add_column(column)
    for column in ("smooth", "all", "rows", "unstable"):
        table.add_column(column, justify="right")
    table.add_column(f"above {NOISE:g}")
    for here, found in places(rows).items():
        for library in distinct(found, "library"):
            for dtype in distinct(found, "dtype"):
                if ratios := _ratios(found, library, dtype):
                    table.add_row(library, str(here), dtype, *_cells(ratios))
        table.add_section()
    return table if table.row_count else None


def _ratios(found: Index, library: str, dtype: str) -> dict[str, Ratio]:
    """Of each variant that both have."""
    keys = (Name(variant, dtype, OURS, GRADIENT) for variant in distinct(found, "variant"))
    return {key.variant: one for key in keys if (one := ratio(found, key, library))}


def _cells(ratios: dict[str, Ratio]) -> list[str]:
    stable = {variant: one.median for variant, one in ratios.items() if not one.unstable}
    above = sorted((median, variant) for variant, median in stable.items() if median > NOISE)
    return [
        _mean([median for variant, median in stable.items() if variant in SMOOTH]),
        _mean(list(stable.values())),
        str(len(stable)),
        str(len(ratios) - len(stable)),
        ", ".join(f"{variant} {median:.2f}" for median, variant in reversed(above)) or "none",
    ]


def _mean(values: list[float]) -> str:
    return f"{statistics.geometric_mean(values):.2f}" if values else ""
