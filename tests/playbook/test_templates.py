"""Templates are read, filled in and checked as the files in tests/corpus/templates say."""

import json
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.messages.filters import FILTERS
from service.playbook.messages.template_checks import MOST_FAULTS, check_templates
from service.playbook.messages.templates import TemplateFault, compile_template, parse, render
from service.playbook.rules import ALWAYS, All, Condition, Parameter, Play, Playbook, Step
from service.playbook.rules import Template as RawTemplate
from service.playbook.rules import Test as FactTest
from service.playbook.vocabulary import STANDARD_FACTS, Fact

CORPUS = Path(__file__).parents[1] / "corpus" / "templates"
#: Seconds that the worst template may take here; the slowest known takes a third of it.
PATIENCE = 2.0


def cases(*names: str) -> list[Any]:
    """The cases of some files, each with its place in the file as its id."""
    found = []
    for name in names:
        listed = json.loads((CORPUS / f"{name}.json").read_text("utf-8"), object_hook=_value)
        found += [pytest.param(case, id=f"{name}-{case['about']}") for case in listed]
    assert len(found) >= len(names)
    return found


def _value(item: dict[str, Any]) -> object:
    match item:
        case {"date": str(day)}:
            return date.fromisoformat(day)
        case {"instant": str(moment)}:
            return datetime.fromisoformat(moment)
    return item


def source_of(case: dict[str, Any]) -> str:
    """A case's source: text, or pieces of which some are repeated."""
    if isinstance(case["source"], str):
        return case["source"]
    return "".join(p if isinstance(p, str) else p[0] * p[1] for p in case["source"])


def variables(prospect: dict[str, object]) -> dict[str, dict[str, object]]:
    """What a template sees of a prospect."""
    offers: dict[str, object] = {
        "first": "Tuesday 24 November at 10:00",
        "second": "Wednesday 25 November at 14:00",
    }
    return {"prospect": prospect, "parameters": {"patience": 7}, "offer": offers}


def outcome(source: str, prospect: dict[str, object]) -> tuple[str | None, str | None]:
    """The text of a template, or why there is none."""
    try:
        return render(compile_template(source), variables(prospect)), None
    except TemplateFault as fault:
        return None, str(fault)


def test_every_corpus_file_is_used() -> None:
    """A file that no test reads would prove nothing."""
    used = {"text", "logic", "filters", "missing", "faults", "bombs", "guards"}

    assert {path.stem for path in CORPUS.glob("*.json")} == used


@pytest.mark.parametrize("case", cases("text", "logic", "filters"))
def test_text(case: dict[str, Any]) -> None:
    """A template with its variables gives its text."""
    assert outcome(case["source"], case.get("prospect", {})) == (case["text"], None)


@pytest.mark.parametrize("case", cases("missing"))
def test_missing(case: dict[str, Any]) -> None:
    """What is missing is never written as if it were there."""
    text, why = outcome(case["source"], case.get("prospect", {}))

    assert text is None
    assert case["fault"] in (why or "")


@pytest.mark.parametrize("case", cases("faults"))
def test_faults(case: dict[str, Any]) -> None:
    """A template that is wrong has its faults, each with its code and its place."""
    parsed, faults = parse(case["source"])

    assert parsed is None
    assert [(f.code, f.offset) for f in faults] == [(c, o) for c, o, _ in case["faults"]]
    for fault, (_, _, words) in zip(faults, case["faults"], strict=True):
        assert words in fault.message


@pytest.mark.parametrize("case", cases("bombs"))
def test_bombs(case: dict[str, Any]) -> None:
    """A template that wants too much ends soon, and says why."""
    prospect: dict[str, object] = {"list": ["x"] * 700, "text": "a" * 5_000, "id": "1"}
    started = time.perf_counter()

    text, why = outcome(source_of(case), prospect)

    assert time.perf_counter() - started < PATIENCE
    assert text == case.get("text")
    assert case.get("fault", "") in (why or "")


@pytest.mark.parametrize("case", cases("guards"))
def test_guards(case: dict[str, Any]) -> None:
    """Exactly the variables that may go missing are unguarded, and the places are theirs."""
    parsed, faults = parse(case["source"])

    assert faults == ()
    assert parsed is not None
    unguarded = [".".join(v.path) for v in parsed.variables if not v.guarded]
    assert unguarded == case["unguarded"]
    for variable in parsed.variables:
        assert case["source"].startswith(".".join(variable.path), variable.offset)


@pytest.mark.parametrize("case", cases("guards"))
def test_guards_hold(case: dict[str, Any]) -> None:
    """With the unguarded variables known, no other missing variable stops a text."""
    facts = {name.split(".")[1]: ["v"] for name in case["unguarded"] if "." in name}

    _, why = outcome(case["source"], dict(facts))

    assert why is None or "`q` is not known" in why


