"""Ids that name no person and can still be opened by whoever made them: SIP2 knows a hold by card and item."""

from __future__ import annotations

import base64
import hashlib
import hmac

__all__ = ["Seal"]

_TAG = 10
_BETWEEN = "\x1f"


class Seal:
    """Makes ids of texts, and texts of ids, with one key; another key opens none of them.

    The key stream begins from a digest of the text itself, so that equal texts have equal ids, and an id
    that was altered opens to nothing.
    """

    def __init__(self, secret: str, *purpose: str) -> None:
        """Derive the key of a purpose from a secret."""
        told = _BETWEEN.join(purpose).encode()
        self._key = hmac.new(secret.encode(), told, hashlib.sha256).digest()

    def name(self, *texts: str) -> str:
        """A name for these texts that cannot be opened."""
        return hmac.new(self._key, b"name" + _joined(texts), hashlib.sha256).hexdigest()[:16]

    def close(self, *texts: str) -> str:
        """The id of these texts: lower-case letters and digits."""
        plain = _joined(texts)
        tag = self._tag(plain)
        return base64.b32encode(tag + self._crossed(plain, tag)).decode().rstrip("=").lower()

    def open(self, sealed: str) -> tuple[str, ...] | None:
        """The texts of an id; None for one that was not made with this key."""
        try:
            raw = base64.b32decode(sealed.upper() + "=" * (-len(sealed) % 8))
        except ValueError:
            return None
        tag = raw[:_TAG]
        plain = self._crossed(raw[_TAG:], tag)
        if not hmac.compare_digest(tag, self._tag(plain)):
            return None
        return tuple(plain.decode().split(_BETWEEN))

    def _tag(self, plain: bytes) -> bytes:
        return hmac.new(self._key, b"tag" + plain, hashlib.sha256).digest()[:_TAG]

    def _crossed(self, data: bytes, tag: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + tag).digest(len(data))
        return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def _joined(texts: tuple[str, ...]) -> bytes:
    return _BETWEEN.join(texts).encode()
