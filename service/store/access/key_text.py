"""The text of an API key: `ung_<id>_<secret>_<check>`, all in letters and digits.

The prefix lets scanners for secrets find a key that was committed or mailed by mistake, and
the check tells a mistyped or truncated key from one that is not ours, without the database.
The check proves nothing: anybody can compute it.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

PREFIX = "ung"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH = 12
_SECRET_LENGTH = 27  # 62 ** 27 > 2 ** 160
_CHECK_LENGTH = 6  # 62 ** 6 > 2 ** 32
_SHAPE = re.compile(
    rf"{PREFIX}_([0-9A-Za-z]{{{_ID_LENGTH}}})_([0-9A-Za-z]{{{_SECRET_LENGTH}}})"
    rf"_([0-9A-Za-z]{{{_CHECK_LENGTH}}})"
)


class KeyText(NamedTuple):
    """What a key says: who it is, which may be shown, and the secret, which may not."""

    id: str
    secret: str

    @property
    def plain(self) -> str:
        """The whole key, as its owner keeps it."""
        body = f"{PREFIX}_{self.id}_{self.secret}"
        return f"{body}_{_check(body)}"

    @property
    def hash(self) -> str:
        """What is kept of the secret: SHA-256, in hex.

        A slow hash would protect a secret that can be guessed; this one is 160 bits of chance.
        """
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_key_text() -> KeyText:
    """A key that nobody has, and that nobody can guess."""
    return KeyText(_chance(_ID_LENGTH), _chance(_SECRET_LENGTH))


def read_key_text(plain: str) -> KeyText | None:
    """What a key says; None where it is not one, or was mistyped or cut off."""
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        return None
    text = KeyText(shape[1], shape[2])
    return text if _check(f"{PREFIX}_{text.id}_{text.secret}") == shape[3] else None


def _chance(length: int) -> str:
    return "".join(secrets.choice(_DIGITS) for _ in range(length))


def _check(body: str) -> str:
    """The CRC-32 of the text before it, as six digits to the base of 62."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECK_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