@pytest.mark.parametrize(
    ("source", "length"),
    [
        ("abc", 3),
        ("abc{{ prospect.id }}", 23),
        ("a{% if prospect.id %}bb{% elsif prospect.id %}cccc{% else %}d{% endif %}", 5),
        ("{% if prospect.id %}{{ prospect.id }}{% else %}abc{% endif %}", 20),
        ("{% case prospect.id %}{% when 'a' %}a{% else %}abc{% endcase %}", 3),
        ("{% for q in prospect.open_questions %}{{ q }}, {% endfor %}", 22),
        ("a{% comment %}bbbbb{% endcomment %}", 1),
    ],
)
def test_length(source: str, length: int) -> None:
    """The length is that of the longest way through, with 20 characters a variable."""
    parsed, _ = parse(source)

    assert parsed is not None
    assert parsed.length == length


WORDS = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "-", " ", "if", "endif", "for", "in", "endfor", "case", "when"),
        *("else", "endcase", "comment", "endcomment", "raw", "unless", "elsif", "prospect", "."),
        *("id", "|", ":", "default", "first", "'a'", '"', "'", "==", "and", "(", ")", "[", "]"),
        *("..", "1", ",", "\n", "ß", "{{ prospect.id }}", "{% if prospect.q %}"),
        *("{% for q in prospect.q %}", "forloop.index"),
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map("".join)))
def test_anything_is_read(source: str) -> None:
    """Whatever a text is, it parses or has faults within it; nothing else is raised."""
    parsed, faults = parse(source)

    assert (parsed is None) == bool(faults)
    assert all(0 <= fault.offset <= len(source) for fault in faults)
    outcome(source, {"id": "1", "q": ["a", "b"]})


VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates()),
    *(st.datetimes(), st.lists(st.text(), max_size=3)),
)
ARGUMENTS = st.sampled_from(["1", "-3", "2.5", "'x'", "''", "prospect.b", "nil", "empty", "true"])


@given(
    st.lists(st.tuples(st.sampled_from(sorted(FILTERS)), ARGUMENTS, ARGUMENTS), max_size=5),
    VALUES,
    VALUES,
)
def test_any_values_are_filled_in(
    chain: Iterable[tuple[str, str, str]], value: object, other: object
) -> None:
    """Whatever the values are, there is a text or a TemplateFault."""
    filters = [
        f"| {name}" + (": " + ", ".join(arguments[: FILTERS[name].fewest]) if arguments else "")
        for name, *arguments in chain
    ]
    tests = "{% if prospect.a < prospect.b or prospect.a contains prospect.b %}x{% endif %}"
    source = f"{{{{ prospect.a {' '.join(filters)} }}}}"

    for text in (source, tests, "{% for x in prospect.a limit: prospect.b %}{{ x }}{% endfor %}"):
        outcome(text, {"a": value, "b": other})


# ---- templates within a playbook ----------------------------------------------------

HERE = Place(1, 1)


def step(template: str | None, channel: str | None = "email") -> Step:
    """A step that sends a template."""
    return Step("follow_up", channel, template, None, "any_time", (), (), "", HERE)


def play(name: str, *steps: Step, when: Condition = ALWAYS) -> Play:
    """A play of some steps."""
    return Play(
        name=name,
        when=when,
        steps=steps,
        is_sequence=False,
        is_exit=False,
        repeat=False,
        then="next",
        priority=0,
        because="",
        place=HERE,
    )


def known(fact: str) -> Condition:
    """`fact: {known: true}`."""
    return All((FactTest(fact, "known", value=True, place=HERE),))


def playbook(
    body: str,
    *plays: Play,
    subject: str | None = "Hello",
    limit: int | None = None,
    otherwise: Step | None = None,
) -> Playbook:
    """A playbook with the one template `note`."""
    note = RawTemplate("note", subject, body, limit, Place(10, 1), Place(11, 1), Place(12, 1))
    facts = {**STANDARD_FACTS, "rival": Fact("rival", "text", "The rival")}
    return Playbook(
        name="p",
        title="",
        about="",
        claims={},
        parameters={"patience": Parameter("patience", 7, "days", "", HERE)},
        facts=facts,
        defaults={"buying_cycle_days": 90},
        conclusions=(),
        tables=(),
        plays=plays,
        otherwise=otherwise,
        templates={"note": note},
        windows={},
        actions={},
    )


def place_in(_template: str, part: str, offset: int) -> Place:
    """Subjects stand on line 11, bodies on line 12."""
    return Place(11 if part == "subject" else 12, offset + 1)


def guaranteed(condition: Condition, fact: str) -> bool:
    """A condition guarantees the facts that it tests, here."""
    return isinstance(condition, All) and any(
        isinstance(part, FactTest) and part.fact == fact for part in condition.parts
    )


def checked(book: Playbook) -> list[tuple[str, int, int]]:
    """The codes and places of all that is wrong."""
    return [
        (d.code, d.place.line, d.place.column) for d in check_templates(book, place_in, guaranteed)
    ]


def only(book: Playbook) -> Diagnostic:
    """The one thing that is wrong."""
    (found,) = check_templates(book, place_in, guaranteed)
    return found


