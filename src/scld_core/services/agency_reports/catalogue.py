"""The agency's reports as the catalogue has them."""

from __future__ import annotations

from scld_core.kernel.privacy import Purpose
from scld_core.reporting.audience import Audience, ReportSpec
from scld_core.services.agency_reports.batches import agency_batches
from scld_core.services.agency_reports.money import agency_money
from scld_core.services.agency_reports.work import agency_work

__all__ = ["AGENCY_REPORTS"]

AGENCY_REPORTS: tuple[ReportSpec, ...] = (
    ReportSpec("agency-batches", "Collection agency: files, receipts, refusals", (Audience.IT,), agency_batches),
    ReportSpec("agency-money", "Collection agency: opening to closing", (Audience.FINANCE,), agency_money, dated=True),
    ReportSpec(
        "agency-work",
        "Collection agency: what waits",
        (Audience.CUSTOMER_SERVICE,),
        agency_work,
        purposes=((Audience.CUSTOMER_SERVICE, Purpose.AGENCY_ACCOUNT),),
    ),
)
"""One for each audience."""
