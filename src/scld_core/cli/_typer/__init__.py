"""The commands of ``scld``, one module for each area and for what spans them; importing one registers its commands."""

from scld_core.cli._typer import agency, batch, conformance, day, hotspots, people, reports, sip2, upkeep
from scld_core.cli._typer.common import app

__all__ = ["agency", "app", "batch", "conformance", "day", "hotspots", "people", "reports", "sip2", "upkeep"]
