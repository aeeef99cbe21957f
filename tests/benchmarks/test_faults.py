"""Kills, full disks and broken files: at most the case in progress is lost, and nothing is overwritten."""

import contextlib
import json
import random
import resource
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks import memory
from benchmarks.accuracy.state import FILE as STATE
from benchmarks.command import report
from benchmarks.core.results import FILE, Result, Unwritable, read
from benchmarks.core.subjects import OURS
from tests.benchmarks.killed import trial
from tests.support.timed import invoke, row


def said(result: Any) -> str:
    """The output in one line, without the frame; that it is an exit and no traceback, too."""
    assert isinstance(result.exception, SystemExit), result.exception
    return " ".join(result.output.replace("│", " ").split())


def kept(folder: Path) -> list[int]:
    return [row["number"] for row in read(folder / FILE)["sections"].get("memory", [])]


# -- what stops a run ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_killed_process_loses_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """Fifty trials a signal: `python -m tests.benchmarks.killed`."""
    generator = random.Random(0)
    for k in range(3):
        loss = trial(tmp_path / str(k), generator, number)
        assert loss.said > 0
        assert (loss.lost, loss.corrupted) == (0, False)


def test_rows_of_a_burst_are_in_the_file_at_once(tmp_path: Path) -> None:
    result = Result.create(tmp_path, {}, {})
    for number in range(40):
        result.record("memory", {"number": number})
        assert kept(result.folder) == list(range(number + 1))


def test_row_that_json_cannot_hold_is_refused_alone(tmp_path: Path) -> None:
    result = Result.create(tmp_path, {}, {})
    with pytest.raises(ValueError, match="JSON"):
        result.record("memory", {"number": float("nan")})
    result.record("memory", {"number": 1})
    assert kept(result.folder) == [1]


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can become longer than `room` bytes: the system refuses the rest, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def endless(_: Any, progress: Any, record: Any) -> None:
    """Measures until something stops it, and goes on after every error."""
    for number in range(10**6):
        with contextlib.suppress(Exception):
            record("memory", {"number": number, "text": "x" * 100})


def test_full_disk_ends_the_run_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "run", endless)
    with full_disk(20_000):
        result = invoke("memory", "--smoke", "--output", tmp_path)
    (file,) = tmp_path.glob(f"*/{FILE}")
    assert result.exit_code == 1
    assert f"{file} cannot be written: " in said(result)
    assert file.stat().st_size > 19_000  # whole rows until there was no room
    assert kept(file.parent) == list(range(len(kept(file.parent))))
    assert [path.name for path in file.parent.iterdir()] == [FILE]  # no part of a file is left


def test_folder_that_is_gone_ends_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(settings: Any, progress: Any, record: Any) -> None:
        shutil.rmtree(next(tmp_path.glob("*/")))
        endless(settings, progress, record)

    monkeypatch.setattr(memory, "run", delete)
    result = invoke("memory", "--smoke", "--output", tmp_path)
    assert result.exit_code == 1
    assert f"{FILE} cannot be written: No such file" in said(result)


