"""The text of an API key: what it holds, and which mistakes it shows by itself."""

import hashlib
import math
import re
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.access.key_text import KeyText, new_key_text, read_key_text

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TEXTS = st.builds(
    KeyText,
    id=st.text(DIGITS, min_size=12, max_size=12),
    secret=st.text(DIGITS, min_size=27, max_size=27),
)


@given(TEXTS)
def test_what_is_written_is_read(text: KeyText) -> None:
    """A key is read as it was made."""
    assert read_key_text(text.plain) == text


@given(TEXTS)
def test_check_is_the_crc_in_base_62(text: KeyText) -> None:
    """The last six characters are the CRC-32 of all before the last underscore."""
    body, _, check = text.plain.rpartition("_")
    number = sum(DIGITS.index(digit) * 62**place for place, digit in enumerate(reversed(check)))

    assert len(check) == 6
    assert number == zlib.crc32(body.encode())


@given(TEXTS)
def test_only_a_hash_of_the_secret_is_kept(text: KeyText) -> None:
    """It is SHA-256 of the secret alone."""
    assert text.hash == hashlib.sha256(text.secret.encode()).hexdigest()


@given(TEXTS, st.sampled_from(string.printable + "é\N{FULLWIDTH DIGIT ONE}\x00"), st.data())
def test_every_changed_character_is_seen(text: KeyText, other: str, data: st.DataObject) -> None:
    """Wherever one character is another, there is no key."""
    at = data.draw(st.integers(0, len(text.plain) - 1))
    changed = text.plain[:at] + other + text.plain[at + 1 :]

    assert (read_key_text(changed) is None) == (changed != text.plain)


def test_every_changed_character_of_one_key_is_seen() -> None:
    """All of them tried: each place, each letter and digit."""
    plain = new_key_text().plain
    changes = [
        plain[:at] + other + plain[at + 1 :]
        for at in range(len(plain))
        for other in DIGITS + "_"
        if other != plain[at]
    ]

    assert [changed for changed in changes if read_key_text(changed)] == []


@given(TEXTS, st.data())
def test_every_cut_and_every_addition_is_seen(text: KeyText, data: st.DataObject) -> None:
    """A key with a part missing, or with more around it, is none."""
    plain = text.plain
    begin = data.draw(st.integers(0, len(plain)))
    end = data.draw(st.integers(begin, len(plain)))
    more = data.draw(st.text(min_size=1))

    assert read_key_text(plain[begin:end]) == (text if plain[begin:end] == plain else None)
    assert read_key_text(plain + more) is None
    assert read_key_text(more + plain) is None


@given(TEXTS, st.integers(4, 50))
def test_two_neighbours_swapped_are_seen(text: KeyText, at: int) -> None:
    """The commonest slip of a hand is two characters in the wrong order."""
    plain = text.plain
    swapped = plain[: at - 1] + plain[at] + plain[at - 1] + plain[at + 1 :]

    assert (read_key_text(swapped) is None) == (swapped != plain)


@given(st.text())
def test_any_text_is_read_or_refused(plain: str) -> None:
    """Nothing that a caller sends raises."""
    text = read_key_text(plain)

    assert text is None or text.plain == plain


def test_secret_has_160_bits() -> None:
    """The secret is as long as that takes, and every letter and digit comes up in it."""
    keys = [new_key_text() for _ in range(500)]

    assert len(keys[0].secret) * math.log2(62) >= 160
    assert {digit for key in keys for digit in key.secret} == set(DIGITS)
    assert len({key.secret for key in keys}) == len({key.id for key in keys}) == len(keys)


@pytest.mark.parametrize("_", range(3))
def test_shape_is_what_a_scanner_for_secrets_looks_for(_: int) -> None:
    """The pattern that is told to such scanners finds every key."""
    pattern = r"\bung_[0-9A-Za-z]{12}_[0-9A-Za-z]{27}_[0-9A-Za-z]{6}\b"

    assert re.fullmatch(pattern, new_key_text().plain)
