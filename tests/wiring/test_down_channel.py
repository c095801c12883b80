"""A way to the agency that cannot be opened holds up its own files, and nothing else."""

from datetime import timedelta

import pytest

from scld_core.agency.ports import Parcel
from scld_core.agency.states import ReferralState
from scld_core.errors import Unavailable
from scld_core.services.day.publish import publish
from scld_core.wiring.down import DownChannel
from support.hotspots import NOW
from support.referral_district import DROP, ReferralDistrict

SFTP = """[backends.gentle]
use = "agency-sftp"
host = "sftp.invalid"
username = "library"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="
directory = "in"
password = "env:SCLD_TEST_NO_SUCH_SECRET"
"""


@pytest.mark.parametrize("operation", ["deliver", "delivered"])
def test_it_says_so_whenever_it_is_asked(operation):
    """No file leaves, and the reason is the one that kept it from being opened."""
    channel, more = DownChannel("gentle", "the secret is missing"), {"key": "k"} if operation == "deliver" else {}
    with pytest.raises(Unavailable, match=rf"^gentle\.{operation}: could not be opened: the secret is missing"):
        getattr(channel, operation)(Parcel("a.csv", b"a"), **more)


def test_the_rest_of_the_day_is_done_and_the_file_waits_with_its_bytes(tmp_path):
    """Hotspots are done; nobody is charged; once the way is there the same file goes, then fee, flag and block."""
    district = ReferralDistrict.make(tmp_path / "d", channel=SFTP)
    with district.at(NOW) as desk:
        result = desk.day.run()
        page = publish(result, desk).report.read_text(encoding="utf-8")
        facts = district.facts(desk)
    assert any(receipt.step not in _sends(facts) for receipt in result.receipts)  # the hotspots had their turn
    assert "could not be opened" in page
    ((number, name, sha256, told),) = facts["files"]
    assert (number, told, facts["fees"][0][1]) == (1, False, 0)
    assert all(state != ReferralState.ACTIVE.value for _, state, _ in facts["episodes"])
    toml = district.folder / "district.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(SFTP, DROP), encoding="utf-8")
    later = NOW + timedelta(minutes=30)
    with district.at(later) as desk:
        assert desk.day.run().residual == 0
        again = district.facts(desk)
    assert again["files"] == [[number, name, sha256, True]]
    assert list(district.sent()) == [name]
    assert district.touched(1, later) == (1, True, True)


def _sends(facts):
    return {record["id"] for record in facts["records"]}
