"""Programs for accelerators that are not here: what is read off, what is said when it cannot be compiled."""

# ruff: noqa: E501 - programs as compilers print them

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from rich.console import Console

import jaxrelu
from benchmarks.compiled import cache, compiler, instructions, programs, reading, roofline, targets
from benchmarks.compiled.experiment import Settings, run
from benchmarks.compiled.tables import tables
from benchmarks.core.progress import Progress

UNROLLED = """HloModule jit_f, is_scheduled=true

%fused_maximum (p0: bf16[64,128]) -> bf16[64,128] {
  %p0 = bf16[64,128]{1,0} parameter(0)
  %zero = bf16[] constant(0)
  %zeros = bf16[64,128]{1,0} broadcast(%zero), dimensions={}
  ROOT %max = bf16[64,128]{1,0} maximum(%p0, %zeros)
}

%gemm (a: bf16[64,128], b: bf16[128,256]) -> bf16[64,256] {
  %a = bf16[64,128]{1,0} parameter(0)
  %b = bf16[128,256]{1,0} parameter(1)
  ROOT %dot = bf16[64,256]{1,0} dot(%a, %b), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

ENTRY %main (x: bf16[64,128], w: bf16[128,256]) -> (bf16[64,256], pred[64,256]) {
  %x = bf16[64,128]{1,0} parameter(0)
  %w = bf16[128,256]{1,0} parameter(1)
  %value = bf16[64,128]{1,0} fusion(%x), kind=kLoop, calls=%fused_maximum
  %product = bf16[64,256]{1,0} fusion(%value, %w), kind=kCustom, calls=%gemm
  %library = (bf16[64,256]{1,0}, s8[4194304]{0}) custom-call(%value, %w), custom_call_target="__cublas$lt$matmul", backend_config={"gemm_backend_config":{"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],"rhs_contracting_dimensions":["0"]}}}
  %part = bf16[64,256]{1,0} get-tuple-element(%library), index=0
  %mask = pred[64,256]{1,0} compare(%product, %part), direction=GT
  ROOT %out = (bf16[64,256]{1,0}, pred[64,256]{1,0}) tuple(%product, %mask)
}
"""

SCANNED = """HloModule jit_f, is_scheduled=true

%update (p0: f32[5,64], p1: s32[], p2: f32[5,64]) -> f32[5,64] {
  %p0 = f32[5,64]{1,0} parameter(0)
  %p1 = s32[] parameter(1)
  %p2 = f32[5,64]{1,0} parameter(2)
  %zero = s32[] constant(0)
  %row = f32[1,64]{1,0} dynamic-slice(%p2, %p1, %zero), dynamic_slice_sizes={1,64}
  %double = f32[1,64]{1,0} add(%row, %row)
  ROOT %updated = f32[5,64]{1,0} dynamic-update-slice(%p0, %double, %p1, %zero)
}

%body (arg: (s32[], f32[5,64], f32[5,64])) -> (s32[], f32[5,64], f32[5,64]) {
  %arg = (s32[], f32[5,64]{1,0}, f32[5,64]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%arg), index=0
  %to = f32[5,64]{1,0} get-tuple-element(%arg), index=1
  %from = f32[5,64]{1,0} get-tuple-element(%arg), index=2
  %new = f32[5,64]{1,0} fusion(%to, %i, %from), kind=kLoop, calls=%update
  ROOT %next = (s32[], f32[5,64]{1,0}, f32[5,64]{1,0}) tuple(%i, %new, %from)
}

%condition (arg.1: (s32[], f32[5,64], f32[5,64])) -> pred[] {
  %arg.1 = (s32[], f32[5,64]{1,0}, f32[5,64]{1,0}) parameter(0)
  %j = s32[] get-tuple-element(%arg.1), index=0
  %limit = s32[] constant(5)
  ROOT %less = pred[] compare(%j, %limit), direction=LT
}

ENTRY %main (x: f32[5,64], n: s32[]) -> f32[5,64] {
  %x = f32[5,64]{1,0} parameter(0)
  %n = s32[] parameter(1)
  %start = (s32[], f32[5,64]{1,0}, f32[5,64]{1,0}) tuple(%n, %x, %x)
  %loop = (s32[], f32[5,64]{1,0}, f32[5,64]{1,0}) while(%start), condition=%condition, body=%body
  ROOT %result = f32[5,64]{1,0} get-tuple-element(%loop), index=1
}
"""

