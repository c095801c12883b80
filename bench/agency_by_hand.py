"""The comparison of two files as one would write it without a library: csv and dicts, and SQL.

Both find the same kinds as the library's comparison; neither keeps evidence, other kinds beside the
first, or the reason of a row that cannot be used.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bench.agency_files import FEE

__all__ = ["Found", "by_dicts", "by_sql"]

Found = tuple[list[tuple[str, str, str]], dict[str, int]]
"""Patron, account and kind of every row that differs, in order; how many of each kind."""

Row = tuple[int, bool, int, bool]
"""Balance, flagged, referral fee and exempt."""

AMOUNT = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?")
DAMAGED = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?[eE][-+][0-9]+")
WORDS = {"yes": True, "true": True, "1": True, "y": True, "t": True}
WORDS |= {"no": False, "false": False, "0": False, "n": False, "f": False, "": False}
STATUSES = frozenset({"open", "paid", "closed", "disputed", "bankrupt", "deceased"})
HOLDS = {"deceased": "DECEASED", "bankrupt": "BANKRUPT", "disputed": "DISPUTED"}


# csv and dicts.


def cents(text: str) -> int:
    """An amount, exactly."""
    if not AMOUNT.fullmatch(text):
        raise ValueError(text)
    whole, _, part = text.partition(".")
    return int(whole + (part + "00")[:2])


def check(number: str) -> str:
    """A number that no spreadsheet has spoilt."""
    if not number.isalnum() and (DAMAGED.fullmatch(number) or not number.isprintable()):
        raise ValueError(number)
    return number


def records(path: Path, columns: list[str]) -> Iterator[list[str]]:
    """The cells of these columns, row by row."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader)
        places = [header.index(name) for name in columns]
        width = len(header)
        for cells in reader:
            if len(cells) != width:
                raise ValueError(path)
            yield [cells[at].strip() for at in places]


