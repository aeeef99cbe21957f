"""How long a program would take if each kernel ran at the bound that decides it: an estimate, never measured.

A kernel takes the longest of: its bytes at the bandwidth of the memory; its matmuls at the peak rate; on a
GPU, where its instructions are counted, the busiest pipe. Where a TPU's compiler estimated cycles these are
taken instead, at the clock of the chip. Kernels run one after the other, and copies on a TPU beside them.
Launches and caches are left out. Of a chip's peaks a program reaches a share: where a card was measured, the
share that it showed is taken; of other chips all, so that a real run takes longer.
"""

import dataclasses

from . import instructions
from .reading import Kernel
from .targets import Chip

MEMORY, MATMUL, CYCLES = "memory", "matmul", "cycles of the TPU"


@dataclasses.dataclass(frozen=True)
class Reached:
    """The shares of its peaks that a chip reaches.

    Attributes:
      memory: of the bandwidth of the memory.
      matmul: of the rate of matmuls.
      instructions: of what the pipes of a GPU execute.
    """

    memory: float = 1.0
    matmul: float = 1.0
    instructions: float = 1.0


# By the compute capability. 9.0: measured on an H200 (benchmarks/results/card-h200.json), by elementwise
# functions of 2^28 elements and the steps of an MLP.
REACHED = {"9.0": Reached(memory=0.86, matmul=0.67, instructions=0.70)}


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
        (MEMORY, _memory(sum(kernel.runs * kernel.bytes for kernel in kernels), chip)),
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
    matmul, memory = matmul / _reached(chip).matmul, _memory(kernel.bytes, chip)
    return (MATMUL, matmul) if matmul > memory else (MEMORY, memory)


def _reached(chip: Chip) -> Reached:
    return REACHED.get(chip.capability, Reached())


def _memory(moved: float, chip: Chip) -> float:
    """How long it takes to move so many bytes."""
    return moved / (chip.bandwidth * _reached(chip).memory)


def _pipes(chip: Chip, executed: instructions.Counts, elements: int) -> list[tuple[str, float]]:
    """How long each pipe of a GPU is busy."""
    lanes = {**instructions.LANES, "float": chip.float_lanes}
    clocks = chip.cores * chip.clock * _reached(chip).instructions
    return [(name, executed[name] * elements / (lanes[name] * clocks)) for name in lanes if name in executed]