TPU = """HloModule jit_f, is_scheduled=true

%fused (p0: bf16[100,100], p1: bf16[100,256]) -> (bf16[100,256], bf16[100,256]) {
  %p0 = bf16[100,100]{1,0:T(8,128)(2,1)S(1)} parameter(0)
  %p1 = bf16[100,256]{1,0:T(8,128)(2,1)} parameter(1)
  %product = bf16[100,256]{1,0:T(8,128)(2,1)} convolution(%p0, %p1), dim_labels=bf_io->bf
  ROOT %both = (bf16[100,256]{1,0:T(8,128)(2,1)}, bf16[100,256]{1,0:T(8,128)(2,1)S(1)}) tuple(%product, %product)
}

ENTRY %main (x: bf16[100,100], w: bf16[100,256]) -> bf16[100,256] {
  %x = bf16[100,100]{1,0:T(8,128)(2,1)} parameter(0)
  %w = bf16[100,256]{1,0:T(8,128)(2,1)} parameter(1)
  %copy-start = (bf16[100,100]{1,0:T(8,128)(2,1)S(1)}, bf16[100,100]{1,0:T(8,128)(2,1)}, u32[]{:S(2)}) copy-start(%x)
  %copy-done = bf16[100,100]{1,0:T(8,128)(2,1)S(1)} copy-done(%copy-start)
  %one = s32[]{:T(128)} constant(1)
  %two = s32[]{:T(128)} add(%one, %one)
  %buffer = bf16[100,256]{1,0:T(8,128)(2,1)} custom-call(), custom_call_target="AllocateBuffer"
  %fusion = (bf16[100,256]{1,0:T(8,128)(2,1)}, bf16[100,256]{1,0:T(8,128)(2,1)S(1)}) fusion(%copy-done, %w), kind=kOutput, calls=%fused, backend_config={"window_config":{"estimated_cycles":"1234"}}
  ROOT %first = bf16[100,256]{1,0:T(8,128)(2,1)} get-tuple-element(%fusion), index=0
}
"""

HANDED_ON = """HloModule jit_f

%bitcast_fusion (p: bf16[1,128,256]) -> bf16[128,256] {
  %p = bf16[1,128,256]{2,1,0:T(8,128)(2,1)} parameter(0)
  ROOT %bitcast = bf16[128,256]{1,0:T(8,128)(2,1)} bitcast(%p)
}

%sliced (q: bf16[4,128,256], i: s32[]) -> bf16[1,128,256] {
  %q = bf16[4,128,256]{2,1,0:T(8,128)(2,1)} parameter(0)
  %i = s32[]{:T(128)} parameter(1)
  ROOT %dynamic-slice = bf16[1,128,256]{2,1,0:T(8,128)(2,1)} dynamic-slice(%q, %i), dynamic_slice_sizes={1,128,256}
}

%fused (a: bf16[1,128,256], b: bf16[4,128,256], j: s32[]) -> bf16[128,128] {
  %a = bf16[1,128,256]{2,1,0:T(8,128)(2,1)} parameter(0)
  %b = bf16[4,128,256]{2,1,0:T(8,128)(2,1)} parameter(1)
  %j = s32[]{:T(128)} parameter(2)
  %left = bf16[128,256]{1,0:T(8,128)(2,1)} fusion(%a), kind=kLoop, calls=%bitcast_fusion
  %right = bf16[1,128,256]{2,1,0:T(8,128)(2,1)} fusion(%b, %j), kind=kLoop, calls=%sliced
  ROOT %convolution = bf16[128,128]{1,0:T(8,128)(2,1)} convolution(%left, %right), dim_labels=bf_oi->bf
}

ENTRY %main (x: bf16[1,128,256], y: bf16[4,128,256], k: s32[]) -> bf16[128,128] {
  %x = bf16[1,128,256]{2,1,0:T(8,128)(2,1)} parameter(0)
  %y = bf16[4,128,256]{2,1,0:T(8,128)(2,1)} parameter(1)
  %k = s32[]{:T(128)} parameter(2)
  ROOT %fusion = bf16[128,128]{1,0:T(8,128)(2,1)} fusion(%x, %y, %k), kind=kOutput, calls=%fused
}
"""

ASSIGNMENT = """BufferAssignment:
allocation 0: size 512, page 0, thread-local:
allocation 1: size 1000, page 0, parameter 0, shape |f32[250]| at ShapeIndex {}:
allocation 2: size 2000, page 0, maybe-live-out:
allocation 3: size 4000, page 0, preallocated-temp:
 value: <93 fusion @0> (size=4000,offset=0): f32[1000]
allocation 4: size 9999, color 1, page 0, preallocated-temp:
"""

