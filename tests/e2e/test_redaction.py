"""Whatever a carrier, an ILS or a person writes into free text, no card number is kept, printed or sent."""

import csv
import io
import json
import logging
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from attrs import evolve
from e2e_district import ANNE, BERT, MONDAY, Portal, tick
from e2e_kajeet import KajeetAccount, mdn

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters._shared.http import Headers, Response
from scld_core import Options, open_desk
from scld_core.errors import BackendError
from scld_core.kernel.log import configure
from scld_core.plugins import Redactor, Registry, hookimpl
from scld_core.runs.people import Confirmation
from support.hotspots import device, line

TUESDAY = MONDAY + timedelta(days=1)
OVERDUE = date(2026, 9, 29)
KAJEET, OTHER = (0, 1, 2, 3), (4, 5, 6, 7)
CARDS = tuple(f"2908200012345{n}" for n in range(8))
"""One for each place where it is planted."""

SAID = "Refused: account of card {}, reader@example.org, 509-555-0199"


@pytest.fixture
def account(monkeypatch):
    """Kajeet refuses every change with a reader's card, and calls line 2 by a word that holds one."""
    made = KajeetAccount(monkeypatch, KAJEET)
    row = made.fake.device(mdn(2))
    made.fake.devices[2] = evolve(row, status=f"lent to {CARDS[1]}")
    made.fake.devices.append(evolve(row, mdn=mdn(9), imei=CARDS[2], iccid=None))

    def gossip(request):
        if request.method == "PUT":
            body = json.dumps({"message": SAID.format(CARDS[0])}).encode()
            return Response(422, Headers([("Content-Type", "application/json")]), body)
        return made.fake(request)

    made.server.close()
    made.server = FakeServer(gossip)
    with made.server:
        yield made


@pytest.fixture
def town(found, account, send):
    """0 and 4 are overdue, 3 has a word of the ILS that holds a card, 5 was withdrawn."""
    devices = {**dict.fromkeys(KAJEET, "kajeet"), **dict.fromkeys(OTHER, "portal")}
    town = found({"kajeet": account.table(), "portal": Portal.TABLE}, devices)
    town.transports["kajeet"] = send
    town.lend(0, OVERDUE)
    town.lend(4, OVERDUE)
    town.put(3, f"out on {CARDS[3]}")
    town.put(5, "withdrawn")
    town.extract()
    return town


@pytest.fixture
def heard(caplog):
    """All that is logged, by our handler and by anybody's."""
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    handler = configure(stream, level=logging.DEBUG)
    yield lambda: stream.getvalue() + caplog.text
    for name in ("scld_core", "scld_adapters"):
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(logging.NOTSET)


def noted(worklist, text):
    """The ticked worklist, with a note in every row."""
    rows = list(csv.reader(io.StringIO(tick(worklist, {}, other=("x", "x")).read_text(encoding="utf-8"))))
    body = io.StringIO()
    csv.writer(body).writerows([rows[0], *([*row[:3], text] for row in rows[1:])])
    worklist.write_text(body.getvalue(), encoding="utf-8")
    return worklist


def test_no_card_number_of_a_foreign_text_or_a_note_is_kept_printed_or_logged(town, account, heard):
    """Planted in every free text that comes in, and looked for in everything that the district keeps or says."""
    portal = Portal(town, OTHER)
    portal.words[6] = f"held for {CARDS[4]}"
    portal.export()
    day = town.morning()
    assert ("suspend", 0, "failed") in day.asked
    assert sorted(set(day.exceptions)) == ["carrier_row", "unknown_word", "unreadable"]
    step = town.record("terminate", 5).step.id
    town.approve(step, reason=f"see {CARDS[5]}")
    note = f"spoke to {CARDS[6]}"
    worklist = noted(day.worklist("portal"), note)
    town.confirm(worklist)
    worklist.unlink()  # the operator's own copy
    with town.open() as desk:
        _, test = desk.hotspots.record_test(str(device(7).barcode), passed=True, note=f"for {CARDS[7]}")
        with pytest.raises(BackendError) as refused:
            desk.backends["kajeet"].lines.suspend(line(0), key="k")
        journal = desk.runs.journal()
    town.sleep_until(TUESDAY)
    portal.export()
    later = town.morning()
    for export in portal.folder.iterdir():  # what came from the portal
        export.unlink()
    texts = {
        "folder": town.traces(),
        "journal": repr(journal),
        "records": repr(town.records()),
        "test": repr(test),
        "json": json.dumps([day.json, later.json]),
        "error": repr(refused.value) + later.error,
        "log": heard(),
    }
    for card in CARDS:
        assert [place for place, text in texts.items() if card in text] == []
    for place in ("folder", "journal", "records", "error", "log"):
        assert "Refused: account of card (card number), (e-mail address), (telephone number)" in texts[place]
    assert "spoke to (card number)" in texts["journal"]
    assert "see (card number)" in texts["journal"]
    assert "lent to (card number)" in day.page


def test_a_plugin_s_redactor_sees_the_carrier_s_words_and_the_notes(town, account):
    """What only the library knows to be personal is taken out by its own plugin, at the same places."""
    portal = Portal(town, OTHER)
    portal.export()
    registry = Registry.load()
    words = [Redactor("accounts", lambda text: text.replace("account", "(gone)").replace("Zoe", "(name)"))]
    registry.register(SimpleNamespace(scld_redactors=hookimpl(lambda: words)), "ours")
    options = Options(clock=town.clock, registry=registry, sleep=town.slept.append, transports=town.transports)
    with open_desk(town.folder, actor=BERT, options=options) as desk:
        result = desk.day.run()
        asked = next(r.step for r in result.receipts if r.result == "needs_approval")
        handed = next(r.step for r in result.receipts if r.result == "waiting")
        desk.hotspots.record_test(str(device(7).barcode), passed=True, note="Zoe was here")
    with open_desk(town.folder, actor=ANNE, options=options) as desk:
        desk.runs.confirm([Confirmation(handed, done=True, rechecked=True, note="Zoe asked")], source="w.csv")
    town.edit(lambda text: text.replace('anne = ["associate"]', 'anne = ["supervisor"]'))
    with open_desk(town.folder, actor=ANNE, options=options) as desk:
        desk.runs.approve([asked], reason="Zoe again")
        journal = repr(desk.runs.journal())
    assert "Refused: (gone) of card (card number)" in journal
    assert "(name) asked" in journal
    assert "(name) again" in journal
    assert "Zoe" not in town.traces()
