"""Opening a district: joins settings, plugins, ports, store, policies and actions."""

from scld_core.wiring.desk import Desk, Options, open_desk

__all__ = ["Desk", "Options", "open_desk"]