DISASSEMBLY = """
.text.relu:
        /*0000*/                   LDC R1, c[0x0][0x28] ;
        /*0010*/                   S2R R0, SR_TID.X ;
        /*0020*/                   IMAD R0, R3, UR4, R0 ;
        /*0030*/              @!P0 FMUL R5, R5, R6 ;
        /*0040*/                   MUFU.EX2 R5, R5 ;
        /*0050*/                   FMNMX R5, RZ, R5, !PT ;
        /*0060*/                   EXIT ;
.L_x_0:
        /*0070*/                   BRA `(.L_x_0) ;
        /*0080*/                   NOP ;
.text.looping:
.L_x_1:
        /*0000*/                   FADD R5, R5, R6 ;
        /*0010*/               @P0 BRA `(.L_x_1) ;
        /*0020*/                   EXIT ;
"""

SMALL = programs.Sizes(16, 16, 8, 2, (2, 8, 16), (2, 8, 16, 2))


def totals(text: str) -> tuple[int, float, float, int]:
    kernels = reading.kernels(text)
    return (
        sum(kernel.runs for kernel in kernels if not kernel.is_copy),
        sum(kernel.runs * kernel.bytes for kernel in kernels),
        sum(kernel.runs * kernel.flops for kernel in kernels),
        sum(kernel.runs * kernel.cycles for kernel in kernels),
    )


def test_kernels_bytes_and_flops_of_a_program_for_a_gpu() -> None:
    value = 2 * 64 * 128 * 2
    matmul = (64 * 128 + 128 * 256 + 64 * 256) * 2  # the workspace of cuBLAS is not counted
    mask = 64 * 256 * (2 + 2 + 1)
    assert totals(UNROLLED) == (4, value + 2 * matmul + mask, 2 * 2 * 64 * 128 * 256, 0)


def test_a_loop_counts_as_often_as_it_runs_and_slices_for_what_they_are() -> None:
    assert totals(SCANNED) == (5, 5 * (4 + 64 * 4 + 64 * 4), 0, 0)  # an index, a row read, a row written
    known = SCANNED.replace("body=%body", 'body=%body, backend_config={"known_trip_count":{"n":"7"}}')
    assert totals(known)[0] == 7


def test_on_a_tpu_tiles_are_whole_and_the_memory_of_the_core_is_not_counted() -> None:
    x, w = 104 * 128 * 2, 104 * 256 * 2  # padded to tiles of 8 by 128
    kernels, moved, flops, cycles = totals(TPU)
    assert (kernels, cycles) == (1, 1234)
    assert moved == x + w + w  # the prefetch of x, then w, then one of two results
    assert flops == 2 * 100 * 100 * 256


def test_what_a_fusion_hands_on_in_another_shape_is_read_by_whoever_takes_it() -> None:
    index, matrix, product = 512, 128 * 256 * 2, 128 * 128 * 2
    assert totals(HANDED_ON)[1] == pytest.approx(2 * matrix + product, abs=index)  # x, a slice of y


@pytest.mark.parametrize(
    ("target", "types"),
    [
        ("Forward", ("bf16[2,8,8,16]", "bf16[2,8,8,32]", "bf16[16,3,3,32]")),
        ("BackwardInput", ("bf16[2,8,8,32]", "bf16[2,8,8,16]", "bf16[16,3,3,32]")),
        ("BackwardFilter", ("bf16[16,3,3,32]", "bf16[2,8,8,32]", "bf16[2,8,8,16]")),
    ],
)
def test_a_convolution_of_cudnn_has_as_many_flops_forward_and_backward(
    target: str, types: tuple[str, ...]
) -> None:
    result, *operands = types
    left, right = (
        f"  %{name} = {kind}{{3,2,1,0}} parameter({place})"
        for place, (name, kind) in enumerate(zip("lr", operands, strict=True))
    )
    call = f'custom-call(%l, %r), dim_labels=b01f_o01i->b01f, custom_call_target="__cudnn$conv{target}"'
    text = f"ENTRY %main () -> x {{\n{left}\n{right}\n  ROOT %c = ({result}{{3,2,1,0}}, u8[64]{{0}}) {call}\n}}\n"
    assert totals(text)[2] == 2 * (2 * 8 * 8 * 16) * (3 * 3 * 32)


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(ValueError, match="no ENTRY"):
        reading.kernels("HloModule nothing\n")


