"""The settings of Sphinx: `sphinx-build -W docs docs/_build/html` writes the site."""

import sys
from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import jaxrelu  # noqa: E402
from docs import site  # noqa: E402

project = "jaxrelu"
author = copyright = "jaxrelu maintainers"
release = jaxrelu.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"jaxrelu {release}"

nb_execution_mode = "off"  # notebooks are stored with their outputs
nb_merge_streams = True  # one box for what a cell prints, however it arrived
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]

# `name` in a docstring is a link where jaxrelu has that name, and code where it has not.
default_role = "py:obj"
add_module_names = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_ivar = True

html_math_renderer = "mathml"
site.write(Path(__file__).parent)


def write_mathml(writer: Any, node: Any, block: bool) -> None:
    """Formulas as MathML, which browsers show by themselves: the site asks no other server for anything."""
    formula = tex2mathml(node.astext(), as_block=block).replace("\\_", "_")  # in \text it is left as it is
    writer.body.append(f'<div class="formula">{formula}</div>' if block else formula)
    raise SkipNode


def setup(app: Sphinx) -> None:
    """Tells Sphinx of what is defined here."""
    inline, block = (
        (lambda writer, node: write_mathml(writer, node, False), None),
        (lambda writer, node: write_mathml(writer, node, True), None),
    )
    app.add_html_math_renderer("mathml", inline_renderers=inline, block_renderers=block)
