"""Killed while a run is taken back, and between the confirmation of a worklist's row and its receipt."""

from laws import INVERSE, check, check_ledger

from scld_core.hotspots.history import SUSPEND
from support.districts import REVERSIBLE, WISHED


def test_killed_while_undoing_every_effect_is_taken_back_once(play):
    """A day's run and another undo later, service that was taken is given back once, and the rest is as it was."""
    played = play("UndoScene", stride=2)
    taken = [wish for wish in REVERSIBLE if wish[0] == SUSPEND]
    both = (*WISHED, *((INVERSE[action], number) for action, number in taken))
    assert len(played.cases) > 10
    for case in played.cases:
        check(case, both)
        check_ledger(case, both)
        assert sum(bool(record["undoes"]) for record in case["records"]) == len(taken)


def test_killed_between_confirmation_and_receipt_each_row_is_confirmed_once(play):
    """The same file is read again: every row has its receipt, and the journal one line for it."""
    for case in play("ConfirmScene").cases:
        check(case, WISHED)
        confirmed = [step for kind, step in case["journal"] if kind == "step.confirmed"]
        assert len(confirmed) == len(set(confirmed)) == len(WISHED)


def test_killed_while_confirming_the_next_export_settles_the_rest(play):
    """The file is not read again: the rows it left open are settled by what the portal shows."""
    played = play("ConfirmByExportScene")
    for case in played.cases:
        check(case, WISHED)
    by_hand = [sum(kind == "step.confirmed" for kind, _ in case["journal"]) for case in played.cases]
    assert by_hand == sorted(by_hand)
    assert (by_hand[0], by_hand[-1]) == (0, len(WISHED))
