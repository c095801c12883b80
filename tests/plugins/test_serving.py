"""Protocols in which a district's desks are served: declared by plugins, found by name."""

from pathlib import Path

import pytest

from scld_core.errors import BadInput, InvalidValue
from scld_core.plugins import Registry, hookimpl
from scld_core.plugins.serving import DeskServer, ServeOrder, find_server


class Telegraph:
    """A plugin that serves desks by telegraph."""

    def __init__(self):
        self.orders = []

    @hookimpl
    def scld_declarations(self):
        """One protocol."""
        yield DeskServer("telegraph", "The telegraph", self.orders.append)


def test_a_protocol_is_found_by_its_name():
    """And started with the order; another name is told which there are."""
    plugin = Telegraph()
    registry = Registry.isolated([plugin])
    order = ServeOrder(folder=Path(), open_desk=print)
    find_server(registry, "telegraph").start(order)
    assert plugin.orders == [order]
    with pytest.raises(BadInput, match="telegraph"):
        find_server(registry, "telegraf")


def test_an_order_is_checked():
    """A port that is none, and a host that is blank."""
    with pytest.raises(InvalidValue, match="port"):
        ServeOrder(folder=Path(), open_desk=print, port=70000)
    with pytest.raises(InvalidValue, match="host"):
        ServeOrder(folder=Path(), open_desk=print, host="")
