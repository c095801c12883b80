"""The sample's agency files in a folder of one's own, and comparing them. Every record is synthetic."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.fast import Engine
from scld_core.kernel.time import FixedClock
from scld_core.policies import parse_profile
from scld_core.sample.agency import write_agency
from scld_core.services.agency.run import Surroundings, reconcile_files
from scld_core.services.agency.sources import Request

MORNING = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
FILES = ("summary.html", "tell-the-agency.csv", "post-to-the-ils.csv", "by-hand.csv", "rows.csv", "quarantine.csv")


def profile(**values):
    """A made-up profile with these keys of the agency's policy."""
    cited = {"source": "made up", "changed_by": "nobody"}
    policy = {key: [{"value": value, **cited}] for key, value in values.items()}
    return parse_profile({"name": "made-up", "title": "Made-up District", "policy": {"agency": policy}}, where="test")


PROFILE = profile(referral_fee_cents=1000, stale_days=180, in_flight_days=14)
"""Everything that a comparison can be told."""


def around(*, days=0, profile=None, progress=None, engine=Engine.AUTO):
    """The surroundings so many days after the sample's morning."""
    more = {"progress": progress} if progress else {}
    return Surroundings(dialects(), FixedClock(MORNING + timedelta(days=days)), ZONE, profile, engine=engine, **more)


class CaseFolder:
    """A folder with the four files; `request` names those that a comparison is given."""

    def __init__(self, folder: Path) -> None:
        write_agency(folder, MORNING)
        self.folder = folder / "agency"
        self.out = folder / "out"

    def path(self, name):
        return self.folder / name

    def request(self, *, agency=True, sent=True, notices=True):
        return Request(
            self.path("ils.csv"),
            self.path("inbound.csv") if agency else None,
            self.path("last-sync.csv") if sent else None,
            self.path("notices.csv") if notices else None,
            sent_dialect="koha-ums-sync" if sent else "",
        )

    def compare(self, request=None, *, to_json=None, **more):
        """One comparison into `out`."""
        return reconcile_files(request or self.request(), self.out, around(**more), to_json=to_json)

    def json(self, request=None, **more):
        """The JSON text of one comparison."""
        text = StringIO()
        self.compare(request, to_json=text, **more)
        return text.getvalue()

    def read(self, name):
        """A CSV result as a program reads it that knows nothing of spreadsheets."""
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def edit(self, name, change):
        """Rewrite an input: `change` is given its text."""
        path = self.path(name)
        path.write_text(change(path.read_bytes().decode()), encoding="utf-8", newline="")