class Dicts:
    """The agency's list in dicts, and what the ILS says of it."""

    def __init__(self) -> None:
        self.accounts: dict[str, tuple[str, str, str, int, Any, Any, str, str]] = {}
        self.by_patron: dict[str, str] = {}
        self.by_card: dict[str, str] = {}
        self.twice: set[str] = set()
        self.unread: set[str] = set()  # numbers of rows that cannot be used
        self.owner: dict[str, str] = {}
        self.tied: set[str] = set()
        self.kinds: dict[str, tuple[str, str]] = {}  # of patrons: account and kind
        self.counts: dict[str, int] = {}
        self.seen: set[str] = set()

    def list_accounts(self, path: Path) -> None:
        names = ["account", "patron_id", "cardnumber", "name", "status"]
        names += ["listed_on", "balance", "last_activity", "close_reason"]
        for account, patron, card, name, status, listed, balance, last, reason in records(path, names):
            try:
                for number in (account, patron, card):
                    check(number)
                if status.lower() not in STATUSES or not account:
                    raise ValueError(status)  # noqa: TRY301
                row = (
                    patron,
                    card,
                    status.lower(),
                    cents(balance),
                    date.fromisoformat(listed) if listed else None,
                    date.fromisoformat(last) if last else None,
                    name,
                    reason,
                )
            except ValueError:
                self.unread.update(filter(None, (patron, card)))
                continue
            if account in self.accounts:
                self.twice.add(account)
                continue
            self.accounts[account] = row
            for number, known in ((patron, self.by_patron), (card, self.by_card)):
                if number and known.setdefault(number, account) != account:
                    self.tied |= {account, known[number]}

    def take_patrons(self, path: Path) -> None:  # noqa: C901 - one loop, for its speed
        names = ["patron_id", "barcodes", "balance", "flagged", "referral_fee", "exempt", "as_of"]
        by_patron, by_card, owner, moments = self.by_patron, self.by_card, self.owner, {}
        for patron, barcodes, balance, flagged, fee, exempt, as_of in records(path, names):
            cards = [check(card.strip()) for card in barcodes.split(";")] if barcodes else []
            try:
                if not check(patron):
                    raise ValueError(patron)  # noqa: TRY301
                row = cents(balance), WORDS[flagged.lower()], cents(fee or "0"), WORDS[exempt.lower()]
                if as_of not in moments:
                    moments[as_of] = datetime.fromisoformat(as_of)
            except (ValueError, KeyError):
                self.unread.update((patron, *cards))
                continue
            if patron in self.seen:
                raise ValueError(patron)
            self.seen.add(patron)
            own = by_patron.get(patron)
            hits = {own} if own is not None else set()
            for card in cards:
                if (at := by_card.get(card)) is not None:
                    hits.add(at)
                if (at := by_patron.get(card)) is not None:
                    hits.add(at)
            if not hits:
                self.alone(patron, row)
                continue
            at = next(iter(hits))
            if len(hits) > 1 or owner.setdefault(at, patron) != patron:
                self.tied |= hits
                for one in hits:
                    self.kinds[owner.get(one, patron)] = "", "IDENTITY_AMBIGUOUS"
                self.kinds[patron] = "", "IDENTITY_AMBIGUOUS"
                continue
            account = self.accounts[at]
            changed = account[0] != patron and (account[0] != "" or account[1] != cards[0])
            if kind := self.kind(account, row, changed=changed):
                self.kinds[patron] = at, kind

    def alone(self, patron: str, row: Row) -> None:
        """A patron of whom the agency knows nothing."""
        owed, flagged, fee, _ = row
        if not flagged and not fee:
            self.counts["NOT_REFERRED"] = self.counts.get("NOT_REFERRED", 0) + 1
        elif owed > 0:
            self.kinds[patron] = "", "ILS_ONLY"
        elif flagged:
            self.kinds[patron] = "", "FLAG_ONLY"
        else:
            self.counts["MATCH"] = self.counts.get("MATCH", 0) + 1

    def kind(self, account: tuple, row: Row, *, changed: bool) -> str:
        """What is the matter, by precedence; blank for nothing."""
        owed, flagged, fee, exempt = row
        status, theirs = account[2], account[3]
        if status in ("paid", "closed"):
            if owed > 0 and (flagged or fee):
                return "PAID_AGENCY_OPEN_ILS" if status == "paid" else "ILS_ONLY"
            return "BLOCK_STALE" if owed <= 0 and flagged else ""
        if status in HOLDS:
            return HOLDS[status]
        if exempt:
            return "EXEMPT_BUT_SENT"
        if owed <= 0:
            return "PAID_ILS_OPEN_AGENCY"
        if owed != theirs and theirs <= 0 and (flagged or fee):
            return "PAID_AGENCY_OPEN_ILS"
        if not flagged:
            return "REFERRAL_WITHOUT_FLAG" if fee else "AGENCY_ONLY"
        if owed != theirs:
            return "BALANCE_HIGHER_ILS" if owed > theirs else "BALANCE_HIGHER_AGENCY"
        if fee >= 2 * FEE or not fee:
            return "FEE_DUPLICATE" if fee else "FEE_MISSING"
        return "IDENTITY_CHANGED" if changed else ""

    def result(self) -> Found:
        """Everything that differs, and the counts."""
        rows = [(patron, account, kind) for patron, (account, kind) in self.kinds.items()]
        matched = len(self.owner) - sum(account != "" for account, _ in self.kinds.values())
        for key, account in self.accounts.items():
            if key in self.tied:
                rows.append(("", key, "IDENTITY_AMBIGUOUS"))
                matched -= key in self.owner
            elif key not in self.owner:
                if account[0] in self.unread or account[1] in self.unread:
                    rows.append(("", key, "MALFORMED"))
                elif account[2] in ("paid", "closed"):
                    matched += 1
                else:
                    rows.append(("", key, HOLDS.get(account[2], "AGENCY_ONLY")))
        self.counts["MATCH"] = self.counts.get("MATCH", 0) + matched
        for *_, kind in rows:
            self.counts[kind] = self.counts.get(kind, 0) + 1
        return sorted(rows), self.counts


