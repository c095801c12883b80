"""What proves the file of one batch."""

from __future__ import annotations

import re

from attrs import field, frozen

from scld_core.kernel.money import Money
from scld_core.kernel.validate import at_least, instance, matching, nonempty

__all__ = ["Manifest"]


def _is_sha256(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch("[0-9a-f]{64}", text))


@frozen
class Manifest:
    """What the file of one batch must be: its number, how many rows, what they sum up to, its fingerprint.

    `total` is the sum of the amounts owed, credits subtracted. Whoever reads the file with it gets
    exactly that file, or a refusal.
    """

    dialect: str = field(validator=nonempty)
    sequence: int = field(validator=[instance(int), at_least(1)])
    rows: int = field(validator=[instance(int), at_least(0)])
    total: Money = field(validator=instance(Money))
    sha256: str = field(validator=matching(_is_sha256, "must be 64 hexadecimal digits"))
