"""The pages: their examples run, their links lead somewhere, and their generated parts are up to date."""

import doctest
import functools
import re
from pathlib import Path

import jax
import pytest

import jaxrelu
from docs import gallery, generate, reference, site

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ("*.md", "tables/*.md")  # other folders of docs/ are written when the site is built
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
WRITTEN += [page for pattern in COMMITTED for page in sorted((ROOT / "docs").glob(pattern))]
WRITTEN = [page for page in WRITTEN if page.name != "gallery.md"]
LONGEST = 300  # lines, of a page that people read from beginning to end

WITH_EXAMPLES = [page for page in WRITTEN if ">>> " in page.read_text() and page.name != "CONTRIBUTING.md"]


@functools.cache
def all_pages() -> dict[Path, str]:
    """Beside the written pages those that the build of the site writes, and the text of the notebooks."""
    built = {ROOT / "docs" / path: text for path, text in site.pages().items()}
    told = {script: told_by(script) for script in sorted((ROOT / "notebooks").glob("*.py"))}
    return built | told | {page: page.read_text() for page in WRITTEN}


def told_by(script: Path) -> str:
    """What the notebook of a percent script says between its code."""
    lines = script.read_text().splitlines()
    return "\n".join(line.removeprefix("# ") for line in lines if line.startswith("# "))


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", generate.PAGES)
def test_pages_are_up_to_date(page: str) -> None:
    assert (ROOT / page).read_text() == generate.written(page), "run python docs/generate.py"


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=named)
def test_examples(page: Path) -> None:
    if "equinox" in page.name:
        pytest.importorskip("equinox")
    before = jaxrelu.catalogue()
    # Flax and optax are written for JAX's standard promotion of dtypes and ranks.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        failed, tried = doctest.testfile(str(page), module_relative=False)
    for name in jaxrelu.catalogue().keys() - before:
        del jaxrelu._catalogue.lookup._CATALOGUE[name]
    assert tried >= 3
    assert not failed


def test_every_page_with_code_for_users_has_examples() -> None:
    without = [
        named(page) for page in WRITTEN if "```python" in page.read_text() and page not in WITH_EXAMPLES
    ]
    assert without == []


@pytest.mark.parametrize("page", [page for page in WRITTEN if page.parent.name != "tables"], ids=named)
def test_no_page_is_too_long(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= LONGEST


def links(text: str) -> list[str]:
    """The targets of the links and pictures of a page, those outside the repository left out."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [target for target in targets if not target.startswith(("http", "mailto"))]


def anchors(text: str) -> set[str]:
    """The headings of a page as GitHub and Sphinx name them in links."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it."""
    dead = []
    for link in links(all_pages()[page]):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        drawn = target.parent.name == gallery.FOLDER and target.suffix == ".svg"
        there = target in all_pages() or target.exists() or drawn
        if not there or (anchor and anchor not in anchors(all_pages()[target])):
            dead.append(link)
    return dead


def test_links_lead_somewhere() -> None:
    dead = {named(page): dead_links(page) for page in all_pages()}
    assert {page: those for page, those in dead.items() if those} == {}


def test_a_dead_link_is_seen() -> None:
    assert links("See [here](nowhere.md#x), `[not](this)` and [far](https://example.com).") == [
        "nowhere.md#x"
    ]
    assert anchors("# One two\n## `f(x)`, y") == {"one-two", "fx-y"}


@pytest.mark.parametrize("page", reference.MODULES)
def test_every_public_name_has_an_entry(page: str) -> None:
    module = reference.MODULES[page]
    entries = re.findall(r"^\.\. auto\w+:: (\w+)$", reference.pages()[f"api/{page}.md"], re.MULTILINE)
    public = {name for name in vars(module) if not name.startswith("_")} & set(reference.public_names(module))
    assert public <= set(entries)
    if page == "functions":
        assert {row.function.__name__ for row in jaxrelu.catalogue().values()} <= set(entries)


@pytest.mark.parametrize("name", jaxrelu.catalogue())
def test_snippets_of_the_gallery_run(name: str) -> None:
    row = jaxrelu.catalogue()[name]
    for snippet in (gallery.nnx_snippet(row), gallery.linen_snippet(row)):
        result: dict[str, jax.Array] = {}
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            exec(f"{gallery.function_snippet(row)}\n{snippet}", result)
        assert result["y"].dtype == result["x"].dtype
        assert bool(jax.numpy.isfinite(result["y"]).all())


@pytest.mark.parametrize("name", jaxrelu.catalogue())
def test_pages_of_the_gallery_have_all_facts(name: str) -> None:
    text = all_pages()[ROOT / "docs" / gallery.FOLDER / f"{name}.md"]
    for part in ("$$", "kept for the backward pass", "## Error", "## Time", "## Papers\n\n- "):
        assert part in text, part
    low, high = gallery.interval(jaxrelu.catalogue()[name])
    assert all(low < kink < high for kink in jaxrelu.catalogue()[name].kinks)
