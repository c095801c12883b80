"""The page's template, filled by jinja2: autoescape on, undefined names refused."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from scld_core.kernel.privacy import MASK
from scld_core.reporting.model import Personal, Report
from scld_core.reporting.words import day_words, instant_words, money_words

__all__ = ["render"]

_TEMPLATE = "report.html.j2"
_UNWRITABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


@cache
def _asset(name: str) -> str:
    return (files("scld_core.reporting") / "templates" / name).read_text(encoding="utf-8")


def _clean(value: object) -> str:
    """Text on one line, without what HTML and UTF-8 cannot carry: control characters and lone surrogates."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(value).splitlines()))


def _unmasked(cell: Personal) -> str:
    return MASK if cell.revealed is None else cell.value


def _is_personal(cell: object) -> bool:
    return isinstance(cell, Personal)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({_TEMPLATE: _asset(_TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # jinja2 leaves the types of these two tables open
    filters = {"clean": _clean, "unmasked": _unmasked, "day": day_words, "money": money_words}
    environment.filters.update(filters)  # pyright: ignore[reportUnknownMemberType]
    environment.tests["personal"] = _is_personal  # pyright: ignore[reportUnknownMemberType]
    return environment


def _policy(css: str) -> str:
    """Nothing may load or run; the one style sheet is allowed by its own hash."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(report: Report) -> str:
    """The report as one HTML page."""
    css = _asset("report.css")

    def instant(moment: datetime) -> str:
        return instant_words(moment, report.zone, year=report.business_day.year)

    page = _environment().get_template(_TEMPLATE)
    return page.render(report=report, instant=instant, css=Markup(css), policy=_policy(css))  # noqa: S704 - our own sheet
