"""The sample's collection: ILS, agency and the last file between them, messy on purpose. Every value is synthetic."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from attrs import evolve, field, frozen

from scld_core.codecs.beside import manifest_of
from scld_core.kernel.checksum import luhn_digit

__all__ = ["FEE", "STORIES", "Person", "Story", "agency_files", "people", "write_agency"]

_ILS = ("patron_id", "barcodes", "balance", "flagged", "referral_fee", "exempt", "as_of")
_INBOUND = (
    "account",
    "patron_id",
    "cardnumber",
    "name",
    "status",
    "listed_on",
    "balance",
    "last_activity",
    "close_reason",
)
_SENT = ("borrowernumber", "surname", "firstname", "cardnumber", "Due")
_NOTICES = ("patron_id", "item", "kind", "sent_at", "channel", "result", "names_assignment")

_FIRST_PATRON = 70001
_FIRST_ACCOUNT = 880001
FEE = 1000
"""The referral fee, in cents."""
_DAMAGED = "2.9999E+13"


@frozen
class Story:
    """One patron: what each of the three files says, in cents; None where a file does not have the patron.

    `copies` are further patrons of the same kind with other amounts. `second` is the status of another
    account of the patron. `patron_id` and `card` are what the agency has in place of the usual numbers,
    `former` an older card that the ILS knows, `raw` what damages the agency's row.
    """

    tells: str
    ils: int | None = None
    agency: int | None = None
    sent: int | None = None
    flagged: bool = True
    fee: int = FEE
    exempt: bool = False
    status: str = "Open"
    reason: str = ""
    noticed: bool = True
    copies: int = 0
    idle_days: int = 9
    second: str = ""
    former: str = ""
    patron_id: str | None = None
    card: str | None = None
    raw: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def was_referred(self) -> bool:
        """Whether the patron was referred at some time."""
        return bool(self.fee) or self.agency is not None


STORIES: tuple[Story, ...] = (
    Story("in order", 4550, 4550, 4550, copies=23),
    Story("paid here, still open there", 0, 6200, 6200, copies=2),
    Story("paid here, and the last file has told so", 0, 3800, 0, copies=1),
    Story("paid at the agency, still owed here", 5400, 0, 5400, status="Paid in full", reason="Paid", copies=1),
    Story("charged for another lost book", 9650, 6650, 6650),
    Story("waived here", 2100, 4600, 4600, copies=1),
    Story("over a thousand", 123450, 123450, 123450),
    Story("flagged, and nobody there knows the patron", 7700, None, None, copies=1),
    Story("sent, and not on the agency's list", 6900, None, 6900),
    Story("listed, and not in the last file", 5800, 5800, None),
    Story("deleted here", None, 4200, None),
    Story("the flag was lost in an import", 8800, 8800, 8800, flagged=False),
    Story("flagged, and nothing is owed", 0, None, None, fee=0, copies=1),
    Story("closed there, and the flag is left", 0, 0, None, status="Closed", reason="Paid to client"),
    Story("exempt and sent all the same", 4900, 4900, 4900, exempt=True),
    Story("the referral fee was charged twice", 7550, 7550, 7550, fee=2 * FEE),
    Story("the referral fee was never charged", 6100, 6100, 6100, fee=0),
    Story("disputed", 5200, 5200, 5200, status="Disputed"),
    Story("bankrupt", 15900, 15900, 15900, status="Bankruptcy"),
    Story("deceased", 3300, 3300, 3300, status="Deceased"),
    Story("no notice that names the agency", 4400, 4400, 4400, noticed=False),
    Story("nothing done for a year", 4100, 4100, 4100, idle_days=400),
    Story("a new card; the agency has the old one", 5600, 5600, 5600, former="old", patron_id="", card="old"),
    Story("two records merged into one", 6300, 6300, None, former="merged", patron_id="69990", card="merged"),
    Story("a status word nobody knows", 4700, 4700, 4700, status="Skip trace"),
    Story("a card number that a spreadsheet has damaged", 4300, 4300, 4300, patron_id="", card=_DAMAGED),
    Story("an amount with three decimals", 6050, 6050, 6050, raw={"balance": "60.505"}),
    Story("a date with two digits of the year", 5050, 5050, 5050, raw={"listed_on": "3/1/26"}),
    Story("two open accounts for one patron", 9900, 9900, 9900, second="Open"),
    Story("a card that two records claim", 2500, 2500, None, patron_id="", card="shared", former="shared"),
    Story("and the other record", 2600, None, None, flagged=False, fee=0, former="shared"),
    Story("an older debt, long closed, and a new one", 7100, 7100, 7100, second="Closed"),
    Story("a credit", -1250, None, None, flagged=False, fee=0),
    Story("owes, and was never referred", 1800, None, None, flagged=False, fee=0, copies=14),
    Story("owes nothing", 0, None, None, flagged=False, fee=0, copies=9),
)
"""Every patron of the sample, by what happened."""

_STEP = 25  # cents by which each copy owes more than the one before


def _card(number: int) -> str:
    body = f"29999{number:08d}"  # 9999: no institution's number
    return body + luhn_digit(body)


_FORMER = {"old": _card(90001), "merged": _card(90002), "shared": _card(90003)}


@frozen
class Person:
    """One patron of the snapshot: what is owed, in cents, and what agency and last file say was owed."""

    index: int
    story: Story

    @property
    def number(self) -> str:
        """The record's number."""
        return str(_FIRST_PATRON + self.index)

    @property
    def cards(self) -> tuple[str, ...]:
        """The present card, and a former one that the ILS knows."""
        return (_card(self.index + 1), *filter(None, (_FORMER.get(self.story.former),)))

    @property
    def merged(self) -> str:
        """The record that was merged into this one; blank for none."""
        return self.story.patron_id or "" if self.story.former == "merged" else ""

    @property
    def owed(self) -> int:
        """The balance."""
        return self.story.ils or 0

    @property
    def told(self) -> int:
        """What agency or last file have as the balance, the higher of both; 0 where neither has it."""
        return max(self.story.agency or 0, self.story.sent or 0)


