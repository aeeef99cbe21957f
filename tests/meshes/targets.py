"""What programs are compiled for: eight simulated CPU devices, on which they run too, or accelerators."""

import dataclasses
import importlib.util
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax
from jax.experimental import topologies

from . import matrix
from .judge import MeshCase
from .layouts import DEVICES


@dataclasses.dataclass(frozen=True)
class MeshTarget:
    """Eight devices.

    Attributes:
      devices: gives them; there need be none of the kind here.
      cases: what is tried.
      environment: of the process that compiles for them, set before JAX is imported.
      needs: the module of the compiler; empty where it comes with JAX.
      runs: whether programs are run.
    """

    devices: Callable[[], Any]
    cases: Callable[[], list[MeshCase]]
    environment: dict[str, str]
    needs: str = ""
    runs: bool = False

    @property
    def installed(self) -> bool:
        return not self.needs or _found(self.needs)


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that it would be in
        return False


def _h100() -> Any:
    chip = pathlib.Path(__file__).with_name("h100.txtpb").read_text()
    topology = topologies.get_topology_desc(
        platform="cuda", topology_name="h100", target_config=chip, topology=f"1x1x{DEVICES}"
    )
    return topology.devices


def _v5e() -> Any:
    return topologies.get_topology_desc(platform="tpu", topology_name="v5e:2x4").devices


_ROOT = pathlib.Path(__file__).parents[2]

_QUIET = {"JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
_NO_TPU = {  # libtpu looks for a machine with a TPU otherwise, and allows one process
    "TPU_SKIP_MDS_QUERY": "1",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-8",
    "TPU_WORKER_HOSTNAMES": "localhost",
}

_SIMULATED = f"--xla_force_host_platform_device_count={DEVICES}"

_CPU = MeshTarget(
    devices=jax.devices,
    cases=matrix.quick_cases,
    # Collectives are decided long before machine code is, and the time goes into optimising that.
    environment={**_QUIET, "XLA_FLAGS": f"{_SIMULATED} --xla_backend_optimization_level=0"},
    runs=True,
)

TARGETS = {
    "quick": _CPU,
    "cpu": dataclasses.replace(_CPU, cases=matrix.all_cases, environment={**_QUIET, "XLA_FLAGS": _SIMULATED}),
    "h100": MeshTarget(
        devices=_h100,
        cases=matrix.accelerator_cases,
        environment=_QUIET,
        needs="jax_plugins.xla_cuda13",
    ),
    "v5e": MeshTarget(
        devices=_v5e, cases=matrix.accelerator_cases, environment={**_QUIET, **_NO_TPU}, needs="libtpu"
    ),
}


def started(target: MeshTarget, module: str, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """A process for this target that runs a module of this package, and finds the library as it is here."""
    return subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.{module}", *arguments],
        cwd=_ROOT,
        env={**os.environ, **target.environment, **settings, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
