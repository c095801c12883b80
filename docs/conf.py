"""How Sphinx builds these pages: ``tox -e docs``, or ``sphinx-build -W -b html docs OUT``."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

from pygments.lexers.special import TextLexer

project = "scld"
author = "The scld developers"
project_copyright = "2026, The scld developers"
version = release = installed("scld")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
default_role = "literal"  # docstrings write `name` for what is code
python_use_unqualified_type_names = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
toc_object_entries = False

html_theme = "furo"
html_title = f"scld {release}"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["tables.css"]


sys.path.insert(0, str(Path(__file__).parent))

from markup import entries  # noqa: E402 - beside this file


def _list_entries(*told):
    """Show the entries ``key: meaning`` of a docstring as a list."""
    lines = told[-1]
    parts = "\n".join(lines).split("\n\n")
    shown = [[f"* {', '.join(f'``{k}``' for k in keys)}: {text}" for keys, text in entries(part)] for part in parts]
    lines[:] = "\n\n".join("\n".join(new) or old for new, old in zip(shown, parts, strict=True)).splitlines()


def _hide_factories(*told):
    """A default that is made anew each time has no text worth reading."""
    *_, signature, returns = told
    return signature and signature.replace("= NOTHING", "= ..."), returns


def setup(app):
    """Show Mermaid diagrams as the text they are: nothing is loaded from elsewhere to draw them."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("autodoc-process-docstring", _list_entries)
    app.connect("autodoc-process-signature", _hide_factories)
