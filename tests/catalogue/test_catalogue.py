"""The catalogue, the public names, and the docstrings: complete, in order, and run."""

import doctest
import importlib.resources
import inspect
import re
import subprocess
import sys
from xml.etree import ElementTree

import jax
import pytest

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from references.lookup import REFERENCES
from references.units import UNITS

ROWS = jaxrelu.catalogue()
PUBLIC = {name: value for name, value in vars(jaxrelu).items() if not name.startswith("_")}
PUBLIC = {name: value for name, value in PUBLIC.items() if not inspect.ismodule(value)}
# What is public and no variant: the look-up, the transformations, and what makes functions.
TOOLS = {"Variant", "catalogue", "get", "register", "forward_mode", "with_residual"}
TOOLS |= {"packed", "polynomial_relu", "PolynomialRelu"}
VARIANTS = {name: value for name, value in PUBLIC.items() if name not in TOOLS}
MODULES = {
    f"{home.__name__}.{name}": getattr(home, name)
    for home in (jaxrelu.nnx, jaxrelu.linen)
    for name in home.__all__
}
EVERYTHING = {**PUBLIC, **MODULES}


def document(value):
    return inspect.getdoc(inspect.unwrap(value)) or ""


def test_public_functions_are_those_of_the_catalogue():
    functions = {row.function.__name__: row.function for row in ROWS.values()}
    without = sorted({value.__name__ for value in VARIANTS.values()} - set(functions))
    assert not without, f"public, without a row in the catalogue: {', '.join(without)}"
    assert all(VARIANTS[name] is function for name, function in functions.items())


def test_every_row_has_a_reference_and_every_reference_a_row():
    missing = set(ROWS) - set(REFERENCES) - set(UNITS)
    assert not missing, f"add the reference of {', '.join(missing)} to references/"
    assert not (set(REFERENCES) | set(UNITS)) - set(ROWS)


def test_a_notebook_shows_the_catalogue_as_a_table():
    page = jaxrelu.catalogue()._repr_html_()
    root = ElementTree.fromstring(page)  # well-formed, whatever a formula is made of
    lines = [row.findall("td") for row in root.iter("tr") if row.find("td") is not None]
    shown = [cells[0].text for cells in lines]
    assert shown == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_complete(name):
    row = ROWS[name]
    assert row.name == name
    assert all(len(text) > 3 for text in (row.family, row.formula, row.reference))
    first, *others = inspect.signature(row.function).parameters.values()
    assert first.name == ("gate" if row.partners else "x")
    assert {p.name for p in others if p.default is p.empty} == {*row.example, *row.partners}
    assert set(row.arguments) <= {p.name for p in others}
    assert row.peer is None or hasattr(jax.nn, row.peer)
    assert row.residuals[0] in ("mask", "input", "output")


def test_the_catalogue_is_a_copy():
    jaxrelu.catalogue().clear()
    assert list(jaxrelu.catalogue()) == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_get(name):
    row = ROWS[name]
    got = jaxrelu.get(name)
    x = jax.numpy.linspace(-2.0, 2.0, 8)
    operands = (x, *(x for _ in row.partners))
    want = row.function(*operands, **row.arguments, **row.example)
    assert (got(*operands, **row.example) == want).all()
    if not row.arguments:
        assert got is row.function


# -- docstrings ------------------------------------------------------------------------------------

# The order of every docstring. The first sentence stands alone on its line.
SECTIONS = [
    r"\A[A-Z][^\n]*\.\n\n",
    r"^\.\. math::",
    r"\b[Ss]lopes?\b",
    r"^Kept for the backward pass:",
    r"^Args:\n +{first}: ",
    r"^Returns:\n",
    r"^Raises:\n +TypeError: ",
    r"^Examples:\n +>>> ",
    r"^References:\n +\w",
]


@pytest.mark.parametrize("name", VARIANTS)
def test_docstrings_have_their_sections_in_order(name):
    text = document(VARIANTS[name])
    first = next(iter(inspect.signature(VARIANTS[name]).parameters))
    position = 0
    for section in (section.replace("{first}", first) for section in SECTIONS):
        match = re.compile(section, re.MULTILINE).search(text, position)
        assert match, f"{name}: the docstring lacks {section!r}, or has it out of order"
        position = match.end() - 1
    slope_and_kink = text[: text.index("Kept for the backward pass:")]
    assert "NaN" in slope_and_kink
    assert re.search(r"\bkinks?\b", slope_and_kink), (
        f"{name}: say what the slope is at the kink, or that none is"
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_docstrings_describe_every_argument(name):
    text = document(VARIANTS[name])
    arguments = text[text.index("\nArgs:") : text.index("\nReturns:")]
    described = re.findall(r"^  (\w+): ", arguments, re.MULTILINE)
    assert described == list(inspect.signature(VARIANTS[name]).parameters)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_public_name_is_documented(name):
    text = document(EVERYTHING[name])
    assert len(text.splitlines()) >= 3, f"{name} has no docstring"
    assert text.splitlines()[0].endswith(".")
    if name != "Variant":
        assert ">>> " in text, f"{name} has no example"


OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


@pytest.mark.parametrize("name", EVERYTHING)
def test_examples_run(name):
    value = inspect.unwrap(EVERYTHING[name])
    module = importlib.import_module(value.__module__)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    text = inspect.getdoc(value) or ""
    test = doctest.DocTestParser().get_doctest(text, {}, name, inspect.getsourcefile(module), 0)
    report = []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


# -- the import ------------------------------------------------------------------------------------

HEAVY = ("flax", "matplotlib", "numpy.polynomial", "optax", "scipy.stats", "sklearn")


def test_import_brings_in_nothing_that_takes_its_time():
    code = f"import sys, jax; before = set(sys.modules); import jaxrelu; new = set(sys.modules) - before; \
print([name for name in {HEAVY} if name in new])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("part", ["complex_valued", "diagnostics", "initializers", "linen", "masks", "nnx"])
def test_completion_shows_public_names_only(part):
    module = getattr(jaxrelu, part)
    shown = {name: getattr(module, name) for name in dir(module)}
    assert shown
    assert not [name for name in shown if name.startswith("_") or inspect.ismodule(shown[name])]
    assert not [
        name
        for name, value in shown.items()
        if not getattr(value, "__module__", "jaxrelu").startswith("jaxrelu")
    ]


def test_parts_are_imported_when_they_are_first_named():
    code = "import sys, jaxrelu; assert 'flax' not in sys.modules and 'nnx' in dir(jaxrelu); \
print(jaxrelu.nnx.PReLU.__name__, jaxrelu.masks.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PReLU", "jaxrelu.masks"]
    assert not [name for name in dir(jaxrelu) if name.startswith("_") and name != "__version__"]
    with pytest.raises(AttributeError, match="module 'jaxrelu' has no attribute 'rellu'"):
        jaxrelu.rellu  # noqa: B018


def test_the_package_is_typed():
    assert (importlib.resources.files("jaxrelu") / "py.typed").is_file()