def by_dicts(ils: Path, agency: Path) -> Found:
    """Two loops and some dicts."""
    found = Dicts()
    found.list_accounts(agency)
    if found.twice:
        raise ValueError(found.twice)
    found.take_patrons(ils)
    return found.result()


# SQL.

SQL = """
CREATE TABLE ils AS SELECT
    trim(patron_id) AS patron, trim(barcodes) AS barcodes,
    CASE WHEN regexp_full_match(balance, '{amount}') THEN try_cast(balance AS DECIMAL(15, 2)) END AS owed,
    CASE WHEN lower(flagged) IN ('yes', 'true', '1', 'y', 't') THEN true
         WHEN lower(flagged) IN ('no', 'false', '0', 'n', 'f', '') THEN false END AS flagged,
    CASE WHEN referral_fee = '' THEN 0
         WHEN regexp_full_match(referral_fee, '{amount}') THEN try_cast(referral_fee AS DECIMAL(15, 2)) END AS fee,
    CASE WHEN lower(exempt) IN ('yes', 'true', '1', 'y', 't') THEN true
         WHEN lower(exempt) IN ('no', 'false', '0', 'n', 'f', '') THEN false END AS exempt,
    try_cast(as_of AS TIMESTAMPTZ) AS as_of
FROM read_csv('{ils}', header = true, all_varchar = true, nullstr = '\\N');
CREATE TABLE agency AS SELECT
    trim(account) AS account, trim(patron_id) AS patron, trim(cardnumber) AS card, name, lower(status) AS status,
    CASE WHEN regexp_full_match(listed_on, '{day}') THEN try_cast(listed_on AS DATE) END AS listed,
    CASE WHEN regexp_full_match(balance, '{amount}') THEN try_cast(balance AS DECIMAL(15, 2)) END AS owed,
    CASE WHEN regexp_full_match(last_activity, '{day}') THEN try_cast(last_activity AS DATE) END AS active,
    (listed_on <> '' AND listed IS NULL) OR (last_activity <> '' AND active IS NULL) AS undated, close_reason
FROM read_csv('{agency}', header = true, all_varchar = true, nullstr = '\\N');
CREATE TABLE unread AS SELECT patron AS number, barcodes FROM ils
    WHERE owed IS NULL OR flagged IS NULL OR fee IS NULL OR exempt IS NULL OR as_of IS NULL OR patron = ''
    OR regexp_full_match(patron, '{damaged}') OR regexp_matches(barcodes, '(^|;){damaged}($|;)');
DELETE FROM ils WHERE patron IN (SELECT number FROM unread);
CREATE TABLE numbers AS SELECT patron, unnest(string_split(barcodes, ';')) AS number FROM ils;
CREATE TABLE hits AS SELECT DISTINCT patron, account FROM (
    SELECT i.patron, a.account FROM ils i JOIN agency a ON a.patron = i.patron
    UNION ALL SELECT n.patron, a.account FROM numbers n JOIN agency a ON a.card = n.number AND a.card <> ''
    UNION ALL SELECT n.patron, a.account FROM numbers n JOIN agency a ON a.patron = n.number AND a.patron <> '');
CREATE TABLE tied AS SELECT account FROM hits GROUP BY account HAVING count(*) > 1
    UNION SELECT account FROM hits WHERE patron IN (SELECT patron FROM hits GROUP BY patron HAVING count(*) > 1);
CREATE TABLE joined AS SELECT coalesce(i.patron, '') AS patron, coalesce(a.account, '') AS account,
    CASE
        WHEN h.account IN (SELECT account FROM tied) THEN 'IDENTITY_AMBIGUOUS'
        WHEN i.patron IS NULL AND (a.patron IN (SELECT number FROM unread) OR a.card IN (
            SELECT unnest(string_split(barcodes, ';')) FROM unread)) THEN 'MALFORMED'
        WHEN a.status = 'deceased' THEN 'DECEASED'
        WHEN a.status = 'bankrupt' THEN 'BANKRUPT'
        WHEN a.status = 'disputed' THEN 'DISPUTED'
        WHEN i.patron IS NULL THEN CASE WHEN a.status IN ('paid', 'closed') THEN 'MATCH' ELSE 'AGENCY_ONLY' END
        WHEN a.account IS NULL THEN CASE
            WHEN NOT i.flagged AND i.fee = 0 THEN 'NOT_REFERRED'
            WHEN i.owed > 0 THEN 'ILS_ONLY'
            WHEN i.flagged THEN 'FLAG_ONLY' ELSE 'MATCH' END
        WHEN a.status IN ('paid', 'closed') THEN CASE
            WHEN i.owed > 0 AND (i.flagged OR i.fee > 0)
                THEN CASE a.status WHEN 'paid' THEN 'PAID_AGENCY_OPEN_ILS' ELSE 'ILS_ONLY' END
            WHEN i.owed <= 0 AND i.flagged THEN 'BLOCK_STALE' ELSE 'MATCH' END
        WHEN i.exempt THEN 'EXEMPT_BUT_SENT'
        WHEN i.owed <= 0 THEN 'PAID_ILS_OPEN_AGENCY'
        WHEN a.owed <= 0 AND (i.flagged OR i.fee > 0) THEN 'PAID_AGENCY_OPEN_ILS'
        WHEN NOT i.flagged THEN CASE WHEN i.fee > 0 THEN 'REFERRAL_WITHOUT_FLAG' ELSE 'AGENCY_ONLY' END
        WHEN i.owed > a.owed THEN 'BALANCE_HIGHER_ILS'
        WHEN i.owed < a.owed THEN 'BALANCE_HIGHER_AGENCY'
        WHEN i.fee = 0 THEN 'FEE_MISSING'
        WHEN i.fee >= 2 * {fee} THEN 'FEE_DUPLICATE'
        WHEN a.patron <> i.patron AND (a.patron <> '' OR a.card <> string_split(i.barcodes, ';')[1])
            THEN 'IDENTITY_CHANGED'
        ELSE 'MATCH' END AS kind
FROM ils i LEFT JOIN hits h ON h.patron = i.patron FULL JOIN agency a ON a.account = h.account;
CREATE TABLE rows AS
    SELECT patron, account, kind FROM joined WHERE kind <> 'IDENTITY_AMBIGUOUS'
    UNION SELECT patron, '', kind FROM joined WHERE kind = 'IDENTITY_AMBIGUOUS'
    UNION SELECT '', account, kind FROM joined WHERE kind = 'IDENTITY_AMBIGUOUS';
"""
_UNIQUE = (
    "SELECT patron FROM ils GROUP BY patron HAVING count(*) > 1",
    "SELECT account FROM agency GROUP BY account HAVING count(*) > 1",
    """SELECT account FROM agency WHERE owed IS NULL OR undated OR account = ''
    OR status NOT IN ('open', 'paid', 'closed', 'disputed', 'bankrupt', 'deceased')
    OR regexp_full_match(account, '{damaged}')
    OR regexp_full_match(patron, '{damaged}') OR regexp_full_match(card, '{damaged}')""",
)


def by_sql(ils: Path, agency: Path) -> Found:
    """Two tables, their joins and one CASE."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        filled = {
            "ils": ils,
            "agency": agency,
            "fee": FEE / 100,
            "amount": AMOUNT.pattern,
            "damaged": DAMAGED.pattern,
            "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        }
        connection.execute(SQL.format(**filled))
        for query in _UNIQUE:
            if found := connection.execute(query.format(**filled)).fetchall():
                raise ValueError(found)
        counts = connection.execute("SELECT kind, count(*) FROM rows GROUP BY kind").fetchall()
        wanted = "SELECT * FROM rows WHERE kind NOT IN ('MATCH', 'NOT_REFERRED') ORDER BY ALL"
        return connection.execute(wanted).fetchall(), dict(counts)
