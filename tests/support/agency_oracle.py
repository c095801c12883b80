"""A slow and obvious second opinion on a reconciliation: all pairs of rows, and each kind by its own sentence.

It shares nothing with the engine but the values that go in and the names of the kinds.
"""

from collections import Counter
from datetime import timedelta

from scld_core.agency.kinds import Kind
from scld_core.agency.model import AccountStatus
from support.agency import ILS_AT, LISTED_AT, SENT_AT

K = Kind
OVER = (AccountStatus.PAID, AccountStatus.CLOSED)
HELD = {
    AccountStatus.DECEASED: K.DECEASED,
    AccountStatus.BANKRUPT: K.BANKRUPT,
    AccountStatus.DISPUTED: K.DISPUTED,
}


def second_opinion(world, terms):
    """The rows as a multiset of (patron, account, kind, other kinds), and how many are not referred."""
    return _Opinion(world, terms).rows()


def _words(quarantined):
    return quarantined.key.split(";")


def _share(one, other):
    return bool((one.patron and one.patron == other.patron) or (one.card and one.card == other.card))


class _Opinion:
    def __init__(self, world, terms):
        self.world, self.terms = world, terms
        self.drift = world.agency is None
        self.limit = terms.removal_at_or_below.cents if terms.removal_at_or_below else 0
        self.fee = terms.referral_fee.cents if terms.referral_fee else 0
        self.other_at = SENT_AT if self.drift else LISTED_AT
        lost = {_words(one)[0] for one in world.bad[0]} - {""}
        self.patrons = [one for one in world.ils if one.patron not in lost]
        spoiled = [one for one in world.ils if one.patron in lost]
        self.lost_ids = {word for one in world.bad[0] for word in _words(one) if word}
        self.lost_ids |= {word for one in spoiled for word in (one.patron, *one.barcodes)}
        self.nodes = {}
        for one in self.patrons:
            self.nodes["patron", one.patron] = one
        for number, one in enumerate(world.agency or ()):
            self.nodes["account", number] = one
        for number, one in enumerate(world.sent or ()):
            self.nodes["sent", number] = one
        for side in (1, 2):
            for number, one in enumerate(world.bad[side]):
                for word in filter(None, _words(one)):
                    self.nodes["unread", side, number, word] = word
        self.found = Counter()

    # Who belongs to whom.

    def fits(self, node):
        """The patrons that an account, a sent row or an unreadable one has a number of."""
        if node[0] == "unread":
            own = card = node[3]
        else:
            own, card = self.nodes[node].patron, self.nodes[node].card
        by_own = {one.patron for one in self.patrons if own and one.patron == own}
        by_card = {one.patron for one in self.patrons if card and card in one.barcodes}
        older = {one.patron for one in self.patrons if own and own in one.barcodes}
        return by_own | by_card | (older if not by_own and own not in self.lost_ids else set())

    def edges(self):
        for node in self.nodes:
            if node[0] == "patron":
                continue
            fits = self.fits(node)
            yield from ((node, ("patron", one)) for one in fits)
            yield from ((node, other) for other in self.nodes if self.alike(node, other))
            if node[0] in ("sent", "account") and not self.drift:
                yield from ((node, other) for other in self.nodes if self.across(node, other, fits))

    def across(self, node, other, fits):
        """Whether an account and a sent row have a number in common and the ILS does not know one of them."""
        sides = {"account": 1, "sent": 2}
        side = sides.get(other[0]) or (other[1] if other[0] == "unread" else 0)
        if {sides[node[0]], side} != {1, 2}:
            return False
        if not any(mine & theirs for mine, theirs in zip(self.numbers(node), self.numbers(other), strict=True)):
            return False
        return not fits or (other[0] != "unread" and not self.fits(other))

    def alike(self, node, other):
        """Whether two rows of one file have a record number or a card in common."""
        sides = {"account": 1, "sent": 2}
        one, two = (sides.get(each[0]) or (each[1] if each[0] == "unread" else 0) for each in (node, other))
        if one != two or not one:
            return False
        return any(mine & theirs for mine, theirs in zip(self.numbers(node), self.numbers(other), strict=True))

    def numbers(self, node):
        if node[0] == "unread":
            return {node[3]}, {node[3]}
        return {self.nodes[node].patron} - {""}, {self.nodes[node].card} - {""}

    def groups(self):
        group = {node: {node} for node in self.nodes}
        for one, other in self.edges():
            joined = group[one] | group[other]
            for member in joined:
                group[member] = joined
        return {id(members): members for members in group.values()}.values()

    def unplaced(self, side):
        if side == 0:
            return sum("" in _words(one) for one in self.world.bad[0])
        count = 0
        for number, one in enumerate(self.world.bad[side]):
            count += not any(self.fits(("unread", side, number, word)) for word in _words(one) if word)
        return count

    # What is said of a group.

    def rows(self):
        for members in self.groups():
            self.group(members)
        quiet = sum(count for row, count in self.found.items() if row[2] is K.NOT_REFERRED)
        return Counter({row: n for row, n in self.found.items() if row[2] is not K.NOT_REFERRED}), quiet

    def put(self, patron, account, kind, also=()):
        self.found[patron, account, kind, frozenset(also)] += 1

    def unreadable(self, nodes, rows):
        """Whether a row of the group, or one that has a number of it, could not be read."""
        return any(node[0] == "unread" for node in nodes) or any({one.patron, one.card} & self.lost_ids for one in rows)

    def key(self, one):
        return one.patron or one.card if self.drift else one.account

    def group(self, members):
        nodes = sorted(members, key=str)
        patrons = [self.nodes[node] for node in nodes if node[0] == "patron"]
        accounts = [self.nodes[node] for node in nodes if node[0] == "account"]
        sents = [self.nodes[node] for node in nodes if node[0] == "sent"]
        unread = self.unreadable(nodes, (*accounts, *sents))
        lines = sents if self.drift else accounts
        key = self.key
        running = [one for one in lines if self.runs(one)]
        owing = [one for one in sents if one.balance > self.limit]
        if patrons and (len(patrons) > 1 or len(running) > 1 or (not self.drift and len(owing) > 1)):
            also = {K.MALFORMED} if unread else ()
            for name in (one.patron for one in patrons):
                self.put(name, None, K.IDENTITY_AMBIGUOUS, also)
            for name in [key(one) for one in lines] or [one.patron or one.card for one in sents]:
                self.put(None, name, K.IDENTITY_AMBIGUOUS, also)
            return
        sent = max(sents, key=lambda one: (one.balance > self.limit, one.line), default=None)
        if patrons:
            lines = sorted(lines, key=self.latest, reverse=True)
            main = lines[0] if lines else None
            self.one(patrons[0], main, sent, unread, key(main) if main else None)
            for one in lines[1:]:
                self.put(None, key(one), K.MALFORMED if unread else K.MATCH)
        elif lines:
            for one in lines:
                mine = [row for row in sents if not self.drift and _share(row, one)]
                last = max(mine, key=lambda row: (row.balance > self.limit, row.line), default=None)
                self.one(None, one, last, unread, key(one))
        elif sents:
            self.one(None, None, sent, unread, sent.patron or sent.card)

    def runs(self, one):
        return one.balance > self.limit if self.drift else one.status not in OVER

    def latest(self, one):
        if self.drift:
            return self.runs(one), one.line
        day = one.last_activity or one.listed_on
        return self.runs(one), day.toordinal() if day else 0, one.account

    def one(self, patron, line, sent, unread, key):
        name = patron.patron if patron else None
        if unread:
            self.put(name, key, K.MALFORMED)
            return
        account = None if self.drift else line
        if self.drift and line is not None:
            sent = line
        facts = _Facts(self, patron, account, sent)
        kinds = sorted(facts.kinds(), key=list(Kind).index)
        if not kinds:
            nobody = patron and not (facts.collecting or account or sent)
            self.put(name, key, K.NOT_REFERRED if nobody else K.MATCH)
            return
        self.put(name, key, kinds[0], (*kinds[1:], *([K.MALFORMED] if facts.doubtful(kinds[0]) else [])))


