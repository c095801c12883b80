"""Notices: what was sent to whom, for what, when, by which channel, with which result. Read-only."""

from scld_core.notices.evidence import assignment_notices
from scld_core.notices.explain import Entry, Gap, Timeline, explain_notices
from scld_core.notices.files import CANONICAL, NoticeFile, NoticeLayout, read_notices
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.notices.ports import Notices
from scld_core.notices.report import timeline_section
from scld_core.notices.whole import recorded

__all__ = [
    "CANONICAL",
    "Channel",
    "Entry",
    "Gap",
    "Notice",
    "NoticeFile",
    "NoticeKind",
    "NoticeLayout",
    "NoticeResult",
    "Notices",
    "Timeline",
    "assignment_notices",
    "explain_notices",
    "read_notices",
    "recorded",
    "timeline_section",
]
