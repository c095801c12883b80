"""Harnesses of the record of notices over files: the canonical columns and Polaris's layouts. All data is synthetic."""

import os
from zoneinfo import ZoneInfo

from scld_adapters.files.polaris_notices import POLARIS_HISTORY, POLARIS_LOG
from scld_core.codecs.tables import write_csv
from scld_core.kernel.page import Page
from scld_core.notices import CANONICAL, NoticeKind, read_notices
from scld_core.notices.files import COLUMNS
from scld_core.testing.harness import NOTICE_FACTS, Harness, NoticesBench
from scld_core.testing.references import FULL

ZONE = ZoneInfo("America/Los_Angeles")
ASSIGNING = {NoticeKind.BILL}
"""The kinds that name the assignment, in the synthetic record."""

LAYOUTS = (CANONICAL, POLARIS_HISTORY, POLARIS_LOG)
KEPT = {
    "notices": NOTICE_FACTS,
    "polaris-history": ("kind", "channel", "result", "item", "names_assignment", "amount"),
    "polaris-log": ("kind", "channel", "result", "names_assignment"),
}
"""What each layout has columns for."""


class FileNotices:
    """`Notices` over an export that is read anew with each call, as of its own time."""

    def __init__(self, path, layout, world):
        self._path = path
        self._layout = layout
        self._backend = world.context.instance
        self._size = world.page_size

    def iter_notices(self, patron):
        return self._pages(lambda notice: notice.patron == patron)

    def iter_sent(self, since):
        return self._pages(lambda notice: notice.sent_at >= since)

    def _pages(self, wanted):
        file = read_notices(self._path, backend=self._backend, zone=ZONE, layout=self._layout, assigning=ASSIGNING)
        rows = sorted(filter(wanted, file.rows), key=lambda notice: notice.sent_at)
        for start in range(0, max(len(rows), 1), self._size):
            part = tuple(rows[start : start + self._size])
            yield Page(part, file.modified_at, last=start + self._size >= len(rows), total=len(rows))


def word(words, value):
    """How a layout writes a value."""
    return next(text for text, known in words.items() if known is value)


def row_of(one, layout):
    """A notice as the layout's source would export it."""
    local = one.sent_at.astimezone(ZONE)
    cells = {
        "patron_id": one.patron.local,
        "item": one.item.local if one.item else "",
        "kind": word(layout.kinds, one.kind),
        "sent_at": local.strftime(layout.local) if layout.local else local.isoformat(),
        "channel": word(layout.channels, one.channel),
        "result": word(layout.results, one.result),
        "names_assignment": "yes" if one.names_assignment else "no",
        "amount": str(one.amount or ""),
        "template": one.template,
    }
    own = layout.columns or {name: name for name in COLUMNS}
    return {header: cells[name] for name, header in own.items()}


def notices(layout):
    """An export in a layout, made anew whenever the ILS sends something."""

    def make(world):
        sent = list(world.seed.notices)
        path = world.context.folder / "notices.csv"
        headers = tuple(layout.columns.values()) or COLUMNS

        def save():
            path.write_bytes(write_csv([row_of(one, layout) for one in sent], headers))
            now = world.clock.now().timestamp()
            os.utime(path, (now, now))

        def show(notice):
            sent.append(notice)
            save()

        save()
        port = FileNotices(path, layout, world)
        return NoticesBench(notices=port, tells=KEPT[layout.name], show=show, outage=path.unlink)

    return Harness(name=layout.name, port="notices", make=make, capabilities=FULL)
