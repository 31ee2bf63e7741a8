"""Ids that are random and never come twice."""

from os import urandom


def new_id() -> str:
    """A random UUID (RFC 9562, version 4) as text; the `uuid` module takes twice as long."""
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