def test_memory_is_that_of_the_device() -> None:
    assert reading.temporary_bytes(ASSIGNMENT) == 4000
    assert reading.total_bytes(ASSIGNMENT) == 7000


def test_instructions_go_through_their_pipes() -> None:
    counts_by_kernel = instructions.counted(DISASSEMBLY)
    counts, has_loop = counts_by_kernel["relu"]
    assert counts == {
        "memory": 1,
        instructions.ALU: 2,
        "integer multiply": 1,
        "float": 1,
        "special": 1,
        "control": 1,
        "issue": 7,
    }
    assert not has_loop
    assert counts_by_kernel["looping"][1]
    sequence = (
        "001: kCustomKernel [source | sink] relu grid: [4, 1, 1] threads: [128, 1, 1]  shared_memory: 0\n"
    )
    executed, has_loop = instructions.an_element(sequence, counts_by_kernel, elements=1024)
    assert executed["issue"] == 7 / 2 and not has_loop


@pytest.mark.parametrize(
    ("kernel", "bound", "seconds"),
    [
        (reading.Kernel("a", 3, bytes=2.039e12), roofline.MEMORY, 3.0),
        (reading.Kernel("a", 2, bytes=1.0, flops=312e12, is_narrow=True), roofline.MATMUL, 2.0),
        (reading.Kernel("a", 1, bytes=1.0, flops=156e12), roofline.MATMUL, 1.0),
    ],
)
def test_the_bound_that_decides(kernel: reading.Kernel, bound: str, seconds: float) -> None:
    estimate = roofline.estimate([kernel], targets.chip("a100"), None, 0)
    assert estimate.bound == bound
    assert estimate.seconds == pytest.approx(seconds)


def test_a_measured_chip_reaches_a_share_of_its_peaks() -> None:
    kernel = reading.Kernel("a", 1, bytes=4.8e12)
    assert roofline.estimate([kernel], targets.chip("h200"), None, 0).seconds == pytest.approx(1 / 0.86)


def test_a_busy_pipe_decides_over_memory() -> None:
    kernel = reading.Kernel("a", 1, bytes=4 * 2.0**25)
    few, many = ({"issue": count, "float": 1.0} for count in (5.0, 500.0))
    chip = targets.chip("h100")
    assert roofline.estimate([kernel], chip, few, 2**25).bound == roofline.MEMORY
    assert roofline.estimate([kernel], chip, many, 2**25).bound == "issue"


def test_a_tpus_own_cycles_decide() -> None:
    kernel = reading.Kernel("a", 1, bytes=1e12, cycles=1_500_000_000)
    estimate = roofline.estimate([kernel], targets.chip("v5e"), None, 0)
    assert estimate == roofline.Estimate(1e12 / 819e9, roofline.MEMORY)  # no quicker than its bytes
    assert (
        roofline.estimate([dataclasses.replace(kernel, bytes=1.0)], targets.chip("v5e"), None, 0).seconds
        == 1.0
    )


def test_an_unknown_target_is_named_with_the_nearest() -> None:
    with pytest.raises(
        targets.TargetError, match=r"unknown target 'h10': did you mean h100.*There are h100, h200, a100"
    ):
        targets.chip("h10")


@pytest.mark.parametrize(
    ("platform", "installed", "message"),
    [
        ("tpu", {}, r'no compiler for TPUs is installed: pip install "jax\[tpu\]==9.0"'),
        (
            "tpu",
            {"libtpu": "0.0.1"},
            r"libtpu 0.0.1 does not match jax 9.0, which asks for libtpu==.*pip install",
        ),
        ("cuda", {}, r'no compiler for GPUs by NVIDIA is installed: pip install "jax\[cuda13-local\]==9.0"'),
        ("rocm", {}, r"no compiler for GPUs by AMD is installed: pip install"),
        (
            "cuda",
            {"jax-cuda13-plugin": "9.0", "jax-cuda13-pjrt": "8.0"},
            r"jax-cuda13-pjrt 8.0 does not match jaxlib 9.0: pip install",
        ),
    ],
)
def test_a_compiler_that_is_not_there_or_does_not_match(
    platform: str, installed: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"jax": "9.0", "jaxlib": "9.0", **installed}
    monkeypatch.setattr(targets, "_installed", versions.get)
    with pytest.raises(targets.TargetError, match=message):
        targets.check(platform)


