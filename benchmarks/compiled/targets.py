"""The accelerators that programs are compiled for, and the compilers that this takes; none has to be here.

XLA compiles for a GPU from a description of the chip, and for a TPU from the name of a topology. The figures
of a chip are from its maker's pages, as each line says, and make the estimates of `roofline.py`.
"""

import dataclasses
import difflib
import functools
import importlib.metadata
import re
from typing import Any

from packaging.requirements import Requirement

CUDA, ROCM, TPU = "cuda", "rocm", "tpu"
CUDA_PLUGINS, ROCM_PLUGINS = ("jax-cuda13", "jax-cuda12"), ("jax-rocm7",)


class TargetError(ValueError):
    """Why nothing can be compiled for a target, in one sentence."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chip:
    """What `jax.devices()` would show as one device, and what it can do at most.

    Attributes:
      name: as it is given to `--targets`.
      platform: `cuda`, `rocm` or `tpu`.
      memory: bytes.
      bandwidth: of the memory, bytes a second.
      narrow_flops: of matmuls of bfloat16, a second, dense.
      wide_flops: of float32 matmuls as XLA does them by default: TF32 on a GPU, passes of bfloat16 on a TPU.
      clock: cycles a second.
      source: where the figures are from.
      topology: the name of the smallest topology of a TPU that every libtpu knows.
      cores: multiprocessors of a GPU.
      float_lanes: float32 additions or multiplications that a multiprocessor begins a clock.
      capability: the compute capability of an NVIDIA GPU, or the architecture of an AMD one.
      accelerated: whether the architecture has instructions of its own, the `a` of sm_90a.
      shared_memory: bytes a multiprocessor, and at most a block.
      l2: bytes of the last cache.
      description: as the driver names it, and JAX the device.
    """

    name: str
    platform: str
    memory: int
    bandwidth: float
    narrow_flops: float
    wide_flops: float
    clock: float
    source: str
    topology: str = ""
    cores: int = 0
    float_lanes: int = 128
    capability: str = ""
    accelerated: bool = False
    shared_memory: tuple[int, int] = (0, 0)
    l2: int = 0
    description: str = ""


_NVIDIA = "data sheet, whitepaper and table of compute capabilities by NVIDIA"
_CLOUD = "system architecture pages of Cloud TPU; the clock follows from the peak rate and the matrix units"
_KIB, _GIB = 2**10, 2**30

_H100 = Chip(
    name="h100",
    platform=CUDA,
    memory=84_942_979_072,
    bandwidth=3.352e12,
    narrow_flops=989e12,
    wide_flops=495e12,
    clock=1.98e9,
    source=f"H100 SXM5, 80 GB HBM3: {_NVIDIA}",
    cores=132,
    capability="9.0",
    accelerated=True,
    shared_memory=(228 * _KIB, 227 * _KIB),
    l2=50 * _KIB**2,
    description="NVIDIA H100 80GB HBM3",
)

CHIPS: dict[str, Chip] = {
    chip.name: chip
    for chip in (
        _H100,
        dataclasses.replace(
            _H100,
            name="h200",
            memory=143_771 * _KIB**2,
            bandwidth=4.8e12,
            source=f"H200 SXM, 141 GB HBM3e, the processor of the H100: {_NVIDIA}",
            description="NVIDIA H200",
        ),
        Chip(
            name="a100",
            platform=CUDA,
            memory=85_100_068_864,
            bandwidth=2.039e12,
            narrow_flops=312e12,
            wide_flops=156e12,
            clock=1.41e9,
            source=f"A100 SXM4, 80 GB HBM2e: {_NVIDIA}",
            cores=108,
            float_lanes=64,
            capability="8.0",
            shared_memory=(164 * _KIB, 163 * _KIB),
            l2=40 * _KIB**2,
            description="NVIDIA A100-SXM4-80GB",
        ),
        Chip(
            name="b200",
            platform=CUDA,
            memory=191_514_411_008,
            bandwidth=7.672e12,
            narrow_flops=2.25e15,
            wide_flops=1.125e15,
            clock=1.965e9,
            source=f"B200, HGX, 180 GB HBM3e: {_NVIDIA}",
            cores=148,
            capability="10.0",
            accelerated=True,
            shared_memory=(228 * _KIB, 227 * _KIB),
            l2=126 * _KIB**2,
            description="NVIDIA B200",
        ),
        Chip(
            name="mi300x",
            platform=ROCM,
            memory=192 * _GIB,
            bandwidth=5.3e12,
            narrow_flops=1.307e15,
            wide_flops=163e12,
            clock=2.1e9,
            source="MI300X, 192 GB HBM3: data sheet by AMD",
            cores=304,
            capability="gfx942:sramecc+:xnack-",
            shared_memory=(64 * _KIB, 64 * _KIB),
            l2=4 * _KIB**2,
            description="AMD Instinct MI300X",
        ),
        Chip(
            name="v5e",
            platform=TPU,
            memory=16 * _GIB,
            bandwidth=819e9,
            narrow_flops=197e12,
            wide_flops=197e12,
            clock=1.5e9,
            source=f"TPU v5e: {_CLOUD}",
            topology="v5e:2x2",
            description="TPU v5 lite",
        ),
        Chip(
            name="v5p",
            platform=TPU,
            memory=95 * _GIB,
            bandwidth=2.765e12,
            narrow_flops=459e12,
            wide_flops=459e12,
            clock=1.75e9,
            source=f"TPU v5p: {_CLOUD}",
            topology="v5p:2x2x1",
            description="TPU v5",
        ),
        Chip(
            name="v6e",
            platform=TPU,
            memory=32 * _GIB,
            bandwidth=1.64e12,
            narrow_flops=918e12,
            wide_flops=918e12,
            clock=1.75e9,
            source=f"TPU v6e: {_CLOUD}",
            topology="v6e:2x2",
            description="TPU v6 lite",
        ),
        Chip(
            name="tpu7x",
            platform=TPU,
            memory=96 * _GIB,
            bandwidth=3.69e12,
            narrow_flops=1.154e15,
            wide_flops=1.154e15,
            clock=2.2e9,
            source=f"TPU7x, one of the two devices of a chip: {_CLOUD}",
            topology="tpu7x:2x2x1",
            description="TPU7x",
        ),
    )
}


def chip(name: str) -> Chip:
    """The chip of this name.

    Raises:
      TargetError: if there is none; the nearest names are suggested.
    """
    if name in CHIPS:
        return CHIPS[name]
    nearest = difflib.get_close_matches(name, CHIPS, n=2, cutoff=0.3)
    hint = f"did you mean {' or '.join(nearest)}? " if nearest else ""
    raise TargetError(f"unknown target {name!r}: {hint}There are {', '.join(CHIPS)}.")


def of_device(kind: str) -> Chip | None:
    """The chip that JAX names so, as `jax.devices()[0].device_kind`; None if it is none of these."""
    return next((chip for chip in CHIPS.values() if chip.description == kind), None)


def check(platform: str) -> None:
    """Whether the compiler for this platform is installed and matches jaxlib; nothing of it is imported.

    Raises:
      TargetError: if not, with the command that installs it.
    """
    jax = _installed("jax")
    if platform == TPU:
        command = f'pip install "jax[tpu]=={jax}"'
        wanted, libtpu = _libtpu_for_jax(), _installed("libtpu")
        if libtpu is None:
            raise TargetError(f"no compiler for TPUs is installed: {command}")
        if wanted and not wanted.specifier.contains(libtpu, prereleases=True):
            raise TargetError(f"libtpu {libtpu} does not match jax {jax}, which asks for {wanted}: {command}")
        return
    plugins = CUDA_PLUGINS if platform == CUDA else ROCM_PLUGINS
    extra, maker = ("cuda13-local", "NVIDIA") if platform == CUDA else ("rocm7-local", "AMD")
    command = f'pip install "jax[{extra}]=={jax}"'
    there = next((plugin for plugin in plugins if _installed(f"{plugin}-plugin")), None)
    if there is None:
        raise TargetError(f"no compiler for GPUs by {maker} is installed: {command}")
    jaxlib = _installed("jaxlib")
    for part in (f"{there}-plugin", f"{there}-pjrt"):
        version = _installed(part)
        if version != jaxlib:
            raise TargetError(
                f"{part} {version or 'is missing and'} does not match jaxlib {jaxlib}: {command}"
            )


def compiler_version(platform: str) -> str:
    """The versions that decide what a program is compiled to."""
    if platform == TPU:
        names = ["jaxlib", "libtpu"]
    else:
        plugins = CUDA_PLUGINS if platform == CUDA else ROCM_PLUGINS
        names = ["jaxlib", *(f"{plugin}-pjrt" for plugin in plugins)]
    return ", ".join(f"{name} {version}" for name in names if (version := _installed(name)))


def environment(platform: str) -> dict[str, str]:
    """What a process that compiles for this platform needs in its environment, before it loads the compiler.

    libtpu otherwise lets one process in, and asks a server of Google's cloud what TPU there is.
    """
    if platform != TPU:
        return {}
    return {
        "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_ACCELERATOR_TYPE": "v5litepod-4",
        "TPU_WORKER_HOSTNAMES": "localhost",
    }


def device(target: Chip) -> Any:
    """The first device of the target's topology; loads the compiler."""
    from jax.experimental import topologies  # only in the process that compiles

    if target.platform == TPU:
        topology = topologies.get_topology_desc(platform=TPU, topology_name=target.topology)
    else:
        topology = topologies.get_topology_desc(
            platform=target.platform,
            topology_name=target.name,
            target_config=description(target),
            topology="1x1x1",
        )
    return topology.devices[0]


