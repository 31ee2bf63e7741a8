"""Experiments as they are written: what each becomes, and what is said about each mistake.

Documents with a mistake are `tests/corpus/experiments/invalid/*.yaml`, each with what is said
about it beside it. `pytest --update-golden` writes that anew; read the difference as a sales
manager would.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.experiment import (
    Arm,
    Experiment,
    Guardrail,
    Namespace,
    Primary,
    load_experiment,
    unknown_playbooks,
)
from service.experiment.audience import BEFORE_CONTACT
from service.playbook import Diagnostic
from service.playbook.vocabulary import OUTCOMES, STANDARD_FACTS
from service.shipped import shipped
from tests.diagnostic_codes import SERVICE, codes_in

FOLDER = Path(__file__).parents[1] / "corpus" / "experiments"
INVALID = FOLDER / "invalid"
CASES = sorted(INVALID.glob("*.yaml"))
VALID = sorted((FOLDER / "valid").glob("*.yaml"))
#: It shows several mistakes on purpose.
MIXED = {"many-mistakes"}
#: What hangs on which playbooks there are, besides the text.
OF_THE_LIBRARY = {"unknown-playbook", "unknown-version"}
#: What only those know who know Python or JSON Schema.
JARGON = re.compile(
    r"None|True|False|\bnull\b|\bobject|\barray|\bstring|\binteger|\bdict|\bschema|\binstance"
    r"|\bproperty|\bregex|is not valid|\[\]|\{\}|\\"
)
EVERY_WORD = (FOLDER / "valid" / "every-word.yaml").read_text("utf-8")

every_case = pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)


def experiment(text: str) -> Experiment:
    """The experiment of a text that is right."""
    loaded = load_experiment(text)
    assert loaded.diagnostics == ()
    assert loaded.experiment is not None
    return loaded.experiment


def diagnostics(path: Path) -> tuple[Diagnostic, ...]:
    """What is said about a file."""
    return load_experiment(path.read_bytes()).diagnostics


# ---- what is right ------------------------------------------------------------------


def test_every_word_means_something() -> None:
    """Shares are parts of one, times are days, and the first arm is the control."""
    found = experiment(EVERY_WORD)

    assert (found.name, found.title) == (
        "break-up-or-persist",
        "A clean break-up against never giving up",
    )
    assert found.hypothesis == "A clean break-up books more meetings than never stopping."
    assert found.arms == (
        Arm("control", "never-give-up", None, 2),
        Arm("break-up", "clean-break-up", 3, 1),
    )
    assert (found.unit, found.namespace.name, found.planned) == ("account", "playbooks", 800)
    assert (found.coverage, found.holdout) == (0.5, 0.025)
    assert found.primary == Primary("meeting_booked", timedelta(weeks=6), timedelta(days=5))
    assert found.guardrails == (
        Guardrail("opted_out", margin=0.01),
        Guardrail("complained", limit=0.003),
    )


def test_what_is_left_out_is_what_is_usual() -> None:
    """Everybody takes part, by account, in equal parts, and news may be three days late."""
    found = experiment((FOLDER / "valid" / "fewest-words.yaml").read_text("utf-8"))

    assert [arm.weight for arm in found.arms] == [1, 1]
    assert (found.unit, found.namespace) == ("account", Namespace("playbooks", 0, 1))
    assert (found.coverage, found.holdout, found.guardrails) == (1.0, 0.0, ())
    assert found.primary.grace == timedelta(days=3)
    assert found.audience.judge({}).belongs is True


@pytest.mark.parametrize("name", ["coverage", "holdout", "namespace", "unit", "grace", "weight"])
def test_the_schema_says_what_is_usual(name: str) -> None:
    """What is left out and what the schema says of it are the same."""
    schema = json.loads(shipped("schemas", "experiment.schema.json").read_text("utf-8"))
    parts = [schema, schema["$defs"]["primary"], schema["$defs"]["arm"]]
    usual = next(p["properties"][name] for p in parts if name in p["properties"])["default"]
    written = (FOLDER / "valid" / "fewest-words.yaml").read_text("utf-8")
    said = {
        "grace": written.replace("30 days", f"30 days, grace: {usual}"),
        "weight": written.replace("version: 1", f"version: 1, weight: {usual}"),
    }

    in_full = said.get(name, f"{written}{name}: {usual}\n")

    assert in_full != written
    assert experiment(in_full).digest == experiment(written).digest


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_sound_documents_load_without_a_word(path: Path) -> None:
    """Nothing is said of what is right, and it has a fingerprint."""
    assert experiment(path.read_text("utf-8")).digest.startswith("sha256:")


def test_a_namespace_may_be_cut_in_slices() -> None:
    """A slice is a part of one."""
    found = experiment((FOLDER / "valid" / "three-arms.yaml").read_text("utf-8"))

    assert found.namespace == Namespace("courtesy", 0.5, 1.0)


def test_a_warning_keeps_nobody_from_starting() -> None:
    """Who counts replies is told what that hides, and may."""
    loaded = load_experiment((INVALID / "reply-rate.yaml").read_bytes())

    assert [d.severity for d in loaded.diagnostics] == ["warning"]
    assert loaded.experiment is not None


def test_the_digest_is_that_of_what_decides_and_counts() -> None:
    """Remarks, titles and spellings change nothing; whatever else is written does."""
    expected = experiment(EVERY_WORD).digest

    for before, after in (
        ("experiment:", "# A remark.\nexperiment:"),
        ("title: A clean", "title: One clean"),
        ("hypothesis: A clean", "hypothesis: One clean"),
        ("2.5%", "2.50 %"),
        ("6 weeks", "42 days"),
        ("unit: account\n", ""),
        ("[US, CA]", "{in: [US, CA]}"),
        ("namespace: playbooks", "namespace: {name: playbooks, from: 0 %, to: 100%}"),
    ):
        assert experiment(EVERY_WORD.replace(before, after)).digest == expected, after
    for before, after in (
        ("experiment: break-up-or-persist", "experiment: other"),
        ("arm: control", "arm: first"),
        ("version: 3", "version: 4"),
        ("weight: 2", "weight: 3"),
        ("director", "vp"),
        ("[US, CA]", "[US, FR]"),
        ("unit: account", "unit: prospect"),
        ("50 %", "51 %"),
        ("2.5%", "2.6%"),
        ("namespace: playbooks", "namespace: others"),
        ("namespace: playbooks", "namespace: {name: playbooks, from: 0 %, to: 99.99 %}"),
        ("6 weeks", "7 weeks"),
        ("5 days", "6 days"),
        ("meeting_booked", "won"),
        ("margin", "limit"),
        ("0.3 %", "0.4 %"),
        ("planned: 800", "planned: 900"),
    ):
        changed = EVERY_WORD.replace(before, after)
        assert changed != EVERY_WORD
        assert experiment(changed).digest != expected, after


def test_playbooks_that_are_not_there_are_told_where_they_are_named() -> None:
    """With the nearest name, since it was most likely meant."""
    found = unknown_playbooks(experiment(EVERY_WORD), {"never-give-up": 1, "clean-breakup": 3})

    assert [diagnostic.to_json() for diagnostic in found] == [
        {
            "code": "unknown-playbook",
            "severity": "error",
            "message": "there is no playbook `clean-break-up`",
            "line": 6,
            "column": 31,
            "hint": "did you mean `clean-breakup`?",
        }
    ]


def test_versions_that_are_not_there_are_told_at_their_arm() -> None:
    """Versions are counted from 1, and none is ever lost."""
    playbooks = {"never-give-up": 1, "clean-break-up": 2}
    (found,) = unknown_playbooks(experiment(EVERY_WORD), playbooks)

    assert (found.code, found.place.line) == ("unknown-version", 6)
    assert found.message == "there is no version 3 of `clean-break-up`"
    assert not list(unknown_playbooks(experiment(EVERY_WORD), {**playbooks, "clean-break-up": 3}))


# ---- words --------------------------------------------------------------------------


def test_outcomes_are_those_of_the_vocabulary() -> None:
    """Each outcome can be hoped for or guarded against, and none both."""
    parts = json.loads(shipped("schemas", "experiment.schema.json").read_text("utf-8"))["$defs"]
    hoped, feared = (parts[n]["properties"]["outcome"]["enum"] for n in ("primary", "guardrail"))

    assert sorted([*hoped, *feared]) == sorted(OUTCOMES)


def test_an_audience_is_written_as_a_condition_of_a_playbook() -> None:
    """The same words and tests, without the history and without references."""
    ours, playbook = (
        json.loads(shipped("schemas", f"{name}.schema.json").read_text("utf-8"))["$defs"]
        for name in ("experiment", "playbook")
    )

    assert ours["test"]["properties"] == playbook["test"]["properties"]
    words = playbook["condition"]["properties"]
    assert ours["condition"]["properties"] == {n: w for n, w in words.items() if n != "done"}
    assert ours["condition"]["propertyNames"]["examples"] == list(BEFORE_CONTACT)


def test_an_audience_asks_for_what_callers_give() -> None:
    """No fact that an audience may ask for comes from the history or from rules."""
    assert {STANDARD_FACTS[name].origin for name in BEFORE_CONTACT} == {"caller"}


# ---- what is wrong ------------------------------------------------------------------


def test_there_are_cases() -> None:
    """The folder of cases was found."""
    assert len(CASES) > 45
    assert len(VALID) >= 3


@every_case
def test_exactly_this_is_said(path: Path, golden: Callable[[Path, object], None]) -> None:
    """A document with a mistake gets the diagnostics that stand beside it, and no others."""
    said = [diagnostic.to_json() for diagnostic in diagnostics(path)]

    assert said
    golden(path.with_name(f"{path.stem}.diagnostics.json"), said)


@every_case
def test_a_case_has_one_mistake_and_is_named_after_it(path: Path) -> None:
    """One mistake is told once: nothing that only follows from it is told as well."""
    found = [diagnostic.code for diagnostic in diagnostics(path)]

    assert path.stem in MIXED or len(found) == 1
    assert path.stem in MIXED or f"{path.stem}-".startswith(f"{found[0]}-")


@every_case
def test_everybody_is_told_what_to_do_in_plain_words(path: Path) -> None:
    """Every diagnostic has a hint, and nobody has to be a programmer."""
    for diagnostic in diagnostics(path):
        assert diagnostic.hint, diagnostic
        ours = re.sub(r"`[^`]*`", "", f"{diagnostic.message} {diagnostic.hint}")
        assert not JARGON.search(ours), diagnostic
        assert not diagnostic.message.endswith(".")


@pytest.mark.parametrize("code", sorted(codes_in(SERVICE / "experiment") - OF_THE_LIBRARY))
def test_every_code_has_a_case(code: str) -> None:
    """Whatever only experiments can have wrong is shown by a case of that name."""
    assert code in {path.stem for path in CASES}


def test_no_golden_file_is_left_over() -> None:
    """Every list of diagnostics belongs to a case."""
    lists = {path.name.removesuffix(".diagnostics.json") for path in INVALID.glob("*.json")}

    assert lists == {path.stem for path in CASES}


def test_many_mistakes_are_shown_at_once() -> None:
    """Different mistakes of one experiment are told together, from top to bottom."""
    found = diagnostics(INVALID / "many-mistakes.yaml")

    assert len({diagnostic.code for diagnostic in found}) >= 6
    assert list(found) == sorted(found, key=lambda diagnostic: diagnostic.place)


@pytest.mark.parametrize(
    "text", ["", "- a\n", "experiment: [", "\x00", b"\xff", "{}", "arms: 7", "audience: {any: 7}"]
)
def test_nothing_raises(text: str | bytes) -> None:
    """Whatever the text, there are diagnostics and no experiment."""
    assert load_experiment(text).experiment is None
    assert load_experiment(text).diagnostics