def test_interrupted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time while the report is written."""

    def measure(settings: Any, progress: Any, record: Any) -> None:
        record("memory", {"number": 0})
        raise KeyboardInterrupt

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(memory, "run", measure)
    monkeypatch.setattr(report, "write", interrupted)
    result = invoke("memory", "--smoke", "--output", tmp_path)
    (folder,) = tmp_path.glob("*/")
    assert result.exit_code == 130
    assert f"python -m benchmarks report {folder}" in said(result)
    assert kept(folder) == [0]


def test_interrupt_while_writing_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = Result.create(tmp_path, {}, {})
    result.record("memory", {"number": 0})

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            result.record("memory", {"number": 1})
    assert kept(result.folder) == [0]
    result.write()
    assert kept(result.folder) == [0, 1]
    assert [path.name for path in result.folder.iterdir()] == [FILE]


def test_runs_of_the_same_second_do_not_mix(tmp_path: Path) -> None:
    """More of them than one would number with two digits, all at once."""

    def one(number: int) -> Path:
        result = Result.create(tmp_path / "new", {}, {})
        result.record("memory", {"number": number})
        return result.folder

    with ThreadPoolExecutor(16) as pool:
        folders = list(pool.map(one, range(150)))
    assert [kept(folder) for folder in folders] == [[number] for number in range(150)]


@pytest.mark.parametrize("where", ["a file", "below a file"])
def test_output_that_is_no_folder_is_refused_before_anything_is_measured(where: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    result = invoke("memory", "--smoke", "--output", file if where == "a file" else file / "results")
    assert result.exit_code == 2
    assert "--output" in said(result) and "cannot be written" in said(result)
    assert file.read_text() == "kept"


def test_result_in_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    result = Result(tmp_path / "none", {}, {})
    with pytest.raises(Unwritable, match=FILE):
        result.record("memory", {"number": 0})


# -- files that are not perfect --------------------------------------------------------------------

_GOOD = {"schema": 1, "complete": True, "environment": {}, "settings": {}, "sections": {}}
_KEPT = {"kind": "kept", "variant": "relu", "library": OURS, "dtype": "float32", "bytes_per_element": 1}
_ROW = row("relu", OURS, [1.0, 1.01, 0.99])


def whole(**changed: Any) -> str:
    return json.dumps({**_GOOD, **changed})


def without(field: str) -> str:
    return json.dumps({name: value for name, value in _GOOD.items() if name != field})


def rows(*given: Any) -> str:
    return whole(sections={"throughput": list(given)})


_NO_RESULT = {
    "empty": "",
    "cut off": rows(_ROW)[:200],
    "null": "null",
    "a list": "[]",
    "nothing": "{}",
    "a number": "5",
    "a text": '"results"',
    "HTML": "<!DOCTYPE html><html></html>",
    "binary": b"\x80\x81\x00\xff",
    "deep": "[" * 100_000,
    "another program's": '{"version": "1.0", "benchmarks": []}',
    "no schema": without("schema"),
    "schema 2": whole(schema=2),
    "schema null": whole(schema=None),
    "schema a list": whole(schema=[1]),
    "no environment": without("environment"),
    "no settings": without("settings"),
    "no sections": without("sections"),
    "no complete": without("complete"),
    "one field more": whole(units="seconds"),
    "sections null": whole(sections=None),
    "sections a list": whole(sections=[]),
    "a section null": whole(sections={"throughput": None}),
    "a section of rows": whole(sections={"throughput": _ROW}),
    "a row null": rows(None),
    "a row a number": rows(_ROW, 5),
    "environment a text": whole(environment="here"),
    "complete a text": whole(complete="yes"),
}
_NO_ROWS = {
    "no variant": {name: value for name, value in _ROW.items() if name != "variant"},
    "no mode": {name: value for name, value in _ROW.items() if name != "mode"},
    "no size": {name: value for name, value in _ROW.items() if name != "size"},
    "no library": {name: value for name, value in _ROW.items() if name != "library"},
    "empty": {},
}
_NO_TIMES = {
    **{
        f"samples {value!r}": {"samples": value}
        for value in ([], None, 5, "1.0", ["1.0"], [1.0, None], [True])
    },
    **{f"samples {value!r}": {"samples": [1.0, value]} for value in (0.0, -1.0, float("nan"), float("inf"))},
    "size a text": {"size": "2^20"},
    "size 0": {"size": 0},
    "executions a text": {"executions": "many"},
}


@pytest.mark.parametrize("command", ["report", "compare"])
@pytest.mark.parametrize("content", _NO_RESULT.values(), ids=_NO_RESULT)
def test_no_result_is_refused_by_name(command: str, content: str | bytes, tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = file.read_bytes()
    result = invoke(command, *[tmp_path] * (1 if command == "report" else 2))
    assert result.exit_code == 2
    assert str(file) in said(result)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("lacking", _NO_ROWS.values(), ids=_NO_ROWS)
def test_report_of_rows_that_lack_something(lacking: dict[str, Any], tmp_path: Path) -> None:
    """The sections that can be read are shown, and the others named."""
    sections = {"throughput": [lacking], "quantum": [_ROW], "core": [_ROW], "memory": [_KEPT]}
    (tmp_path / FILE).write_text(whole(sections=sections))
    result = invoke("report", tmp_path)
    assert result.exit_code == 2
    text = said(result)
    assert f"{tmp_path / FILE} has sections that this version cannot read: throughput (" in text
    assert "quantum (ValueError: there is no experiment of this name" in text
    assert "core (ValueError" in text
    assert "Kept for the backward pass" in text
    assert "## Memory" in (tmp_path / "report.md").read_text()


def test_report_that_cannot_be_written_is_printed(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(whole(sections={"memory": [_KEPT]}))
    (tmp_path / "report.md").mkdir()
    result = invoke("report", tmp_path)
    assert result.exit_code == 2
    assert "report.md cannot be written" in said(result)
    assert "Kept for the backward pass" in said(result)


@pytest.mark.parametrize("fields", _NO_TIMES.values(), ids=_NO_TIMES)
def test_compare_refuses_rows_without_times(fields: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(rows(_ROW, {**_ROW, **fields}))
    result = invoke("compare", tmp_path, tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path / FILE}: timed row 2 of throughput has" in said(result)


@pytest.mark.parametrize("where", ["a file", "another file there"])
def test_compare_does_not_overwrite_what_is_not_pyperfs(where: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(rows(_ROW))
    taken = tmp_path / "first.json"
    taken.write_text("[1, 2]")
    into = taken if where == "a file" else tmp_path
    result = invoke("compare", tmp_path, tmp_path, "--pyperf", into)
    assert result.exit_code == 2
    assert str(taken) in said(result)
    assert taken.read_text() == "[1, 2]"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"identity": "x", "scans": {"relu": {}}}'])
def test_broken_state_of_an_exhaustive_run_is_refused_by_name(content: str, tmp_path: Path) -> None:
    (tmp_path / STATE).write_text(content)
    arguments = ("--smoke", "--exhaustive", "--variants", "relu", "--formats", "float32")
    result = invoke("accuracy", *arguments, "--output", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path / STATE} is no state of an exhaustive run" in said(result)
    assert (tmp_path / STATE).read_text() == content
