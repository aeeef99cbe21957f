"""How long a program would take if each kernel ran at the bound that decides it: an estimate, never measured.

A kernel takes the longest of: its bytes at the bandwidth of the memory; its matmuls at the peak rate; on a
GPU, where its instructions are counted, the busiest pipe. Where a TPU's compiler estimated cycles these are
taken instead, at the clock of the chip. Kernels run one after the other, and copies on a TPU beside them.
Launches, caches, and how far a kernel stays below the peak are left out, so a real run takes longer.
"""

import dataclasses

from . import instructions
from .reading import Kernel
from .targets import Chip

MEMORY, MATMUL, CYCLES = "memory", "matmul", "cycles of the TPU"


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The time of a program, and what decides it.

    Attributes:
      seconds: the sum over the kernels.
      bound: what decides most of that time: memory, matmul, cycles of the TPU, or a pipe of a GPU.
    """

    seconds: float
    bound: str


def estimate(
    kernels: list[Kernel], chip: Chip, executed: instructions.Counts | None, elements: int
) -> Estimate:
    """The estimate of a program.

    Args:
      kernels: of the program.
      chip: that it is compiled for.
      executed: the instructions an element, where they are counted.
      elements: of x, with `executed`.
    """
    shares: dict[str, float] = {}
    for kernel in kernels:
        if not kernel.is_copy:
            bound, seconds = _slowest(kernel, chip)
            shares[bound] = shares.get(bound, 0.0) + kernel.runs * seconds
    seconds = sum(shares.values())
    bound = max(shares, key=lambda name: shares[name], default=MEMORY)
    for name, other in (
        (MEMORY, sum(kernel.runs * kernel.bytes for kernel in kernels) / chip.bandwidth),
        *_pipes(chip, executed or {}, elements),
    ):
        if other > seconds:
            seconds, bound = other, name
    return Estimate(seconds, bound)


def _slowest(kernel: Kernel, chip: Chip) -> tuple[str, float]:
    """What decides one run of a kernel, and how long it takes."""
    if kernel.cycles:
        return CYCLES, kernel.cycles / chip.clock
    matmul = kernel.flops / (chip.narrow_flops if kernel.is_narrow else chip.wide_flops)
    memory = kernel.bytes / chip.bandwidth
    return (MATMUL, matmul) if matmul > memory else (MEMORY, memory)


def _pipes(chip: Chip, executed: instructions.Counts, elements: int) -> list[tuple[str, float]]:
    """How long each pipe of a GPU is busy."""
    lanes = {**instructions.LANES, "float": chip.float_lanes}
    return [
        (name, executed[name] * elements / (chip.cores * lanes[name] * chip.clock))
        for name in lanes
        if name in executed
    ]
