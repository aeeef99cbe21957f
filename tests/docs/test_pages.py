"""The examples of the pages run, and the generated parts of the pages are up to date."""

import doctest
import importlib.util
from pathlib import Path

import jax
import pytest

ROOT = Path(__file__).resolve().parents[2]

specification = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert specification is not None and specification.loader is not None
generate = importlib.util.module_from_spec(specification)
specification.loader.exec_module(generate)


@pytest.mark.parametrize("page", generate.PAGES)
def test_pages_are_up_to_date(page):
    assert (ROOT / page).read_text() == generate.written(page), "run python docs/generate.py"


@pytest.mark.parametrize("page", ["README.md", "docs/quantized.md"])
def test_examples(page):
    # Flax and optax are written for JAX's standard promotion of dtypes and ranks.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        failed, tried = doctest.testfile(str(ROOT / page), module_relative=False)
    assert tried > 8
    assert not failed
