"""How Sphinx builds these pages: ``tox -e docs``, or ``sphinx-build -W -b html docs OUT``."""

from importlib.metadata import version as installed

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
autodoc_default_options = {"members": True, "show-inheritance": False}
toc_object_entries = False

html_theme = "furo"
html_title = f"scld {release}"
html_show_sourcelink = False
html_copy_source = False


def setup(app):
    """Show Mermaid diagrams as the text they are: nothing is loaded from elsewhere to draw them."""
    app.add_lexer("mermaid", TextLexer)