def test_compilers_that_match_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = targets._libtpu_for_jax()
    assert asked is not None  # jax says which libtpu it wants
    version = str(asked.specifier).removeprefix("==").replace("*", "7")
    versions = {
        "jax": "9",
        "jaxlib": "9",
        "jax-cuda12-plugin": "9",
        "jax-cuda12-pjrt": "9",
        "libtpu": version,
    }
    monkeypatch.setattr(targets, "_installed", versions.get)
    targets.check("tpu")
    targets.check("cuda")
    assert targets.compiler_version("cuda") == "jaxlib 9, jax-cuda12-pjrt 9"


def test_every_chip_is_described() -> None:
    for chip in targets.CHIPS.values():
        assert chip.source and chip.memory and chip.bandwidth < chip.wide_flops <= chip.narrow_flops
        assert bool(chip.topology) == (chip.platform == targets.TPU)
        if chip.platform != targets.TPU:
            assert targets.description(chip).count("{") == targets.description(chip).count("}")


def test_the_cache_finds_what_it_keeps_and_nothing_else(tmp_path: Path) -> None:
    kept = cache.Cache(tmp_path / "new")
    keys = {
        cache.key_of(text, target, version, options)
        for text in ("a", "b")
        for target in ("h100", "a100")
        for version in ("1", "2")
        for options in ({}, {"triton": False})
    }
    assert len(keys) == 16
    key = keys.pop()
    assert kept.read(key) is None
    kept.write(key, {"kernels": 3})
    assert kept.read(key) == {"kernels": 3}
    (tmp_path / "new" / f"{key}.json").write_text('{"kernels":')
    assert kept.read(key) is None
    assert cache.Cache(None).read(key) is None


@pytest.mark.parametrize("name", ["relu", "gelu", "prelu", "crelu", "swiglu"])
def test_every_program_can_be_traced(name: str) -> None:
    row = jaxrelu.catalogue()[name]
    possible = programs.programs(row)
    assert (programs.MLP[0] in possible) == (name != "swiglu")
    assert (programs.GATED[0] in possible) == (name != "crelu")
    for way in programs.ways(row):
        for program in possible:
            function, shapes = programs.build(programs.Case(name, way, program, "float32", SMALL))
            assert jax.tree.leaves(jax.eval_shape(function, *shapes))


def test_the_ways_are_jax_nn_checkpoint_and_every_residual() -> None:
    rows = jaxrelu.catalogue()
    assert programs.ways(rows["relu"])[:2] == (programs.PEER, programs.CHECKPOINT)
    for name, row in rows.items():
        ours = [way.removeprefix("jaxrelu ") for way in programs.ways(row) if way.startswith("jaxrelu")]
        assert tuple(ours) == row.residuals, name


def test_the_backward_program_takes_what_the_forward_program_keeps() -> None:
    row = "gelu"
    keeping, shapes = programs.build(programs.Case(row, "jaxrelu input", programs.KEEPING, sizes=SMALL))
    backward, given = programs.build(programs.Case(row, "jaxrelu input", programs.BACKWARD, sizes=SMALL))
    kept = jax.eval_shape(keeping, *shapes)[1]
    assert [leaf.shape for leaf in kept] == [leaf.shape for leaf in given[1]]
    assert jax.eval_shape(backward, *given)[0].shape == shapes[0].shape


def crash(connection: object, request: object, folder: Path) -> None:
    (folder / "printed.log").write_text("noise\nF0101 00:00:00 check failed: no such chip\nmore noise\n")
    os.abort()


def test_a_compiler_that_ends_its_process_fails_one_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compiler, "_work", crash)
    request = compiler.Request(programs.Case("relu", programs.PEER, programs.FORWARD, sizes=SMALL), "h100")
    kept = cache.Cache(tmp_path)
    with pytest.raises(
        compiler.CompileError, match=r"ended its process \(signal SIGABRT\): F0101.*no such chip"
    ):
        compiler.compile_one(request, kept)
    assert not list(tmp_path.glob("*.json"))  # it may have been killed for want of memory


def test_a_program_too_large_for_the_target_says_so(tmp_path: Path) -> None:
    request = compiler.Request(programs.Case("relu", programs.PEER, programs.FORWARD, sizes=SMALL), "v5e")
    kept = cache.Cache(tmp_path)
    kept.write(compiler._key(request), {"total_bytes": 20 * 2**30})
    with pytest.raises(compiler.CompileError, match=r"it needs 20.0 GiB, and v5e has 16.0 GiB"):
        compiler.compile_one(request, kept)


