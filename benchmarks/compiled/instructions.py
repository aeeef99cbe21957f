"""How many instructions a GPU by NVIDIA executes an element, by the pipe that they go through.

XLA writes a kernel as PTX, NVIDIA's assembler `ptxas` makes machine code of it, and `nvdisasm` prints that:
`pip install --no-deps nvidia-cuda-nvcc nvidia-cuda-nvdisasm`, or a CUDA toolkit on the path. Without them
nothing is counted.

Every line is counted once. That is what a kernel without a loop executes, as the kernels of an elementwise
function are; of one with a loop it is less than what is executed, and said so.
"""

import collections
import functools
import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# The pipes of a multiprocessor, and the opcodes that go through them.
PIPES: dict[str, str] = {
    "float": r"FADD|FMUL|FFMA|HADD2|HMUL2|HFMA2",
    "integer multiply": r"IMAD|IDP|IMUL",
    "special": r"MUFU|F2F|F2I|I2F|FRND|I2I|POPC|FLO",
    "memory": r"LD|ST|ATOM|RED|LDGSTS|LDSM|UTMA",
    "control": r"BRA|BSSY|BSYNC|EXIT|RET|CALL|BAR|WARPSYNC|DEPBAR|NOP|NANOSLEEP|YIELD|BREAK|BMOV",
}
ALU = "integer and compare"  # all that is left, such as FMNMX, FSETP, FSEL, LOP3, SHF, PRMT, conversions
# Lanes of a multiprocessor that a clock serves, from the table of throughputs in NVIDIA's programming guide.
LANES = {"issue": 128, ALU: 64, "integer multiply": 64, "special": 16}

_LINE = re.compile(r"^\s+/\*[0-9a-f]+\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9]+)", re.MULTILINE)
_BACKWARD = re.compile(r"^(\.L_x_\d+):|BRA\S*\s+(?:\S+,\s*)?`\((\.L_x_\d+)\)", re.MULTILINE)

Counts = dict[str, float]


@functools.cache
def tool(name: str) -> Path | None:
    """`ptxas` or `nvdisasm`: NVIDIA's package, else what is on the path; None without either."""
    spec = importlib.util.find_spec("nvidia")
    for folder in spec.submodule_search_locations or () if spec else ():
        for packaged in sorted(Path(folder).glob(f"*/bin/{name}"), reverse=True):
            return packaged
    on_path = shutil.which(name)
    return Path(on_path) if on_path else None


def are_counted() -> bool:
    """Whether assembler and disassembler are here."""
    return tool("ptxas") is not None and tool("nvdisasm") is not None


def of_kernel(ptx: str) -> dict[str, tuple[Counts, bool]]:
    """The instructions that a thread of each kernel executes, by pipe, and whether the kernel has a loop.

    Raises:
      RuntimeError: if assembler or disassembler refuse the kernel.
    """
    architecture = re.search(r"^\.target (\w+)", ptx, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "kernel.ptx"), Path(folder, "kernel.cubin")
        source.write_text(ptx)
        arch = architecture.group(1) if architecture else "sm_90a"
        _run(tool("ptxas"), f"-arch={arch}", "-O3", "-o", str(binary), str(source))
        return counted(_run(tool("nvdisasm"), "-c", str(binary)))


def counted(disassembly: str) -> dict[str, tuple[Counts, bool]]:
    """The instructions of each kernel in what `nvdisasm` prints."""
    counts_by_kernel = {}
    parts = re.split(r"^\.text\.(\S+):$", disassembly, flags=re.MULTILINE)
    for name, code in zip(parts[1::2], parts[2::2], strict=True):
        opcodes = _LINE.findall(_without_padding(code))
        counts = collections.Counter(_pipe(opcode) for opcode in opcodes)
        counts_by_kernel[name] = ({**counts, "issue": float(len(opcodes))}, _has_loop(code))
    return counts_by_kernel


def an_element(sequence: str, kernels: dict[str, tuple[Counts, bool]], elements: int) -> tuple[Counts, bool]:
    """The instructions an element of a whole program.

    Args:
      sequence: XLA's list of what it launches, with the grid and the threads of each kernel.
      kernels: what a thread of each kernel executes.
      elements: of x.

    Returns:
      The instructions by pipe, and whether a kernel has a loop, so that they are too few.
    """
    total: Counts = collections.defaultdict(float)
    has_loop = False
    for name, grid, threads in re.findall(r"\] (\S+) grid: \[([\d, ]+)\] threads: \[([\d, ]+)\]", sequence):
        counts, loop = kernels[name]
        launched = 1
        for factor in f"{grid},{threads}".split(","):
            launched *= int(factor)
        for pipe, count in counts.items():
            total[pipe] += count * launched / elements
        has_loop |= loop
    return dict(total), has_loop


def _pipe(opcode: str) -> str:
    return next((name for name, pattern in PIPES.items() if re.match(pattern, opcode)), ALU)


def _without_padding(code: str) -> str:
    """The code up to its last exit: behind it the assembler pads with a branch to itself and with NOPs."""
    end = max(code.rfind("EXIT"), code.rfind("RET"))
    return code[: code.find("\n", end) + 1] if end >= 0 else code


def _has_loop(code: str) -> bool:
    seen = set()
    for label, target in _BACKWARD.findall(_without_padding(code)):
        if target in seen:
            return True
        seen.add(label)
    return False


def _run(program: Path | None, *arguments: str) -> str:
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{program}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return done.stdout
