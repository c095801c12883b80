"""Who acts."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import each, instance, nonempty

__all__ = ["Actor"]


@frozen
class Actor:
    """A staff member or process: `id` is a login name, `roles` come from district.toml."""

    id: str = field(validator=nonempty)
    roles: tuple[str, ...] = field(default=(), validator=each(instance(str)))
    location: str = ""
    channel: str = "api"

    def has(self, *wanted: str) -> bool:
        """Whether one of the roles `wanted` is held."""
        return any(role in self.roles for role in wanted)
