"""Reports: one value, and the writers that turn it into a page."""

from scld_core.reporting.html import write_html
from scld_core.reporting.model import (
    Badge,
    Callout,
    Cell,
    Column,
    Figure,
    Kind,
    Personal,
    Prose,
    Report,
    Row,
    Section,
    Table,
    Tone,
)

__all__ = [
    "Badge",
    "Callout",
    "Cell",
    "Column",
    "Figure",
    "Kind",
    "Personal",
    "Prose",
    "Report",
    "Row",
    "Section",
    "Table",
    "Tone",
    "write_html",
]
