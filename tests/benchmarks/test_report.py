"""The page of results: whole in one file, traceable, honest about bad input, and alive in a browser."""

import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core.pages import RESULTS
from benchmarks.core.results import Result
from benchmarks.core.subjects import OURS, PEER
from tests.support.timed import invoke, pair

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
ENVIRONMENT = {
    "backend": "cpu",
    "device": "cpu",
    "cpu": "A processor",
    "cores": 8,
    "load_average": [0.5, 0.5, 0.5],
    "jax": "0.10.2",
    "jaxrelu": "0.1.0",
    "commit": "c0ffee",
    "dirty": False,
    "date": "2026-11-27",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A result folder with figures of speed and memory."""
    return a_run(tmp_path / "runs", {})


def a_run(output: Path, environment: dict[str, Any]) -> Path:
    result = Result.create(output, {**ENVIRONMENT, **environment}, {})
    for variant, ratio in (("relu", 1.5), ("gelu", 0.25), ("silu", 0.5)):
        for mode, row in itertools.product(("forward", "value_and_gradient"), pair(variant, ratio)):
            result.record("throughput", {**row, "mode": mode, "gb_per_s": 10.0, "share_of_copy": 0.5})
        for library, kept in ((OURS, 4.0), (PEER, 16.0)):
            case = {"variant": variant, "library": library, "kind": "kept", "dtype": "float32"}
            result.record("memory", {**case, "bytes_per_element": kept})
    result.complete = True
    result.write()
    return result.folder


class ReadPage(HTMLParser):
    """What a test reads of a page: the tags, and the text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._silent = "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else f"{data}\n"


def written(tmp_path: Path, *results: Path) -> str:
    target = tmp_path / "page.html"
    done = invoke("report", *results, "--html", target)
    assert done.exit_code == 0, done.output
    return target.read_text()


def test_the_page_says_what_was_measured_where(run: Path, tmp_path: Path) -> None:
    page = ReadPage(written(tmp_path, run, RESULTS / "card-h200.json"))
    for said in ("A processor, 8 cores", "NVIDIA H200", "commit: c0ffee", "jax 0.10.2", "complete"):
        assert said in page.text
    assert "gelu 4 where jax.nn keeps 16" in page.text
    assert "slower than jax.nn: relu (1.50)" in page.text
    assert re.search(r"No figures in these results for: .*Training", page.text)
    figures = [
        given for tag, given in page.tags if tag == "td" and (given.get("title") or "").count("c0ffee")
    ]
    assert len(figures) == 6  # three ratios and three times the bytes kept, each with its origin
    assert all(str(run) in (given["title"] or "") for given in figures)


def test_the_page_asks_for_nothing(run: Path, tmp_path: Path) -> None:
    text = written(tmp_path, run)
    page = ReadPage(text)
    policy = next(given["content"] for tag, given in page.tags if given.get("http-equiv"))
    assert policy and policy.startswith("default-src 'none'")
    for tag, given in page.tags:
        assert "src" not in given and tag != "link"
        assert (given.get("href") or "#").startswith("#")
    assert "Plotly" in text


def test_a_run_has_its_page_beside_it(run: Path) -> None:
    assert invoke("report", run).exit_code == 0
    assert {"report.html", "report.md"} <= {path.name for path in run.iterdir()}
    assert "takes" in (run / "report.md").read_text()  # the verdict


def test_a_file_is_read_as_compare_reads_it(run: Path, tmp_path: Path) -> None:
    before = {path.name for path in run.iterdir()}
    done = invoke("report", run / "results.json", "--html", tmp_path / "page.html")
    assert done.exit_code == 0
    assert "Throughput" in done.output
    assert {path.name for path in run.iterdir()} == before  # a committed file has no plots beside it


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema": 1, "comp', "no whole JSON"),
        ('{"name": "another program"}', "there is no schema in it"),
        ('{"schema": 99}', "has schema 99; this reads 1"),
        (None, "No such file"),
    ],
    ids=["truncated", "foreign", "future", "missing"],
)
def test_bad_input_is_refused_with_a_sentence(
    content: str | None, said: str, run: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content)
    done = invoke("report", run, bad, "--html", tmp_path / "page.html")
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
    assert "bad.json" in done.output
    assert not (tmp_path / "page.html").exists()


def test_smoke_and_busy_and_interrupted_results_are_marked(tmp_path: Path) -> None:
    doubtful = a_run(tmp_path, {"smoke": True, "load_average": [9.5, 9, 9], "dirty": True})
    result = Result.read(doubtful)
    result.complete = False
    result.write()
    page = ReadPage(written(tmp_path, doubtful))
    for said in (
        "with doubts",
        "SMOKE RUN",
        "9.5 programs wanted its 8 cores",
        "Not complete",
        "differ from the",
    ):
        assert said in page.text
    printed = invoke("report", doubtful / "results.json", "--html", tmp_path / "page.html").output
    assert "SMOKE RUN: the figures mean nothing)" in " ".join(printed.split())  # in the title of a table


def test_a_section_of_another_version_is_named_and_the_others_shown(run: Path, tmp_path: Path) -> None:
    result = Result.read(run)
    result.record("convergence", {"shape": "unknown"})
    result.record("weather", {"rain": 1})
    page = ReadPage(written(tmp_path, run / "results.json"))
    assert "gelu 4 where jax.nn keeps 16" in page.text


_PROBE = """<script>
const said = {charts: [...document.querySelectorAll(".chart")].map((one) => one.data?.length ?? 0)};
const table = document.querySelector("table"), header = table.tHead.rows[1].cells[1].querySelector("button");
const rows = () => [...table.tBodies[0].rows].filter((row) => !row.hidden);
const names = () => rows().map((row) => row.cells[0].textContent);
header.click(); said.up = names();
header.click(); said.down = names();
const field = document.querySelector(".grid input");
field.value = "ELU"; field.dispatchEvent(new Event("input")); said.filtered = names();
said.fixed = getComputedStyle(table.tBodies[0].rows[0].cells[0]).position;
said.requests = performance.getEntriesByType("resource").length;
said.wider = document.documentElement.scrollWidth > window.innerWidth;
document.body.innerHTML = `<pre id="said">${JSON.stringify(said)}</pre>`;
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason=f"no browser here: {', '.join(BROWSERS)}")
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(width: int, run: Path, tmp_path: Path) -> None:
    """No error, no request, charts with data, tables that sort and filter; at the width of a phone too."""
    probed = tmp_path / "probed.html"
    probed.write_text(written(tmp_path, run).replace("</body>", _PROBE))
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom")
    own = (f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900")
    done = subprocess.run(
        [str(BROWSER), *options, *own, "--virtual-time-budget=5000", probed.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    output = re.search(r'<pre id="said">(.*?)</pre>', done.stdout)
    assert output, done.stderr
    said = json.loads(output.group(1))
    assert said["charts"] and all(said["charts"])
    assert said["up"] == ["gelu", "silu", "relu"] and said["down"] == ["relu", "silu", "gelu"]
    assert said["filtered"] == ["relu", "gelu"]
    assert said["fixed"] == "sticky"
    assert said["requests"] == 0
    assert not said["wider"]
