"""What the agencies' folders declare: every dialect that comes with scld."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scld_core.agency.dialect import Dialect

__all__ = ["dialects"]


def dialects() -> tuple[Dialect, ...]:
    """Every dialect, the ones that come from an agency first."""
    from scld_adapters.agencies.evergreen import dialects as evergreen  # noqa: PLC0415 - read only when asked
    from scld_adapters.agencies.export import dialects as export  # noqa: PLC0415
    from scld_adapters.agencies.koha_ums import dialects as koha  # noqa: PLC0415
    from scld_adapters.agencies.sierra import dialects as sierra  # noqa: PLC0415
    from scld_adapters.agencies.symphony import dialects as symphony  # noqa: PLC0415

    return (
        export.AGENCY_EXPORT,
        koha.KOHA_UMS_NEW,
        koha.KOHA_UMS_UPDATE,
        koha.KOHA_UMS_SYNC,
        sierra.SIERRA_NEW,
        sierra.SIERRA_UPDATE,
        symphony.SYMPHONY_XML,
        symphony.SYMPHONY_SUBMISSION,
        symphony.SYMPHONY_UPDATE,
        evergreen.EVERGREEN_BALANCE_SUMMARY,
    )
