"""The command line: `python -m benchmarks --help`."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_TOUR = ("throughput", "memory", "convergence")

VariantsOption = Annotated[str | None, typer.Option(help="Names with commas between them; all without this.")]
DtypesOption = Annotated[str | None, typer.Option(help="Of float32, bfloat16, float16; commas between them.")]
SizesOption = Annotated[
    str | None,
    typer.Option(help="Elements, such as 2^20,2^24, multiples of 1024; all: 2^10 to the largest that fits."),
]
PeersOption = Annotated[
    str | None,
    typer.Option(
        help="Of torch,torch.compile,keras, or none. Else all, from 2^20 elements on: half an hour more."
    ),
]
SeedsOption = Annotated[int | None, typer.Option(help="Runs at each learning rate.", min=2)]
DeviceOption = Annotated[
    str | None, typer.Option(help="cpu, gpu or tpu; without this the one that JAX prefers.")
]


def _folder(output: Path) -> Path:
    """Refuses the name of a file: a folder of that name would be made."""
    if output.suffix in (".html", ".json", ".md"):
        raise typer.BadParameter(f"{output} is the name of a file; it takes the folder that runs are in.")
    return output


OutputOption = Annotated[
    Path, typer.Option(help="Each run makes a new folder in this one.", callback=_folder)
]
SmokeOption = Annotated[
    bool, typer.Option("--smoke", help="The smallest setting, for CI: the figures mean nothing.")
]


@app.callback(invoke_without_command=True)
def tour(
    context: typer.Context,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Measures jaxrelu on this machine against jax.nn.

    Without a command: a quick tour of throughput, memory and convergence, at most three minutes on two
    cores, with a report. Each run leaves results.json (raw samples, environment, versions, commit), plots
    and report.md in a new folder. Ctrl-C keeps what has been measured.
    """
    if context.invoked_subcommand is None:
        _run(_TOUR, "SMOKE" if smoke else "QUICK", output, device)
    elif (device, output, smoke) != (None, Path("results"), False):
        raise typer.BadParameter(f"options go after {context.invoked_subcommand}")


