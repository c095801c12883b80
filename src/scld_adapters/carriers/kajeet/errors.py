"""Kajeet's explanation of a refusal. Its codes are not published: the HTTP status alone decides the error."""

from __future__ import annotations

from scld_adapters._shared.faults import quotable
from scld_adapters._shared.http import Response
from scld_adapters._shared.jsonwire import WireProblem, as_table, read_json

__all__ = ["explanation"]


def explanation(response: Response, *, secrets: tuple[str, ...]) -> str:
    """The message of an error body, quotable and with our secrets masked; empty when there is none."""
    try:
        table = as_table(read_json(response.body), "the body")
    except WireProblem:
        return ""
    words = next((table[name] for name in ("message", "error") if isinstance(table.get(name), str)), "")
    return quotable(words, secrets=secrets)
