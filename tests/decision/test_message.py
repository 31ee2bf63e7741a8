"""Messages are written for one prospect, and what cannot be written is said, not raised."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decision.calendar import calendar_for
from service.decision.message import (
    CompiledTemplate,
    Message,
    compile_templates,
    compose,
    offers,
    shown,
)
from service.playbook.diagnostics import START
from service.playbook.messages.templates import TemplateFault
from service.playbook.rules import Template

CHICAGO, _ = calendar_for("America/Chicago", "US", "IL")
NOWHERE, _ = calendar_for(None, None, None)


def template(body: str, subject: str | None = None, limit: int | None = None) -> Template:
    """A template as a playbook holds it."""
    return Template("note", subject, body, limit, START, START, START)


def compiled(
    body: str, subject: str | None = None, limit: int | None = None
) -> dict[str, CompiledTemplate]:
    """The template `note`, ready."""
    return compile_templates({"note": template(body, subject, limit)})


def variables(**prospect: object) -> dict[str, dict[str, object]]:
    """What a template sees of a prospect."""
    return {"prospect": prospect, "parameters": {}, "offer": {}}


def test_email_has_a_subject() -> None:
    """An email is a subject and a body, filled in."""
    templates = compiled("Hi {{ prospect.first_name }}\n", "For {{ prospect.company }}")

    message, notices = compose(
        templates, "note", "email", variables(first_name="Zoë", company="O'Neil & Söhne")
    )

    assert message == Message("note", "For O'Neil & Söhne", "Hi Zoë")
    assert notices == ()
    assert message.to_json() == {
        "template": "note",
        "subject": "For O'Neil & Söhne",
        "body": "Hi Zoë",
    }


def test_other_channels_have_no_subject() -> None:
    """A voicemail has no subject, and needs nothing that only the subject names."""
    templates = compiled("Hi", "For {{ prospect.company }}")

    assert compose(templates, "note", "voicemail", variables()) == (Message("note", None, "Hi"), ())


def test_subject_is_one_line() -> None:
    """A line break in a value cannot begin another header of an email."""
    templates = compiled("x", "For {{ prospect.company }}\n")

    message, _ = compose(
        templates, "note", "email", variables(company="A\r\nBcc: all@example.com\u2028B")
    )

    assert message is not None
    assert message.subject == "For A Bcc: all@example.com B"


@pytest.mark.parametrize(
    ("channel", "limit", "characters", "codes"),
    [
        ("text", None, 320, ()),
        ("text", None, 321, ("message-too-long",)),
        ("email", 100, 101, ("message-too-long",)),
        ("email", None, 5_000, ()),
    ],
)
def test_long_message_is_given_with_a_notice(
    channel: str, limit: int | None, characters: int, codes: tuple[str, ...]
) -> None:
    """A message over its limit is given all the same; a person shortens it."""
    templates = compiled("{{ prospect.their_why }}", "Hi", limit)

    message, notices = compose(templates, "note", channel, variables(their_why="x" * characters))

    assert message is not None
    assert len(message.body) == characters
    assert tuple(notice.code for notice in notices) == codes


def test_long_subject_has_a_notice() -> None:
    """A long subject is given with a notice that names it."""
    templates = compiled("x", "{{ prospect.company }}")

    _, (notice,) = compose(templates, "note", "email", variables(company="x" * 151))

    assert notice.to_json() == {
        "code": "message-too-long",
        "message": "the subject of `note` has 151 characters; at most 150 should go out by email",
        "hint": "shorten it before it goes out",
    }


def test_message_that_cannot_be_written() -> None:
    """Without a value there is no message, and the notice says which value."""
    templates = compiled("Hi {{ prospect.first_name }}")

    message, (notice,) = compose(templates, "note", "text", variables())

    assert message is None
    assert notice.code == "message-not-written"
    assert "`prospect.first_name` is not known" in notice.message


def test_unknown_template() -> None:
    """A template that is not there is no exception either."""
    message, (notice,) = compose({}, "note", "text", variables())

    assert (message, notice.code) == (None, "message-not-written")


def test_faulty_template_does_not_compile() -> None:
    """What the checks refuse cannot be made ready for requests."""
    with pytest.raises(TemplateFault, match="never closed"):
        compiled("{{ prospect.first_name")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("c_level", "c_level"),
        ("", ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (-3, "-3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (1e16, "10000000000000000"),
        (date(2026, 11, 24), "24 November 2026"),
        (date(1, 1, 1), "1 January 1"),
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "1 March 2026, 09:05"),
        (datetime(2026, 3, 1, 23, 5, tzinfo=timezone(timedelta(hours=9))), "1 March 2026, 23:05"),
        ([], ""),
        (["price", "date"], "price, date"),
        (("a",), "a"),
    ],
)
def test_shown(value: object, text: str) -> None:
    """Values read as people write them."""
    assert shown(value) == text


@pytest.mark.parametrize("value", [None, {}, object(), b"x"])
def test_what_cannot_be_shown(value: object) -> None:
    """What is no fact has no text."""
    with pytest.raises(TypeError, match="cannot be shown"):
        shown(value)


@pytest.mark.parametrize(
    ("due", "first", "second"),
    [
        # A Friday at noon in Chicago.
        ("2026-11-20T18:00:00+00:00", "Monday 23 November", "Tuesday 24 November"),
        # In UTC it is Saturday already, in Chicago still Friday.
        ("2026-11-21T03:00:00+00:00", "Monday 23 November", "Tuesday 24 November"),
        # A Sunday.
        ("2026-11-22T18:00:00+00:00", "Monday 23 November", "Tuesday 24 November"),
        # The day before Thanksgiving; Illinois keeps no holiday on the Friday after.
        ("2026-11-25T18:00:00+00:00", "Friday 27 November", "Monday 30 November"),
        # Round the new year.
        ("2026-12-31T18:00:00+00:00", "Monday 4 January", "Tuesday 5 January"),
    ],
)
def test_offers(due: str, first: str, second: str) -> None:
    """Two times on the two business days after the due one, where the prospect is."""
    assert offers(datetime.fromisoformat(due), CHICAGO) == {
        "first": f"{first} at 10:00",
        "second": f"{second} at 14:00",
    }


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from([CHICAGO, NOWHERE]))
def test_offers_at_any_time(due: datetime, calendar: object) -> None:
    """Whatever the time, there are two offers."""
    assert isinstance(calendar, type(CHICAGO))
    assert set(offers(due, calendar)) == {"first", "second"}
