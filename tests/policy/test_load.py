"""Policies and laws that are right: what they become, and that their digest tells them apart."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from service.playbook.rules import Window
from service.policy import Laws, Policy, load_laws, load_policy, policy_of_laws
from service.policy.policy import (
    STANDING_GUARDS,
    Cap,
    Consent,
    Demand,
    Gap,
    Hours,
    Jurisdiction,
    NoHolidays,
    Registry,
    Rest,
    Seller,
)
from service.shipped import shipped
from service.store.in_force.packs import open_packs

FOLDER = Path(__file__).parents[1] / "corpus" / "policy"
PACKS = open_packs(FOLDER / "packs").laws
EVERY_WORD = (FOLDER / "valid" / "every-word.yaml").read_text("utf-8")
LAWS = (FOLDER / "valid" / "laws.yaml").read_text("utf-8")
SHIPPED_LAWS = sorted(shipped("playbooks", "policy", "laws").glob("*.yaml"))
ALL_DAY = (1, 2, 3, 4, 5, 6, 7)


def policy(text: str) -> Policy:
    """The policy of a text about which nothing is said."""
    loaded = load_policy(text, PACKS)
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    return loaded.policy


def laws(text: str | bytes) -> Laws:
    """The laws of a text about which nothing is said."""
    loaded = load_laws(text)
    assert loaded.diagnostics == ()
    assert loaded.laws is not None
    return loaded.laws


MEANINGS: dict[str, Demand] = {
    "hours": Hours(Window("", ALL_DAY, ((480, 1200),), holidays=False)),
    "hours-in-full": Hours(
        Window("", (), ((480, 720), (1320, 120)), holidays=True),
        ("America/Chicago", "Europe/London"),
        (Window("", (6,), ((600, 720),), holidays=True),),
    ),
    "one-more-clock": Hours(Window("", ALL_DAY, ((360, 1320),), holidays=False), ("Asia/Tokyo",)),
    "cap": Cap(3, timedelta(days=1)),
    "account-cap": Cap(8, timedelta(days=7), "account"),
    "own-cap": Cap(8, timedelta(days=7), "prospect"),
    "gap": Gap(timedelta(days=90)),
    "gap-in-sequence": Gap(timedelta(hours=1), same_sequence_excepted=True),
    "holidays": NoHolidays(("prospect", "seller")),
    "seller-holidays": NoHolidays(("seller",)),
    "consent": Consent(),
    "implied": Consent(730, 182),
    "rest": Rest(60),
    "lists": Registry(126, None),
    "far-hours": Hours(Window("", ALL_DAY, ((480, 1200),), holidays=False)),
}


def test_every_rule_means_what_is_written() -> None:
    """Each word of a rule has its place in what it becomes; the laws follow the rules."""
    found = policy(EVERY_WORD)

    assert {row.name: row.demand for row in found.rows} == MEANINGS
    assert [row.name for row in found.rows] == list(MEANINGS)
    assert found.seller == Seller("US", "IL")
    rows = {row.name: row for row in found.rows}
    assert rows["hours"].channels == ("phone", "voicemail")
    assert rows["gap"].channels == ()
    assert rows["consent"].audience == ("b2c",)
    assert rows["gap"].audience == ()
    assert (rows["hours"].because, rows["hours"].line, rows["hours"].law) == ("A.", 6, None)
    assert rows["far-hours"].law is not None


def test_a_law_says_where_and_since_when_it_holds() -> None:
    """Place, audience, days and source of a law; what is left out binds everybody, always."""
    everywhere, in_full = laws(LAWS).rows

    assert everywhere.law == Jurisdiction("FR", "", (), None, None, "Act 1", date(2026, 11, 22))
    assert in_full.audience == ("b2c",)
    assert in_full.law == Jurisdiction(
        *("US", "FL", ("b2c",), date(2021, 7, 1), date(2027, 1, 31)),
        *("Act 2, section 3", date(2026, 11, 22)),
    )


def test_examples_are_handed_on_as_written() -> None:
    """Whoever runs them finds all their words."""
    (example,) = load_policy(EVERY_WORD, PACKS).examples
    (of_law,) = load_laws(LAWS).examples

    assert example["by"] == "phone"
    assert example["same_sequence"] is True
    assert example["expect"] == {
        "verdict": "HOLD_UNTIL",
        "guard": "hours",
        "until": "2026-11-19 08:00",
    }
    assert of_law["example"] == "one"


def test_a_policy_may_ask_for_nothing() -> None:
    """Three lines are a policy."""
    found = policy((FOLDER / "valid" / "nothing.yaml").read_text("utf-8"))

    assert (found.name, found.rows, found.seller) == ("nothing", (), Seller())


def test_a_pack_can_be_switched_on_whole() -> None:
    """The name of a pack stands for all its laws, in their order."""
    found = policy("policy: a\ntitle: b\nabout: c\nlaws: [far]\n")

    assert found.rows == PACKS["far"].rows
    assert policy_of_laws(PACKS["far"]).rows == PACKS["far"].rows


def test_a_pack_that_is_not_there_is_unknown() -> None:
    """Without packs no law can be switched on, and the rest of the policy is read."""
    loaded = load_policy(EVERY_WORD, {})

    assert loaded.policy is None
    assert [d.code for d in loaded.diagnostics] == ["unknown-law"]


def test_the_digest_is_that_of_what_decides() -> None:
    """Remarks and titles change nothing; a number, a place, a kind or a law does."""
    expected = policy(EVERY_WORD).digest

    assert policy(f"# A remark.\n\n{EVERY_WORD}").digest == expected
    assert policy(EVERY_WORD.replace("To see what", "To show what")).digest == expected
    for before, after in (
        ("at_most: 3", "at_most: 4"),
        ("region: IL", "region: CA"),
        ("laws: [far-hours]", "laws: [near-hours]"),
        ("do_not_call: respected", "consent: required"),
        ("days: [sat]", "days: [sun]"),
    ):
        assert policy(EVERY_WORD.replace(before, after)).digest != expected, after


def test_the_digest_of_laws_is_that_of_their_rows() -> None:
    """Another day on which a law begins is another law."""
    expected = laws(LAWS).digest

    assert laws(f"# A remark.\n{LAWS}").digest == expected
    assert laws(LAWS.replace("2021-07-01", "2021-07-02")).digest != expected


@pytest.mark.parametrize("text", ["", "- a\n", "policy: [", "\x00", b"\xff", "{}", "rules: 7"])
def test_nothing_raises(text: str | bytes) -> None:
    """Whatever the text, there are diagnostics and no policy."""
    assert load_policy(text, {}).policy is None
    assert load_policy(text, {}).diagnostics
    assert load_laws(text).laws is None
    assert load_laws(text).diagnostics


# ---- what ships with us -------------------------------------------------------------


def test_the_packs_are_there() -> None:
    """Every pack loads without a word, is named after its file, and says it is no advice."""
    packs = open_packs(shipped("playbooks", "policy", "laws"))

    assert packs.problems == {}
    assert sorted(packs.laws) == [path.stem for path in SHIPPED_LAWS]
    assert {"united-states", "us-states", "france", "canada"} <= set(packs.laws)
    for pack in packs.laws.values():
        assert pack.notice.startswith("No legal advice.")


@pytest.mark.parametrize("path", SHIPPED_LAWS, ids=lambda path: path.stem)
def test_a_law_has_examples_that_name_it_or_show_it_silent(path: Path) -> None:
    """Of every law some example expects a verdict, and of every pack one expects to go ahead."""
    loaded = load_laws(path.read_bytes())
    assert loaded.laws is not None
    named = {example["expect"].get("guard") for example in loaded.examples}
    verdicts = {example["expect"]["verdict"] for example in loaded.examples}

    # A do-not-call list is told by the guard that always stands.
    listed = {row.name for row in loaded.laws.rows if isinstance(row.demand, Registry)}
    assert {row.name for row in loaded.laws.rows} - named <= listed
    assert "ALLOW" in verdicts
    assert {"BAR", "HOLD_UNTIL"} & verdicts


def test_no_two_packs_have_a_law_of_one_name() -> None:
    """So a policy may switch on all of them."""
    packs = open_packs(shipped("playbooks", "policy", "laws")).laws
    text = f"policy: a\ntitle: b\nabout: c\nlaws: [{', '.join(packs)}]\n"

    loaded = load_policy(text, packs)

    assert loaded.diagnostics == ()


def test_the_default_policy_is_sound_and_switches_no_law_on() -> None:
    """It loads without a word, and each of its guards, standing ones too, has its examples."""
    loaded = load_policy(shipped("playbooks", "policy", "default.yaml").read_bytes(), {})

    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    assert [row.law for row in loaded.policy.rows] == [None] * len(loaded.policy.rows)
    named = {example["expect"].get("guard") for example in loaded.examples}
    assert named >= {row.name for row in loaded.policy.rows} | set(STANDING_GUARDS)


def test_a_folder_without_packs_has_none(tmp_path: Path) -> None:
    """And what is no pack, or a second of one name, is a problem and no failure."""
    assert open_packs(tmp_path / "nowhere").laws == {}
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(LAWS, "utf-8")
    (tmp_path / "c.yaml").write_text("laws: c\n", "utf-8")

    packs = open_packs(tmp_path)

    assert list(packs.laws) == ["laws"]
    assert sorted(packs.problems) == ["b.yaml", "c.yaml"]


@pytest.mark.parametrize(
    "path",
    [shipped("playbooks", "policy", "default.yaml"), *SHIPPED_LAWS],
    ids=lambda path: path.stem,
)
def test_the_modeline_leads_to_the_schema(path: Path) -> None:
    """Whoever opens the file gets help from their editor."""
    first, second, *_ = path.read_text("utf-8").splitlines()
    schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")

    assert schema.is_file()
    assert schema.name == f"{second.split(':')[0]}.schema.json"
