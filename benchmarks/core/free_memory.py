"""How much memory a device has left, so that a case that cannot fit is skipped instead of killed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp


def device() -> Any:
    """The device in use."""
    (used,) = jnp.zeros(()).devices()
    return used


def available_bytes() -> int | None:
    """The bytes that can still be allocated on the device in use, or None where nobody says."""
    used = device()
    if statistics := used.memory_stats():
        return statistics["bytes_limit"] - statistics["bytes_in_use"]
    return _host_bytes() if used.platform == "cpu" else None


def peak_of(load: Callable[[], None]) -> int | None:
    """What the device's own counter rises to in `load` beyond what was there; None where it does not.

    The counter never falls: what needs less than something before it has no figure.
    """
    before = device().memory_stats() or {}
    load()
    after = device().memory_stats() or {}
    if after.get("peak_bytes_in_use", 0) <= before.get("peak_bytes_in_use", 0):
        return None
    return after["peak_bytes_in_use"] - before["bytes_in_use"]


def _host_bytes() -> int | None:
    info = Path("/proc/meminfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    if "SC_PHYS_PAGES" in os.sysconf_names:  # all of it: better than no limit
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def shortage(needed: int, available: int | None) -> str | None:
    """Why something is left out that needs so many bytes, where it does not fit."""
    if available is None or needed <= available:
        return None
    return f"needs {in_words(needed)}, and {in_words(available)} are free"


def in_words(size: float) -> str:
    """A size for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
