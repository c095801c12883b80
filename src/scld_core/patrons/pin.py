"""A PIN as a salted hash: what can be checked and not read back (RFC 7914, scrypt)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

__all__ = ["hashed_pin", "pin_agrees"]

_COST = 14  # 2**14 rounds of 1 KiB: some 50 ms and 16 MiB for each guess
_BLOCK = 8


def _digest(pin: str, salt: bytes, cost: int) -> bytes:
    text = pin.encode(errors="surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=2**cost, r=_BLOCK, p=1, dklen=32)


def hashed_pin(pin: str, *, cost: int = _COST) -> str:
    """What is kept of a PIN: the method, its cost, a salt of its own and the digest."""
    salt = secrets.token_bytes(16)
    return f"scrypt${cost}${salt.hex()}${_digest(pin, salt, cost).hex()}"


def pin_agrees(pin: str, kept: str | None, *, cost: int = _COST) -> bool:
    """Whether a PIN is the one of which `kept` is kept; false without one, after as long a time."""
    if kept is None:
        _digest(pin, bytes(16), cost)
        return False
    _, rounds, salt, digest = kept.split("$")
    return hmac.compare_digest(_digest(pin, bytes.fromhex(salt), int(rounds)), bytes.fromhex(digest))