def test_good_template_passes() -> None:
    """A template whose variables are all there or guarded has nothing wrong with it."""
    body = (
        "{{ prospect.first_name | default: 'you' }}{{ prospect.touches }}{{ prospect.today }}"
        "{{ prospect.buying_cycle_days }}{{ parameters.patience }}{{ offer.first }}"
        "{{ prospect.rival }}"
    )
    when = known("rival")

    assert checked(playbook(body, play("a", step("note"), when=when))) == []


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("prospect.frist_name", "did you mean `first_name`?"),
        ("prospct.first_name", "did you mean `prospect`?"),
        ("first_name", "write `prospect.first_name`"),
        ("patience", "write `parameters.patience`"),
        ("parameters.patient", "did you mean `patience`?"),
        ("offer.third", "one of: `first`, `second`"),
        ("strong", 'if it is a word, put quotes round it: "strong"'),
        ("prospect.first_name.size", "did you mean `first_name`?"),
        ("prospect", "if it is a word"),
    ],
)
def test_unknown_variable(word: str, hint: str) -> None:
    """A variable that is none is found, with what was meant."""
    found = only(playbook(f"Hi {{{{ {word} }}}}", play("a", step("note"))))

    assert (found.code, found.place) == ("unknown-variable", Place(12, 7))
    assert word in found.message
    assert hint in found.hint


def test_unknown_variable_in_a_test() -> None:
    """A variable that is none is found in a condition, too."""
    book = playbook("{% if prospect.rapport == strong %}x{% endif %}", play("a", step("note")))

    assert checked(book) == [("unknown-variable", 12, 27)]


def test_variable_may_be_missing() -> None:
    """The rules that do not guarantee a fact are named, and only those."""
    plays = (
        play("a", step("note"), when=known("first_name")),
        play("b", step("note")),
        play("c", step("note")),
    )

    found = only(playbook("Hi {{ prospect.first_name }}", *plays))

    assert (found.code, found.place) == ("variable-may-be-missing", Place(12, 7))
    assert "where the rule `b` and the rule `c` sends `note`" in found.message
    assert "`a`" not in found.message
    assert 'default: "..."' in found.hint
    assert "`first_name: {known: true}` into the `when` of `b`" in found.hint


def test_otherwise_guarantees_nothing() -> None:
    """`otherwise` has no condition: its variables need a default."""
    found = only(playbook("{{ prospect.first_name }}", otherwise=step("note")))

    assert "where `otherwise` sends `note`" in found.message
    assert "known" not in found.hint


def test_subject_is_checked() -> None:
    """What is wrong in a subject is shown in the subject."""
    book = playbook("x", play("a", step("note")), subject="Hi {{ prospect.company }}{{ nothing")

    assert checked(book) == [("template-syntax", 11, 26)]


@pytest.mark.parametrize("subject", [None, " "])
def test_missing_subject(subject: str | None) -> None:
    """An email needs a subject; other channels do not."""
    by_email, by_text = play("a", step("note")), play("b", step("note", "text"))

    assert checked(playbook("x", by_email, by_text, subject=subject)) == [
        ("missing-subject", 10, 1)
    ]
    assert checked(playbook("x", by_text, subject=subject)) == []


@pytest.mark.parametrize(
    ("channel", "limit", "characters", "expected"),
    [
        ("text", None, 320, []),
        ("text", None, 321, [("template-too-long", 12, 1)]),
        ("voicemail", None, 701, [("template-too-long", 12, 1)]),
        ("email", None, 701, []),
        ("email", 700, 701, [("template-too-long", 12, 1)]),
        ("text", 700, 321, [("template-too-long", 12, 1)]),
    ],
)
def test_template_too_long(
    channel: str, limit: int | None, characters: int, expected: list[object]
) -> None:
    """The channel's limit counts, or the template's own where it is smaller."""
    body = "x" * (characters - 20) + "{{ prospect.touches }}"
    book = playbook(body, play("a", step("note", channel)), limit=limit)

    assert checked(book) == expected


def test_long_subject() -> None:
    """A subject has a limit of its own."""
    book = playbook("x", play("a", step("note")), subject="x" * 151)

    assert checked(book) == [("template-too-long", 11, 1)]


def test_unused_template() -> None:
    """A template that no step sends is a doubt, and is checked all the same."""
    found = check_templates(playbook("{{ prospect.first_name }}{{ x }}"), place_in, guaranteed)

    assert [(d.code, d.severity) for d in found] == [
        ("unused-template", "warning"),
        ("unknown-variable", "error"),
    ]


def test_faults_become_diagnostics() -> None:
    """Every fault of a text is shown at its place, with its hint."""
    book = playbook(
        "{{ prospect.id | upcse }}\n{{ prospect.id | dwncase }}", play("a", step("note"))
    )

    found = check_templates(book, place_in, guaranteed)

    assert [(d.code, d.place.column, d.hint) for d in found] == [
        ("template-filter", 18, "did you mean `upcase`?"),
        ("template-filter", 44, "did you mean `downcase`?"),
    ]


def test_no_more_faults_than_help() -> None:
    """A text of nothing but faults does not bury the others."""
    book = playbook("}}" * 4_000, play("a", step("note")))

    assert len(checked(book)) == MOST_FAULTS
