"""What a compiled program does, read off its text: kernels, bytes through device memory, flops, cycles.

XLA prints a program as computations of one instruction a line. An instruction of the entry computation, or of
the body of a loop, is a kernel, unless it moves nothing. A loop counts as often as its body runs.

Bytes are what a kernel reads and writes in the device's own memory:
*   a tensor in the memory of a core, S(1) on a TPU, is not counted, and the copies to and from there are;
*   of a tensor from which a kernel takes a slice, the slice counts, and of one that it updates in place, the
    update; so a loop over stacked layers counts each layer once;
*   the workspace that a matmul of cuBLAS may use is not counted;
*   on a TPU a tensor is padded to its tiles, as it lies in memory.
"""

import dataclasses
import functools
import math
import re
from collections.abc import Iterator

# What moves nothing when it runs, or is the second half of what was counted when it started.
_NO_KERNEL = frozenset(
    (
        *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"),
        *("opt-barrier", "optimization-barrier", "partition-id", "replica-id", "get-dimension-size"),
    )
)
_NO_KERNEL_CALLS = ("AllocateBuffer", "ConcatBitcast", "Sharding")
_SLICES = ("dynamic-slice", "slice", "gather")
_PASSED_ON = ("bitcast", "copy", "reshape", "optimization-barrier")
_LIBRARY_MATMULS = ("__cublas", "__cudnn", "__rocblas", "__hipblas")
_BITS = {"pred": 8, "token": 0, "opaque": 0}

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(ROOT )?%?([\w.\-]+) = (\(.*?\)|\S+) ([\w\-]+)\((.*)$")
_SHAPE = re.compile(r"\b([a-z]+\d*\w*)\[([\d,<=]*)\](?:\{([\d,]*)(?::([^{}]*))?\})?")
_OPERAND = re.compile(r"%([\w.\-]+)(?:#(\d+))?")
_CALLED = re.compile(r"(?:calls|to_apply|body|true_computation|false_computation)=%?([\w.\-]+)")
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")


@dataclasses.dataclass(frozen=True)
class Tensor:
    """One tensor as it lies in memory.

    Attributes:
      dtype: as XLA calls it.
      dims: the logical sizes.
      elements: their product, with the padding to tiles.
      bits: of an element.
      space: 0 for the device's own memory.
    """

    dtype: str
    dims: tuple[int, ...]
    elements: int
    bits: int
    space: int

    @property
    def bytes(self) -> float:
        """What it occupies in the device's memory."""
        return 0.0 if self.space else self.elements * self.bits / 8


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One line of a program."""

    name: str
    kind: str
    tensors: tuple[Tensor, ...]
    operands: tuple[tuple[str, int | None], ...]
    rest: str
    is_root: bool

    @functools.cached_property
    def called(self) -> str | None:
        """The computation that it calls, if it calls one."""
        call = _CALLED.search(self.rest)
        return call.group(1) if call else None


Computation = dict[str, Instruction]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """What one kernel does, each time that it runs.

    Attributes:
      name: of the instruction.
      runs: how often it runs.
      bytes: through the device's memory.
      flops: of its matmuls and convolutions.
      is_narrow: whether these are of 16-bit numbers or shorter.
      cycles: as the TPU's compiler estimates them; 0 where it does not say.
      is_copy: whether it is a copy beside the kernels, as a prefetch on a TPU; it counts for its bytes alone.
    """

    name: str
    runs: int
    bytes: float
    flops: float = 0.0
    is_narrow: bool = False
    cycles: int = 0
    is_copy: bool = False


def kernels(text: str) -> list[Kernel]:
    """The kernels of a compiled program, from its text."""
    computations, entry = _parsed(text)
    return list(_Reader(computations, "T(" in text).kernels(entry, 1))


def temporary_bytes(assignment: str) -> int:
    """The temporary memory in the text of a buffer assignment: what XLA plans beside inputs and outputs."""
    return sum(size for size, rest in _allocations(assignment) if "preallocated-temp" in rest)


def total_bytes(assignment: str) -> int:
    """All memory in the text of a buffer assignment: inputs, outputs, constants and temporary memory."""
    return sum(size for size, rest in _allocations(assignment) if "thread-local" not in rest)


def _allocations(assignment: str) -> list[tuple[int, str]]:
    """The allocations in the device's own memory, which has colour 0: their sizes, and what they are for."""
    lines = re.findall(r"^allocation \d+: size (\d+), (.*)$", assignment, re.MULTILINE)
    return [(int(size), rest) for size, rest in lines if not re.match(r"color [1-9]", rest)]


def _parsed(text: str) -> tuple[dict[str, Computation], str]:
    computations: dict[str, Computation] = {}
    entry = ""
    current: Computation = {}
    for line in text.splitlines():
        if match := _COMPUTATION.match(line):
            current = computations.setdefault(match.group(2), {})
            entry = match.group(2) if match.group(1) else entry
        elif match := _INSTRUCTION.match(line):
            root, name, types, kind, rest = match.groups()
            arguments, _, attributes = rest.partition(")")
            operands = tuple((one, int(part) if part else None) for one, part in _OPERAND.findall(arguments))
            kept = arguments if kind in ("parameter", "constant") else ""
            current[name] = Instruction(
                name, kind, _tensors(types), operands, f"{kept}){attributes}", root is not None
            )
    if not entry:
        raise ValueError("the text of the program has no ENTRY computation")
    return computations, entry


@functools.lru_cache(maxsize=65536)
def _tensors(types: str) -> tuple[Tensor, ...]:
    """The tensors of a type, a tuple's one after the other."""
    return tuple(_tensor(*match.groups()) for match in _SHAPE.finditer(types))


def _tensor(dtype: str, dims: str, order: str | None, layout: str | None) -> Tensor:
    sizes = tuple(int(size.lstrip("<=")) for size in dims.split(",") if size)
    layout = layout or ""
    packed = re.search(r"E\((\d+)\)", layout)
    width = re.search(r"\d+", dtype)
    bits = int(packed.group(1)) if packed else _BITS.get(dtype, int(width.group()) if width else 0)
    space = re.search(r"S\((\d+)\)", layout)
    return Tensor(dtype, sizes, _padded(sizes, order, layout), bits, int(space.group(1)) if space else 0)


def _padded(sizes: tuple[int, ...], order: str | None, layout: str) -> int:
    """The elements, with the minor dimensions rounded up to the first tile where there are two."""
    tile = re.search(r"T\((\d+),(\d+)\)", layout)
    if not (tile and order and len(sizes) > 1):
        return math.prod(sizes)
    minor_first = [sizes[int(place)] for place in order.split(",")]
    for place, step in enumerate((int(tile.group(2)), int(tile.group(1)))):
        minor_first[place] = -(-minor_first[place] // step) * step
    return math.prod(minor_first)


class _Reader:
    """Walks through the computations of one program."""

    def __init__(self, computations: dict[str, Computation], is_tpu: bool) -> None:
        self._computations = computations
        self._is_tpu = is_tpu

    def kernels(self, name: str, runs: int) -> Iterator[Kernel]:
        """The kernels of a computation that runs so often, with those of the computations that it calls."""
        computation = self._computations[name]
        for one in computation.values():
            if one.kind in _NO_KERNEL or one.kind.endswith("-done"):
                continue
            if one.kind == "while" and one.called:
                yield from self.kernels(one.called, runs * self._trips(one))
            elif one.kind == "conditional":
                yield from self._costliest_branch(one, runs)
            elif one.called and self._is_call(one):
                yield from self.kernels(one.called, runs)
            elif one.kind.endswith("-start") and one.kind != "fusion-start":
                yield Kernel(one.name, runs, self._copied(one, computation), is_copy=True)
            elif not self._is_nothing(one):
                yield self._kernel(one, computation, runs)

    def _is_call(self, one: Instruction) -> bool:
        """Whether it runs the kernels of the computation that it calls; a slice moved meanwhile is a copy."""
        if one.kind != "async-start":
            return one.kind == "call"
        inside = self._computations[one.called or ""].values()
        return not all(inner.kind in _NO_KERNEL or inner.kind in _SLICES for inner in inside)

    def _is_nothing(self, one: Instruction) -> bool:
        """Buffers that are only handed out, and on a TPU the scalar unit's own arithmetic."""
        if one.kind == "custom-call":
            return any(f'custom_call_target="{target}"' in one.rest for target in _NO_KERNEL_CALLS)
        scalar = all(not tensor.dims for tensor in one.tensors)
        return self._is_tpu and scalar and one.kind not in ("fusion", "reduce", "convolution")

    def _kernel(self, one: Instruction, computation: Computation, runs: int) -> Kernel:
        flops, is_narrow = self._flops(one, computation)
        cycles = re.search(r'"estimated_cycles":"?(\d+)', one.rest)
        moved = self._moved(one, computation)
        return Kernel(one.name, runs, moved, flops, is_narrow, int(cycles.group(1)) if cycles else 0)

    def _moved(self, one: Instruction, computation: Computation) -> float:
        fused = self._computations.get(one.called or "") if one.kind.startswith("fusion") else None
        if fused is not None:
            read = sum(
                self._read(fused, place, self._operand(operand, computation))
                for place, operand in enumerate(one.operands)
            )
            root = next(inner for inner in fused.values() if inner.is_root)
            results = [tensor for tensor in one.tensors if tensor.space]
            spaces = [tensor.space for tensor in one.tensors] if one.kind == "fusion" and results else []
            return read + self._written(root, fused, spaces)
        operands = [self._operand(operand, computation) for operand in one.operands]
        if one.kind == "dynamic-update-slice":
            return 2 * _bytes(operands[1])
        if one.kind in _SLICES:
            return 2 * _bytes(one.tensors)
        if one.kind == "custom-call" and any(f'"{name}' in one.rest for name in _LIBRARY_MATMULS):
            return one.tensors[0].bytes + sum(map(_bytes, operands))
        return _bytes(one.tensors) + sum(map(_bytes, operands))

    def _read(self, fused: Computation, place: int, operand: tuple[Tensor, ...]) -> float:
        """What a fusion reads of its operand: slices of it, nothing where it is updated, else all."""
        whole = _bytes(operand)
        if not whole:
            return 0.0
        parameter = next(
            (one for one in fused.values() if one.kind == "parameter" and one.rest.startswith(f"{place})")),
            None,
        )
        return whole if parameter is None else min(whole, self._used(fused, parameter.name, whole))

    def _used(self, fused: Computation, name: str, whole: float) -> float:
        used = 0.0
        for one in fused.values():
            places = [place for place, (operand, _) in enumerate(one.operands) if operand == name]
            if not places:
                continue
            if one.kind in _SLICES and places == [0]:
                used += sum(tensor.elements * tensor.bits / 8 for tensor in one.tensors)
            elif (one.kind == "dynamic-update-slice" and places == [0]) or one.kind == "tuple":
                continue
            elif one.kind in ("bitcast", "reshape") or "output_to_operand_aliasing" in one.rest:
                used += self._used(fused, one.name, whole)
            elif one.kind == "fusion" and (inner := self._computations.get(one.called or "")):
                for parameter in (_parameter(inner, place) for place in places):
                    if _origin(inner) is not parameter:
                        used += self._used(inner, parameter.name, whole)
                    elif one.is_root:
                        return whole
                    else:  # handed on in another shape: what counts is who reads it then
                        used += self._used(fused, one.name, whole)
            else:
                return whole
        return used

    def _written(self, root: Instruction, fused: Computation, spaces: list[int]) -> float:
        """What a fusion writes: each result, or what it updates of it."""
        parts = [fused[name] for name, _ in root.operands] if root.kind == "tuple" else [root]
        written = 0.0
        for place, part in enumerate(parts):
            if place < len(spaces) and spaces[place]:
                continue
            if root.kind == "tuple" and root.tensors[place].space:
                continue
            written += self._result(part, fused)
        return written

    def _result(self, part: Instruction, fused: Computation) -> float:
        origin = part
        while origin.kind in _PASSED_ON and origin.operands:
            origin = fused[origin.operands[0][0]]
        if origin.kind == "dynamic-update-slice":
            return sum(tensor.elements * tensor.bits / 8 for tensor in fused[origin.operands[1][0]].tensors)
        if part.kind == "custom-call":  # a library's matmul with a slice of its operand or into one
            return part.tensors[0].bytes
        return _bytes(part.tensors)

    def _copied(self, one: Instruction, computation: Computation) -> float:
        """A copy or a slice that is started here: what it reads, and what it writes."""
        if one.kind == "copy-start":
            return _bytes(one.tensors[:2])
        source = self._operand(one.operands[0], computation)
        moved = [tensor for tensor in one.tensors if tensor.dims and tensor.dtype not in ("u32", "s32")]
        target = moved[-1] if moved else one.tensors[0]
        size = target.elements * target.bits / 8
        return size * (any(tensor.space == 0 for tensor in source) + (target.space == 0))

    def _operand(self, operand: tuple[str, int | None], computation: Computation) -> tuple[Tensor, ...]:
        name, part = operand
        tensors = computation[name].tensors if name in computation else ()
        return tensors if part is None else tensors[part : part + 1]

    def _flops(self, one: Instruction, computation: Computation) -> tuple[float, bool]:
        """The flops of the matmuls and convolutions in an instruction, and whether of short numbers."""
        if one.kind.startswith("fusion") and (inner := self._computations.get(one.called or "")):
            flops_of_parts = [self._flops(part, inner) for part in inner.values()]
            return sum(flops for flops, _ in flops_of_parts), any(
                narrow for flops, narrow in flops_of_parts if flops
            )
        operands = [self._operand(operand, computation) for operand in one.operands[:2]]
        if len(operands) < 2 or not all(operands):
            return 0.0, False
        left, right = (tensors[0] for tensors in operands)
        results = math.prod(one.tensors[0].dims) if one.tensors else 0
        is_narrow = max(left.bits, right.bits) <= 16
        if contracted := re.search(
            r'lhs_contracting_dim(?:s=\{|ensions":\[)([\d,"]*)[\]}]', one.rest if one.kind != "fusion" else ""
        ):
            places = [int(place) for place in re.findall(r"\d+", contracted.group(1))]
            return 2.0 * results * math.prod(left.dims[place] for place in places), is_narrow
        if labels := re.search(r"dim_labels=\w+_(\w+)->", one.rest):
            output, kernel = one.tensors[0], right
            if "convBackwardFilter" in one.rest:  # the labels are those of the convolution itself
                output, kernel = right, one.tensors[0]
            elif "convBackwardInput" in one.rest:
                output = left
            out = kernel.dims[labels.group(1).index("o")]
            return 2.0 * math.prod(output.dims) * math.prod(kernel.dims) / max(out, 1), is_narrow
        return 0.0, False

    def _trips(self, one: Instruction) -> int:
        """How often the body of a loop runs: as XLA notes it, or what the condition compares with."""
        if known := re.search(r'"known_trip_count":\{"n":"(\d+)"', one.rest):
            return int(known.group(1))
        condition = re.search(r"condition=%?([\w.\-]+)", one.rest)
        inside = self._computations.get(condition.group(1), {}) if condition else {}
        limits = [
            int(limit.group(1))
            for inner in inside.values()
            if inner.kind == "constant" and (limit := re.match(r"(\d+)\)", inner.rest))
        ]
        return max(limits, default=1)

    def _costliest_branch(self, one: Instruction, runs: int) -> list[Kernel]:
        listed = _BRANCHES.search(one.rest)
        names = _OPERAND.findall(listed.group(1)) if listed else []
        branches = [name for name, _ in names] or _CALLED.findall(one.rest)
        kernels_of_branches = [list(self.kernels(name, runs)) for name in branches]
        return max(kernels_of_branches, key=lambda branch: sum(kernel.bytes for kernel in branch), default=[])


def _parameter(fused: Computation, place: int) -> Instruction:
    return next(one for one in fused.values() if one.kind == "parameter" and one.rest.startswith(f"{place})"))


def _origin(fused: Computation) -> Instruction:
    """What the result of a fusion is, but for its shape."""
    one = next(inner for inner in fused.values() if inner.is_root)
    while one.kind in ("bitcast", "reshape") and one.operands:
        one = fused[one.operands[0][0]]
    return one


def _bytes(tensors: tuple[Tensor, ...]) -> float:
    return sum(tensor.bytes for tensor in tensors)
