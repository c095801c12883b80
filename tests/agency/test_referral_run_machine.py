"""The referral run over any history: fee at most once, no effect without receipt, zero until acknowledged."""

import itertools
from datetime import timedelta

import pytest

from scld_core.errors import BackendError
from scld_core.runs.model import Answer, AnswerKind
from support.referral_machine import months, run_months
from support.referrals import Wrapped
from support.stories import play


def test_over_any_months_the_laws_of_referral_hold():
    """Faults before and after, lost answers, dead processes and stale plans: both sides agree in the end."""
    run_months(examples=20)


class Swallowing(Wrapped):
    """A way to the agency whose failure is a line in a log."""

    def deliver(self, parcel, *, key):
        """Done, whatever happened."""
        try:
            return self._port.deliver(parcel, key=key)
        except BackendError:
            return Answer(AnswerKind.DONE)


class Forgetful(Wrapped):
    """A ledger that takes each attempt for a new charge, and knows none again."""

    _number = itertools.count()

    def charge(self, patron, terms, *, key):
        """Once more."""
        return self._port.charge(patron, terms, key=f"{key}-{next(self._number)}")


class Deaf(Wrapped):
    """An agency that closes an account at the first file of it, and hears no later one."""

    def deliver(self, parcel, *, key):
        """What is no new submission is put aside."""
        if "new" in parcel.name:
            return self._port.deliver(parcel, key=key)
        return Answer(AnswerKind.DONE)


def swallowing(world):
    """Koha, older plugin: a failed upload goes into a log record and the run goes on."""
    world.vary(channel=Swallowing(world.agency))


def forgetful(world):
    """Koha, and Polaris: nothing tells an attempt from a second fee."""
    world.vary(fees=Forgetful(world.office.fees))


def unasked(world):
    """All of them: whether the debtor was told is not looked at."""
    world.vary(notices=lambda: lambda local: (world.today - timedelta(days=36),))


def unsent(world):
    """Koha 0.9.12: the update file is not made."""
    world.vary(channel=Deaf(world.agency))


def referred(*, told=True, files=(), ils=()):
    """A month after a debt of patron 1, and a week of mornings with these faults."""
    return "referred", {"number": 1, "told": told, "files": files, "ils": ils}


def test_what_is_taken_back_does_not_go_again_on_the_same_day():
    """Found by chance: the removal went through in the run that then referred the same debt anew."""
    play(months(), referred(), ("take_back", {"number": 1}), ("wait", {"days": 6}))


DEFECTS = [
    pytest.param(swallowing, [referred(files=["before"])], id="swallowing"),
    pytest.param(forgetful, [referred(ils=["after"])], id="forgetful"),
    pytest.param(unasked, [referred(told=False), referred(told=False)], id="unasked"),
    pytest.param(unsent, [referred(), ("pay_some", {"number": 1})], id="unsent"),
]
"""Each planted bug, and the shortest months in which it breaks a law."""


@pytest.mark.parametrize(("spoil", "story"), DEFECTS)
def test_a_defect_of_the_run_is_caught(spoil, story):
    """The laws hold over the same months without the bug, and not with it."""
    play(months(), *story)
    with pytest.raises(AssertionError):
        play(months(spoil), *story)