@app.command()
def throughput(
    variants: VariantsOption = None,
    dtypes: DtypesOption = None,
    sizes: SizesOption = None,
    peers: PeersOption = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Times forward and value with gradient against jax.nn and a copy, in cache and from memory.

    2^12 to 2^24 elements without --sizes. The functions that jax.nn has take some 15 minutes on two quiet
    cores, all variants half an hour. A row that stays unstable by pyperf's rules is marked, and left out of
    what is claimed.
    """
    given = {"variants": variants, "dtypes": dtypes, "sizes": sizes, "peers": peers}
    _run(("throughput",), _preset(smoke), output, device, **given)


@app.command()
def memory(
    variants: VariantsOption = None,
    dtypes: DtypesOption = None,
    patterns: Annotated[
        str | None, typer.Option(help="What follows the activation, such as dot,frozen; all without this.")
    ] = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Shows what is kept for the backward pass, and who needs least for a deep net; a quarter of an hour."""
    from .command import options
    from .memory import nets

    chosen = options.names_or_none("--patterns", patterns, tuple(nets.PATTERNS))
    _run(("memory",), _preset(smoke), output, device, variants=variants, dtypes=dtypes, patterns=chosen)


@app.command()
def convergence(
    tasks: Annotated[str | None, typer.Option(help="Such as digits-mlp,deep-mlp; all without this.")] = None,
    variants: VariantsOption = None,
    seeds: Annotated[int | None, typer.Option(help="Fresh runs that are reported.", min=2)] = None,
    rates: Annotated[
        str | None,
        typer.Option(help="Learning rates such as 0.01,0.03,0.1; those of each task without this."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="The validation score to reach; without this relu fixes it.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="More seeds: for a page; without this for a quarter of an hour.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Goes on where a run with this output was cut off.")
    ] = False,
    known_answers: Annotated[
        bool, typer.Option("--known-answers", help="Only what theory or papers give the answer to.")
    ] = False,
    coordinator: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of the first of several processes; cluster: what Slurm or MPI say."),
    ] = None,
    count: Annotated[int | None, typer.Option("--processes", help="How many there are.", min=1)] = None,
    number: Annotated[int | None, typer.Option("--process-id", help="Which this is, from 0.", min=0)] = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Trains models with each variant on several tasks: who is faster, who ends higher, how sure that is.

    Each variant is tuned by itself on validation data, and reported on fresh seeds against relu, which fixes
    the target. Every finished rate is kept in the output folder at once; --resume repeats none. Seeds and
    rates are spread over all devices, and over the processes that are started with the same options but for
    --process-id; the first of them writes.
    """
    from .command import options
    from .convergence import Scale, processes, task_names

    try:
        processes.join(coordinator, count, number)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--coordinator") from None
    replaced = {
        "tasks": options.names_or_none("--tasks", tasks, task_names()),
        "rates": rates if rates is None else options.rates("--rates", rates),
        "target": options.finite("--target", target),
        "resume": resume or None,
        "known": (Scale.SMOKE if smoke else Scale()) if known_answers else None,
    }
    preset = "SMOKE" if smoke else "FULL" if full else "SUITE"
    given = {"variants": variants, "seeds": seeds, "folder": str(output), **replaced}
    with tempfile.TemporaryDirectory() as unread:
        mine = output if processes.first() else Path(unread)
        _run(("convergence",), preset, mine, device, **given)


@app.command()
def dying(
    variants: VariantsOption = None,
    seeds: SeedsOption = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Shows which units die, born dead or driven so, what the cures do, and what watching costs."""
    _run(("dying",), _preset(smoke), output, device, variants=variants, seeds=seeds)


@app.command()
def accuracy(
    variants: VariantsOption = None,
    formats: Annotated[
        str | None, typer.Option(help="Such as float32,float8_e5m2; all without this.")
    ] = None,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="All 2^32 float32 inputs; goes on where one was interrupted.")
    ] = False,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Compares value and slope with exact results, in every format, jax.nn beside it; two minutes."""
    from .accuracy.formats import FORMATS
    from .command import options

    chosen = options.names_or_none("--formats", formats, tuple(FORMATS))
    given = {"formats": chosen, "exhaustive": exhaustive, "folder": str(output)}
    _run(("accuracy",), _preset(smoke), output, device, variants=variants, **given)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A result folder, or its JSON file.")],
    second: Annotated[Path, typer.Argument(help="Another, of the same machine.")],
    section: Annotated[str, typer.Option(help="Whose rows; all that have raw samples.")] = "throughput",
    everything: Annotated[
        bool, typer.Option("--all", help="The rows that are not significant or unstable too.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables as Markdown.")] = False,
    pyperf: Annotated[
        Path | None, typer.Option(help="A folder for both as pyperf has them: first.json, second.json.")
    ] = None,
) -> None:
    """Compares two results row by row: ratio of the medians, Student's t-test, geometric means."""
    from .command import compare, options, report
    from .core import tables

    rows = [options.timed_rows(name, path, section) for name, path in (("FIRST", first), ("SECOND", second))]
    console = report.console()
    with options.refused("SECOND"):
        compared = compare.tables(*rows, everything=everything)
    typer.echo(compare.answer(compare.pairs(*rows)))
    for table in compared:
        print(tables.markdown(table)) if markdown else console.print(table)
    if pyperf:
        with options.refused("--pyperf"):
            pyperf.mkdir(parents=True, exist_ok=True)
            for name, timed in zip(("first", "second"), rows, strict=True):
                compare.export(timed, pyperf / f"{name}.json")


@app.command()
def transformer(
    variants: VariantsOption = None,
    dtypes: DtypesOption = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Trains a small transformer end to end: step time, memory, loss; some five minutes on two cores."""
    _run(("transformer",), _preset(smoke), output, device, variants=variants, dtypes=dtypes)


@app.command()
def scaling(
    variants: VariantsOption = None,
    dtypes: DtypesOption = None,
    sizes: SizesOption = None,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Shows how time per element grows with the size, and compiling with the layers; some eight minutes."""
    _run(("scaling",), _preset(smoke), output, device, variants=variants, dtypes=dtypes, sizes=sizes)


@app.command()
def compiled(
    targets: Annotated[
        str | None,
        typer.Option(help="Of h100,h200,a100,b200,mi300x,v5e,v5p,v6e,tpu7x; else h100,v5e,v6e."),
    ] = None,
    variants: VariantsOption = None,
    programs: Annotated[
        str | None, typer.Option(help="Such as 'forward,mlp trained scanned'; all without this.")
    ] = None,
    dtypes: DtypesOption = None,
    cycles: Annotated[
        bool, typer.Option("--cycles", help="A TPU's cycles for whole programs too: a minute each.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compiles again what was compiled before.")] = False,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Compiles for accelerators that are not here: kernels, bytes, memory, cycles, instructions.

    Takes the compilers: pip install "jaxrelu[targets]". All variants for one target take an hour on two
    cores, and a minute when they were compiled before.
    """
    import jax

    jax.config.update("jax_platforms", "cpu")  # here nothing is compiled but for this machine
    from .command import options
    from .compiled import programs as known
    from .compiled import targets as chips

    replaced = {
        "targets": options.names_or_none("--targets", targets, tuple(chips.CHIPS)),
        "programs": options.names_or_none("--programs", programs, known.PROGRAMS),
        "with_cycles": cycles or None,
        "with_cache": False if fresh else None,
    }
    _run(("compiled",), _preset(smoke), output, "cpu", variants=variants, dtypes=dtypes, **replaced)


@app.command()
def card(
    variants: VariantsOption = None,
    dtypes: DtypesOption = None,
    sizes: SizesOption = None,
    minutes: Annotated[
        float | None, typer.Option(help="No part begins that is not likely to end by then; 5.", min=0.0)
    ] = None,
    ways: Annotated[
        bool, typer.Option("--ways", help="Steps with each residual and with jax.checkpoint, too.")
    ] = False,
    device: DeviceOption = None,
    output: OutputOption = Path("results"),
    smoke: SmokeOption = False,
) -> None:
    """Shows the most that a GPU or TPU can in five minutes, beside what `compiled` predicted.

    Training steps with relu, gelu and silu in time and memory, throughput of every variant at 2^26 and 2^28
    elements beside a copy and jax.nn, calls outside jit, accuracy. The most valuable comes first, and what
    was measured is kept whenever the run ends.
    """
    given = {"variants": variants, "dtypes": dtypes, "sizes": sizes, "minutes": minutes}
    given["with_all_ways"] = ways or None
    _run(("card",), _preset(smoke), output, device, folder=str(output), **given)


@app.command("report")
def report_(
    results: Annotated[
        list[Path] | None,
        typer.Argument(help="Result folders, or their JSON files, of any machines; without any the newest."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Where to look for the newest.", callback=_folder)] = Path(
        "results"
    ),
    html: Annotated[
        Path | None, typer.Option(help="The page; else report.html in the folder of the run, or here.")
    ] = None,
) -> None:
    """Writes one page of any results, which opens offline: verdict, tables to sort and to filter, charts.

    Of one result folder the tables are printed, and its plots and report.md are written anew; of one file the
    tables are printed.
    """
    # JAX is imported only for work, so that help is quick.
    from .command import options, report

    read = options.results("RESULTS", results or [], output)
    with options.refused("RESULTS"):
        report.write_all(read, report.console(), html)


def _preset(smoke: bool) -> str:
    return "SMOKE" if smoke else "FULL"


def _run(names: tuple[str, ...], preset: str, output: Path, device: str | None, **options: object) -> None:
    typer.echo(f"Benchmarks of jaxrelu: {', '.join(names)}. JAX is being imported.")
    from .command import session

    raise typer.Exit(session.run(names, preset, output, device, **options))


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