def test_what_xla_says_of_too_little_memory_is_one_sentence() -> None:
    error = RuntimeError(
        "RESOURCE_EXHAUSTED: XLA:TPU compile permanent error.\nUsed 20.1G of 15.75G hbm. More."
    )
    assert compiler._sentence(error) == "it needs 20.1G, and the target has 15.75G"
    assert compiler._sentence(ValueError("one\ntwo")) == "ValueError: one"


def recorded(settings: Settings) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    with Progress(Console(quiet=True)) as progress:
        run(settings, progress, lambda section, row: rows.append(row))
    return rows


def test_without_compilers_each_target_is_skipped_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "_installed", {"jax": "9.0", "jaxlib": "9.0"}.get)
    rows = recorded(Settings.SMOKE)
    assert [row["target"] for row in rows] == ["h100", "v5e"]
    assert all("pip install" in str(row["skipped"]) for row in rows)


def test_the_tables_show_ratios_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"kernels": 3, "bytes": 10**6, "temp_bytes": 2 * 10**6, "total_bytes": 10**7, "bound": "memory"}

    def fake(requests: list[compiler.Request], *_: object) -> object:
        for request in reversed(requests):  # they end in any order
            if request.case.way == programs.CHECKPOINT:
                yield request, compiler.CompileError("not this one")
            else:
                yield request, {**figures, "seconds": 1e-6 if request.case.way == programs.PEER else 2e-6}

    monkeypatch.setattr(compiler, "compile_all", fake)
    monkeypatch.setattr(targets, "check", lambda platform: None)
    rows = recorded(dataclasses.replace(Settings.SMOKE, variants=("relu", "gelu"), targets=("h100",)))
    failed = [row for row in rows if "failed" in row]
    assert failed and all(row["way"] == programs.CHECKPOINT for row in failed)
    assert {row.get("matmul") for row in rows} == {None, "triton", "cublas"}
    ratios, details = tables([row for row in rows if "failed" not in row])
    assert ratios.title == "h100: ours to jax.nn"
    assert [next(iter(column.cells)) for column in ratios.columns][1:] == ["[bold]2.00 (1.00)[/bold]"] * 3
    assert details.row_count == len(rows) - len(failed)
    ways = list(details.columns[2].cells)
    assert ways[0] == programs.PEER and ways[1] == programs.own_way(jaxrelu.catalogue()["relu"])


def test_importing_jaxrelu_imports_nothing_of_it() -> None:
    script = "import sys, jaxrelu; print([name for name in sys.modules if 'benchmarks' in name or 'libtpu' in name])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_the_processes_fork_from_has_started_nothing() -> None:
    script = (
        f"import threading, jax, jaxrelu, {programs.__name__}, {compiler.__name__}\n"
        "from jax._src import xla_bridge\n"
        "print(xla_bridge.backends_are_initialized(), threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "1"]


@pytest.mark.targets
@pytest.mark.parametrize("target", ["h100", "v5e"])
def test_a_real_compiler(target: str, tmp_path: Path) -> None:
    try:
        targets.check(targets.chip(target).platform)
    except targets.TargetError as error:
        pytest.skip(str(error))
    environment = dict(os.environ)
    matmul = compiler.matmuls(target)[-1]
    kept = cache.Cache(tmp_path)
    requests = [
        compiler.Request(
            programs.Case(name, programs.PEER, program, sizes=programs.Sizes(256, 256, 128, 1)),
            target,
            matmul,
            is_whole,
        )
        for name in ("relu", "gelu")
        for program, is_whole in ((programs.BOTH, True), (programs.MLP[0], False))
    ]
    first, again = (dict(compiler.compile_all(requests, kept, 2)) for _ in range(2))
    assert first == again
    assert len(list(tmp_path.glob("*.json"))) == 4
    for request, figures in first.items():
        assert isinstance(figures, dict), figures
        assert figures["kernels"] >= 1 and figures["seconds"] > 0
        assert ("cycles" in figures) == (target == "v5e" and request.is_whole)
        if request.case.program == programs.BOTH:
            assert figures["bytes"] == pytest.approx(
                4 * 256 * 256 * 2, rel=0.01
            )  # x, cotangent, value, slope
        else:
            assert figures["flops"] == pytest.approx(5 * 2 * 256 * 256 * 128, rel=0.05)
    assert dict(os.environ) == environment
    assert json.dumps(list(first.values()))