class _Facts:
    """The sentences, each a method that is true or false."""

    def __init__(self, opinion, patron, account, sent):
        self.opinion, self.terms, self.drift = opinion, opinion.terms, opinion.drift
        self.world = opinion.world
        self.patron, self.account, self.sent = patron, account, sent
        limit = opinion.limit
        self.owes = patron is not None and patron.balance > limit
        self.owed = patron.balance if self.owes else 0
        self.flagged = patron is not None and patron.flagged
        self.collecting = patron is not None and (patron.flagged or patron.referral_fee > 0)
        self.exempt = patron is not None and patron.exempt
        self.told_owing = sent is not None and sent.balance > limit
        self.told_nothing = sent is not None and sent.balance <= limit
        self.closed = account is not None and account.status in OVER
        self.open = self.told_owing if self.drift else account is not None and not self.closed
        self.theirs = max(0, (account or sent).balance) if account or sent else 0

    def kinds(self):
        for kind in Kind:
            sentence = getattr(self, kind.value.lower(), None)
            if sentence is not None and sentence():
                yield kind

    # Helpers.

    def young(self, moment):
        days = self.terms.in_flight_days
        return days is None or (ILS_AT - moment).days <= days

    def already_told(self):
        """Our last file said that nothing is owed, not too long ago, and the agency has not followed yet."""
        return not self.drift and self.open and self.told_nothing and self.young(SENT_AT)

    def explained(self):
        """Wholly, by what was sent or by what was booked in between."""
        if not (self.open and self.patron and self.owes) or self.exempt or self.owed == self.theirs:
            return False
        if not self.drift and self.theirs and self.sent and self.sent.balance == self.owed and self.young(SENT_AT):
            return True
        mine = [
            one
            for one in self.world.booked
            if one.patron == self.patron.patron and self.opinion.other_at < one.at <= ILS_AT
        ]
        total = sum(one.cents for one in mine)
        return bool(mine) and total == self.owed - self.theirs and self.young(min(one.at for one in mine))

    def to_be_sent(self):
        return self.sent_not_listed() or self.ils_only()

    def in_use(self):
        """In collection here and there, or about to be."""
        if not self.patron or not self.owes or self.exempt:
            return False
        if self.open:
            return self.collecting or self.told_owing
        return self.to_be_sent()

    # The kinds.

    def deceased(self):
        return self.open and self.account is not None and HELD.get(self.account.status) is K.DECEASED

    def bankrupt(self):
        return self.open and self.account is not None and HELD.get(self.account.status) is K.BANKRUPT

    def disputed(self):
        return self.open and self.account is not None and HELD.get(self.account.status) is K.DISPUTED

    def exempt_but_sent(self):
        return self.exempt and self.open

    def paid_agency_open_ils(self):
        if self.drift or not self.account or not self.owes or not self.collecting:
            return False
        if self.account.status is AccountStatus.PAID:
            return True
        return self.open and not self.exempt and self.theirs == 0 and not self.explained()

    def flag_only(self):
        return self.flagged and not self.owes and not self.account and not self.told_owing

    def block_stale(self):
        return self.flagged and not self.owes and self.closed

    def sent_not_listed(self):
        return not self.drift and self.owes and self.told_owing and not self.account

    def ils_only(self):
        if not self.owes or not self.collecting or self.open or self.sent_not_listed():
            return False
        return not self.account or self.account.status is AccountStatus.CLOSED

    def agency_only(self):
        if self.already_told():
            return False
        if self.patron is None:
            return self.open or (self.told_owing and not self.account)
        return self.open and self.owes and not self.collecting and not self.told_owing

    def referral_without_flag(self):
        if not self.patron or self.flagged or self.exempt or not self.owes:
            return False
        return self.collecting or self.told_owing if self.open else self.to_be_sent()

    def in_flight(self):
        if self.explained():
            return True
        if not self.already_told():
            return False
        return self.patron is None or self.exempt or not self.owes or not (self.collecting or self.told_owing)

    def paid_ils_open_agency(self):
        if not self.patron or self.owes:
            return False
        return (self.open and not self.already_told()) or (not self.open and not self.account and self.told_owing)

    def balance_higher_ils(self):
        return self.differs() and self.owed > self.theirs

    def balance_higher_agency(self):
        return self.differs() and self.owed < self.theirs

    def differs(self):
        if not (self.patron and self.open and self.owes) or self.exempt or self.owed == self.theirs:
            return False
        if self.explained():
            return False
        return not self.paid_agency_open_ils()

    def fee_missing(self):
        held = self.account is not None and self.account.status in HELD
        return self.opinion.fee > 0 and self.in_use() and self.patron.referral_fee == 0 and not held

    def fee_duplicate(self):
        return self.opinion.fee > 0 and self.in_use() and self.patron.referral_fee >= 2 * self.opinion.fee

    def notice_missing(self):
        if self.world.notices is None or not self.in_use():
            return False
        listed = self.account.listed_on if self.open and self.account else None
        day = listed or (self.opinion.other_at if self.open else ILS_AT).date()
        sent = self.world.notices.get(self.patron.patron, ())
        return not any(one + timedelta(days=self.terms.notice_days) <= day for one in sent)

    def listed_not_sent(self):
        sent = self.drift or self.world.sent is None or self.sent is not None
        return self.open and not sent and not self.agency_only()

    def identity_changed(self):
        line = self.sent if self.drift else self.account
        if not self.patron or not self.open or line.patron == self.patron.patron:
            return False
        present = self.patron.barcodes[0] if self.patron.barcodes else ""
        return bool(line.patron) or line.card != present

    def stale(self):
        if self.terms.stale_days is None or not self.open or not self.account:
            return False
        last = self.account.last_activity or self.account.listed_on
        return last is not None and (LISTED_AT.date() - last).days > self.terms.stale_days

    def doubtful(self, kind):
        """Whether the kind rests on the absence of a row that may be there and unreadable."""
        if kind is K.AGENCY_ONLY:
            return self.opinion.unplaced(2 if self.patron else 0) > 0
        if kind in (K.ILS_ONLY, K.SENT_NOT_LISTED, K.FLAG_ONLY):
            return self.opinion.unplaced(2 if self.drift else 1) > 0
        return False
