"""Reports as one self-contained HTML page: for a screen, light or dark, and for paper."""

from __future__ import annotations

from scld_core.errors import MissingExtra
from scld_core.reporting.model import Report

__all__ = ["write_html"]


def write_html(report: Report) -> str:
    """The page's text, to be stored as UTF-8. Equal reports give equal pages.

    It has no script and loads nothing. All text of the report is escaped; personal cells are masked
    unless each carries the audit line of its reveal. Raises MissingExtra without jinja2.
    """
    try:
        from scld_core.reporting._jinja2 import render  # noqa: PLC0415 - jinja2 is an extra
    except ImportError:
        raise MissingExtra("html", "jinja2") from None
    return render(report)