def description(target: Chip) -> str:
    """A GPU as XLA's protocol buffer `GpuTargetConfigProto` describes it, in text."""
    shared, per_block = target.shared_memory
    if target.platform == CUDA:
        major, minor = target.capability.split(".")
        extension = "ACCELERATED_FEATURES" if target.accelerated else "NONE"
        capability = (
            f"cuda_compute_capability {{ major: {major} minor: {minor} feature_extension: {extension} }}"
        )
        limits, threads, registers, block, cudnn = (2**31 - 1, 2**16 - 1), 32, 65536, 48 * _KIB, "9 minor: 12"
    else:
        capability = f'rocm_compute_capability {{ gcn_arch_name: "{target.capability}" }}'
        limits, threads, registers, block, cudnn = (2**31 - 1, 2**16), 64, 131072, shared, "0"
    return f"""
gpu_device_info {{
  threads_per_block_limit: 1024
  threads_per_warp: {threads}
  shared_memory_per_block: {block}
  shared_memory_per_core: {shared}
  shared_memory_per_block_optin: {per_block}
  threads_per_core_limit: 2048
  core_count: {target.cores}
  fpus_per_core: {target.float_lanes}
  block_dim_limit_x: {limits[0]}
  block_dim_limit_y: {limits[1]}
  block_dim_limit_z: {limits[1]}
  memory_bandwidth: {int(target.bandwidth)}
  l2_cache_size: {target.l2}
  clock_rate_ghz: {target.clock / 1e9}
  device_memory_size: {target.memory}
  registers_per_core_limit: {registers}
  registers_per_block_limit: {registers}
  {capability}
}}
platform_name: "{target.platform.upper()}"
dnn_version_info {{ major: {cudnn} }}
device_description_str: "{target.description}"
"""


def _libtpu_for_jax() -> Requirement | None:
    """What jax's own extra `tpu` asks for."""
    for line in importlib.metadata.requires("jax") or []:
        if re.match(r"libtpu\b(?!-)", line):
            requirement = Requirement(line)
            requirement.marker = None
            return requirement
    return None


@functools.cache
def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
