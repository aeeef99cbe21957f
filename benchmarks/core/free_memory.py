"""How much memory a device has left, so that a case that cannot fit is skipped instead of killed."""

import os
from pathlib import Path

import jax.numpy as jnp


def available_bytes() -> int | None:
    """The bytes that can still be allocated on the device in use, or None where nobody says."""
    (device,) = jnp.zeros(()).devices()
    if statistics := device.memory_stats():
        return statistics["bytes_limit"] - statistics["bytes_in_use"]
    return _host_bytes() if device.platform == "cpu" else None


def _host_bytes() -> int | None:
    info = Path("/proc/meminfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    if "SC_PHYS_PAGES" in os.sysconf_names:  # all of it: better than no limit
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def in_words(size: float) -> str:
    """A size for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
