"""The file in which a district names its self-checks: ``self-checks.toml``."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from scld_adapters.sip2.settings import Detection, Dialect, Timing
from scld_core import codecs
from scld_core.errors import BadInput, InvalidValue, SettingsError
from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import at_least, each, instance, nonempty
from scld_core.plugins.spec import SecretRef

__all__ = ["FILE", "SelfCheck", "SelfChecks", "read_self_checks"]

FILE = "self-checks.toml"


@frozen
class SelfCheck:
    """One machine: its login, and the library in which it stands."""

    user: str = field(validator=nonempty)
    password: SecretRef = field(validator=instance(SecretRef))
    library: str = field(validator=nonempty)

    def __attrs_post_init__(self) -> None:
        LocationId(self.library)

    @property
    def at(self) -> LocationId:
        """The library."""
        return LocationId(self.library)


@frozen
class SelfChecks:
    """The machines of a district, and what they may do.

    `require_pin` says whether a patron needs a PIN to borrow, renew, hold, and see a list. After `wrong_pins`
    of one card in a row it is locked until the next business day, or until the server starts again. The passwords
    of machines (`AC`) and where an item is (`AP`) are not looked at, and so may be left out.
    """

    terminal: tuple[SelfCheck, ...] = field(validator=each(instance(SelfCheck)))
    institution: str = field(default="", validator=instance(str))
    require_pin: bool = field(default=True, validator=instance(bool))
    wrong_pins: int = field(default=5, validator=[instance(int), at_least(1)])
    dialect: Dialect = field(
        factory=lambda: Dialect(checksum=Detection.AUTO, optional=("AC", "AP")), validator=instance(Dialect)
    )
    timing: Timing = field(factory=Timing, validator=instance(Timing))

    def __attrs_post_init__(self) -> None:
        users = [terminal.user for terminal in self.terminal]
        if not users or len(set(users)) != len(users):
            raise InvalidValue("SelfChecks", "terminal", "must name one machine at least, and each user once")


def read_self_checks(folder: Path) -> SelfChecks:
    """The machines that the district's folder names; BadInput says what to write where there is no such file."""
    path = folder / FILE
    if not path.is_file():
        example = "[[terminal]] with user, password (such as env:NAME) and library"
        raise BadInput(
            str(path), "is not there, so that no machine could log in", f"Write one table {example} for each"
        )
    try:
        return codecs.structure(SelfChecks, codecs.read_toml(path), where=FILE)
    except InvalidValue as problem:
        raise SettingsError(str(path), str(problem)) from None