def _everybody() -> Iterator[tuple[int, Story]]:
    """Each patron's index, with the story as it is of that one."""
    index = 0
    for story in STORIES:
        for copy in range(story.copies + 1):
            owed = [_more(side, copy * _STEP) for side in (story.ils, story.agency, story.sent)]
            yield index, evolve(story, ils=owed[0], agency=owed[1], sent=owed[2])
            index += 1


def people() -> tuple[Person, ...]:
    """Everybody whom the ILS snapshot has."""
    return tuple(Person(index, story) for index, story in _everybody() if story.ils is not None)


def _money(cents: int) -> str:
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{part:02}"


@frozen
class _Files:
    """The rows of the four files."""

    now: datetime
    today: date
    ils: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])
    inbound: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])
    sent: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])
    notices: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])

    def add(self, story: Story, index: int) -> None:
        """One patron's rows."""
        number, card = str(_FIRST_PATRON + index), _card(index + 1)
        if story.ils is not None:
            self.ils.append(self._ils(story, number, card))
        if story.agency is not None:
            self.inbound.extend(self._accounts(story, index, number, card))
        if story.sent is not None:
            due = f"{story.sent // 100:,}.{story.sent % 100:02}"
            self.sent.append((number, "SAMPLE", f"Patron {index}", card, due))
        if story.noticed and story.was_referred and story.ils is not None:
            day = self.today - timedelta(days=120 + index % 30)
            self.notices.append((number, "", "bill", day.isoformat(), "mail", "sent", "yes"))

    def _ils(self, story: Story, number: str, card: str) -> tuple[str, ...]:
        cards = ";".join(filter(None, (card, _FORMER.get(story.former, ""))))
        flags = ("yes" if story.flagged else "no", _money(story.fee), "yes" if story.exempt else "no")
        return (number, cards, _money(story.ils or 0), *flags, self.now.isoformat())

    def _accounts(self, story: Story, index: int, number: str, card: str) -> Iterable[tuple[str, ...]]:
        listed = self.today - timedelta(days=60 + index % 25)
        row = {
            "account": f"UM{_FIRST_ACCOUNT + index}",
            "patron_id": number if story.patron_id is None else story.patron_id,
            "cardnumber": card if story.card is None else _FORMER.get(story.card, story.card),
            "name": f"SAMPLE, Patron {index}",
            "status": story.status,
            "listed_on": listed.isoformat(),
            "balance": _money(story.agency or 0),
            "last_activity": (self.today - timedelta(days=story.idle_days)).isoformat(),
            "close_reason": story.reason,
        } | dict(story.raw)
        yield tuple(row[name] for name in _INBOUND)
        if story.second:
            owed = _money(story.agency or 0) if story.second == "Open" else "0.00"
            old = {"account": f"UM{_FIRST_ACCOUNT - 1000 + index}", "status": story.second, "balance": owed}
            yield tuple((row | old)[name] for name in _INBOUND)


def _text(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def agency_files(now: datetime) -> Mapping[str, str]:
    """The four files by name, as they would lie in the folder at `now`; the same on every machine.

    ``ils.csv`` is the ILS snapshot, ``inbound.csv`` the agency's list (dialect agency-export),
    ``last-sync.csv`` what was sent last (dialect koha-ums-sync), ``notices.csv`` the notices.
    """
    files = _Files(now, now.date())
    for index, story in _everybody():
        files.add(story, index)
    return {
        "ils.csv": _text(_ILS, files.ils),
        "inbound.csv": _text(_INBOUND, files.inbound),
        "last-sync.csv": _text(_SENT, files.sent),
        "notices.csv": _text(_NOTICES, files.notices),
    }


def _more(cents: int | None, more: int) -> int | None:
    """Nothing stays nothing: only what is owed differs from copy to copy."""
    return cents + more if cents else cents


def write_agency(folder: Path, now: datetime) -> None:
    """The four files in a new subfolder ``agency`` of the sample district, with what tells that they are of `now`.

    Three of them have no column for it, so each has a manifest beside it, which a copy of the folder keeps.
    """
    target = folder / "agency"
    target.mkdir(exist_ok=True)
    for name, text in agency_files(now).items():
        (target / name).write_text(text, encoding="utf-8", newline="")
        if name != "ils.csv":
            manifest_of(target / name).write_text(f"as_of = {now.isoformat()}\n", encoding="utf-8")
