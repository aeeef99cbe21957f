"""What a figure depends on beside the code: versions, device, processor, load, commit, date."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax

import jaxrelu

_PACKAGES = ("jax", "jaxlib", "flax", "numpy", "optax", "scikit-learn", "torch", "keras")


SMOKE = "SMOKE RUN: the figures mean nothing"
_BUSY = 0.5  # of the cores wanted by other programs: then times are theirs, too


def environment(device: Any, smoke: bool = False) -> dict[str, Any]:
    """The environment of a run on this device, as it goes into the JSON result."""
    return {
        "smoke": smoke,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
        "python": platform.python_version(),
        "jaxrelu": jaxrelu.__version__,
        **{name: _version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "backend": device.platform,
        "device": device.device_kind,
        "device_count": len(jax.devices(device.platform)),
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain")),
    }


def busy(environment: dict[str, Any]) -> str:
    """A sentence where other programs wanted the cores when the run began; nothing where none did."""
    load, cores = environment.get("load_average"), environment.get("cores")
    if not load or not cores or load[0] <= _BUSY * cores:
        return ""
    return (
        f"This machine is busy: on average {load[0]:.1f} programs wanted its {cores} cores in the minute "
        "before the run. Its times may be of no use; memory and accuracy are as on a quiet machine."
    )


def describe(environment: dict[str, Any]) -> str:
    """One line for the foot of a plot: device, processor and versions."""
    device = environment["device"] if environment["backend"] != "cpu" else environment["cpu"]
    commit = (environment["commit"] or "no commit")[:9] + ("+" if environment["dirty"] else "")
    return (
        f"{device}, {environment['cores']} cores | jax {environment['jax']}, "
        f"jaxrelu {environment['jaxrelu']} ({commit}) | {environment['date'][:10]}"
        f"{f' | {SMOKE}' if environment.get('smoke') else ''}"
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    """What git says about this checkout, or None where there is none."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
