"""One run: the options are checked, the sections measure, and the report is written, whatever happens."""

import dataclasses
import traceback
from pathlib import Path
from typing import Any

import jax
import typer
from rich.console import Console

from references.counterparts import PEERS

from ..core.environment import busy, environment
from ..core.failures import Refused
from ..core.progress import Progress
from ..core.results import Result, Unwritable
from ..core.subjects import COLUMNS, DTYPES
from . import options, report
from .section import Section, load

# What the sections of the tour take on two quiet cores.
_SECONDS = {"throughput": 45.0, "memory": 40.0, "convergence": 95.0}
COMPLETE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def run(names: tuple[str, ...], preset: str, output: Path, device: str | None, **replaced: Any) -> int:
    """Measures the sections and writes the report.

    Args:
      names: the sections.
      preset: which settings of each: QUICK, FULL or SMOKE.
      output: the folder in which a new one is made for this run.
      device: `cpu`, `gpu` or `tpu`; None for the one that JAX prefers.
      **replaced: fields of the settings to replace, as text; None leaves one as it is.

    Returns:
      The exit status: 0, 1 if a whole section failed, 2 if a section cannot do what it was asked for, 130 if
      interrupted.
    """
    sections = {name: load(name) for name in names}
    chosen = options.device("--device", device)
    settings = {name: _settings(module, preset, replaced) for name, module in sections.items()}
    written = {name: dataclasses.asdict(one) for name, one in settings.items()}
    with options.refused("--output"):
        result = Result.create(output, environment(chosen, preset == "SMOKE"), written)
    console = report.console()
    if sentence := busy(result.environment):
        console.print(sentence)
    status = COMPLETE
    shown: list[str] = []  # the sections whose tables have been printed
    plan = {name: _SECONDS[name] for name in names if name in _SECONDS} if len(names) > 1 else None
    try:
        with jax.default_device(chosen), Progress(console, plan) as progress:
            for name, module in sections.items():
                progress.section(name)
                try:
                    module.run(settings[name], progress, result.record)
                except Refused as error:
                    status = REFUSED
                    result.record(name, {"failed": str(error)})
                    progress.note(str(error))
                except Exception as error:  # the other sections can still be measured
                    status = FAILED
                    result.record(name, {"failed": repr(error), "traceback": traceback.format_exc()})
                    progress.note(f"{name} failed: {error!r}")
                if not jax.process_index():  # of several processes that measure together the first reports
                    report.show(name, result, console)
                    shown.append(name)
        result.complete = status == COMPLETE
    except KeyboardInterrupt:
        console.print("Interrupted: what has been measured is kept.")
        status = INTERRUPTED
    except Unwritable as error:
        console.print(error)
        return FAILED
    if jax.process_index():
        return status
    return _finished(result, console, shown) or status


def _finished(result: Result, console: Console, shown: list[str]) -> int:
    """Writes what is complete now, and the report; returns a status only if that fails."""
    try:
        result.write()
        report.write(result, console, shown)
    except KeyboardInterrupt:  # a second time
        console.print(f"Interrupted before the report; for that: python -m benchmarks report {result.folder}")
        return INTERRUPTED
    except (Unwritable, OSError) as error:
        console.print(error)
        return FAILED
    return COMPLETE


def _settings(module: Section, preset: str, replaced: dict[str, Any]) -> Any:
    settings = getattr(module.Settings, preset)
    given = {name: value for name, value in replaced.items() if value is not None}
    if "variants" in given:
        given["variants"] = options.names("--variants", given["variants"], module.variant_names())
    if "dtypes" in given:
        given["dtypes"] = options.names("--dtypes", given["dtypes"], DTYPES)
    if "peers" in given:
        given["peers"] = () if given["peers"] == "none" else options.names("--peers", given["peers"], PEERS)
        given["peers_from"] = 0
    if "sizes" in given:
        given["sizes"] = options.sizes("--sizes", given["sizes"], COLUMNS)
    try:
        return dataclasses.replace(settings, **given)
    except ValueError as error:  # what the settings themselves refuse
        raise typer.BadParameter(str(error)) from None
