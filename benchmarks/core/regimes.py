"""Whether what is timed lies in a cache or comes from memory: the size of the cache, and how many buffers.

One set of buffers that fits into the last-level cache stays there from one execution to the next: that is
"in cache". Sets that together are `_ROTATED` times as large as the cache, used one after the other, have
left it again when their turn comes: that is "from memory". A training step is mostly the latter.
"""

import math
import os
from pathlib import Path
from typing import Any

IN_CACHE, FROM_MEMORY = "in cache", "from memory"
_ROTATED = 4
_MOST_SETS = 128  # of smaller buffers more would be needed: then dispatch is measured, and not memory
_ASSUMED = {"gpu": 64 * 2**20, "tpu": 128 * 2**20}  # JAX does not say: an H200 has 50 MiB, a TPU v6e 128
_SYSTEM = Path("/sys/devices/system/cpu")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def cache_bytes(device: Any) -> int:
    """The last-level cache of the device: all that the cores in use have, together.

    On a CPU as Linux lists it, else as `sysconf` says, else 32 MiB; elsewhere an assumption.
    """
    if device.platform in _ASSUMED:
        return _ASSUMED[device.platform]
    return _listed_bytes(_SYSTEM) or _sysconf_bytes() or 32 * 2**20


def buffer_sets(regime: str, smallest: int, largest: int, cache: int) -> int | None:
    """How many sets of buffers a regime takes, or None where it cannot be had at this size.

    Args:
      regime: `IN_CACHE` or `FROM_MEMORY`.
      smallest: the bytes that the program of the smallest set reads and writes.
      largest: the same of the largest set.
      cache: the bytes of the cache.
    """
    if regime == IN_CACHE:
        return 1 if largest <= cache else None
    sets = math.ceil(_ROTATED * cache / smallest)
    return sets if sets <= _MOST_SETS else None


def _listed_bytes(system: Path) -> int:
    """The caches of the highest level, each once: several cores share one."""
    caches: dict[tuple[int, str], int] = {}
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    for core in cores:
        for folder in (system / f"cpu{core}" / "cache").glob("index*"):
            level, size, shared = (
                (folder / name).read_text().strip() for name in ("level", "size", "shared_cpu_list")
            )
            caches[int(level), shared] = int(size[:-1]) * _UNITS[size[-1]]
    highest = max((level for level, _ in caches), default=0)
    return sum(size for (level, _), size in caches.items() if level == highest)


def _sysconf_bytes() -> int:
    name = "SC_LEVEL3_CACHE_SIZE"
    return max(0, os.sysconf(name)) if name in os.sysconf_names else 0
