"""The arm of a unit: the published hash, ranges that move nobody, and the order of reasons."""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.experiment import (
    Arm,
    Experiment,
    Identity,
    Namespace,
    Phase,
    Running,
    Standing,
    Unit,
    assign,
    load_experiment,
    resolve,
    units_of,
)
from service.experiment.buckets import Range, bucket, choose, ranges, shares
from service.experiment.units import company_domain

VALID = Path(__file__).parents[1] / "corpus" / "experiments" / "valid"
#: Asks for directors and above in the US or CA, or who fits best. Arms 2:1, holdout 2.5 %.
TEXT = (VALID / "every-word.yaml").read_bytes()
FITS = {"id": "c-1", "seniority": "vp", "country": "US"}
ACCOUNT = Unit("account", "a-3")
WHO = Identity("c-1", "a-3")
CHANCE = st.integers(0, 10_000).map(lambda n: n / 10_000)
WEIGHTS = st.lists(st.integers(1, 100), min_size=2, max_size=6)


def experiment(**changes: Any) -> Experiment:
    """The experiment of the file, changed."""
    found = load_experiment(TEXT).experiment
    assert found is not None
    return replace(found, **changes)


def running(
    *,
    seed: str = "seed",
    stopped: frozenset[str] = frozenset(),
    **changes: Any,
) -> Running:
    """An experiment in its first phase with nobody held out, all covered, unless changed."""
    of_running = {"coverage": 1.0, "is_enrolling": True, "is_decided": False, "shipped": None}
    of_running |= {name: changes.pop(name) for name in tuple(changes) if name in of_running}
    found = experiment(**{"holdout": 0.0, **changes})
    phase = Phase(1, seed, found.arms, stopped)
    return Running(found, (phase,), deployment_seed="outside", **of_running)  # type: ignore[arg-type]


def places(seed: str, count: int) -> list[float]:
    """The places of so many units."""
    return [bucket(seed, str(number)) for number in range(count)]


def chi_square_p(table: list[list[int]]) -> float:
    """The p of independence of rows and columns; Wilson and Hilferty's approximation."""
    rows, columns = [sum(row) for row in table], [sum(c) for c in zip(*table, strict=True)]
    total = sum(rows)
    statistic = sum(
        (table[i][j] - rows[i] * columns[j] / total) ** 2 / (rows[i] * columns[j] / total)
        for i in range(len(rows))
        for j in range(len(columns))
    )
    free = (len(rows) - 1) * (len(columns) - 1)
    score = ((statistic / free) ** (1 / 3) - (1 - 2 / (9 * free))) / math.sqrt(2 / (9 * free))
    return 1 - NormalDist().cdf(score)


# ---- the hash -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "key", "expected"),
    [
        ("seed", "a", 0.0505),
        ("seed", "b", 0.2696),
        ("foo", "ab", 0.2575),
        ("foo", "def", 0.2019),
        ("89123klj", "8952klfjas09ujkasdf", 0.124),
        ("90850943850283058242805", "123", 0.7516),
        ("()**(%$##$%#$#", '___)((*":&', 0.0128),
        # Not published: what the published JavaScript gives, whose characters are UTF-16.
        ("seed", "é", 0.8663),
        ("seed", "日本", 0.9652),
        ("seed", "😀", 0.4346),
        ("seed", "\uff21😀b", 0.0494),
    ],
)
def test_the_hash_is_the_published_one(seed: str, key: str, expected: float) -> None:
    """GrowthBook's version 2; its cases of version 2."""
    assert bucket(seed, key) == expected


@pytest.mark.parametrize(
    ("coverage", "parts", "expected"),
    [
        (1.0, (0.5, 0.5), ((0, 0.5), (0.5, 1))),
        (0.5, (0.5, 0.5), ((0, 0.25), (0.5, 0.75))),
        (0.0, (0.5, 0.5), ((0, 0), (0.5, 0.5))),
        (0.2, (0.2, 0.3, 0.5), ((0, 0.04), (0.2, 0.26), (0.5, 0.6))),
        (1.0, (0.4, 0.5999), ((0, 0.4), (0.4, 0.9999))),
        (-0.2, (0.5, 0.5), ((0, 0), (0.5, 0.5))),
        (1.5, (0.5, 0.5), ((0, 0.5), (0.5, 1))),
    ],
)
def test_ranges_are_the_published_ones(
    coverage: float, parts: tuple[float, ...], expected: tuple[Range, ...]
) -> None:
    """But for those of weights that are no shares of one, which cannot be written here."""
    found = ranges(coverage, parts)

    assert [pytest.approx(pair) for pair in expected] == list(found)


@pytest.mark.parametrize(
    ("place", "of", "expected"),
    [
        (0.2, ((0, 0.333), (0.333, 0.666), (0.666, 1)), 0),
        (0.4, ((0, 0.333), (0.333, 0.666), (0.666, 1)), 1),
        (0.8, ((0, 0.333), (0.333, 0.666), (0.666, 1)), 2),
        (0.25, ((0, 0.25), (0.5, 0.75)), None),
        (0.5, ((0, 0.5), (0.5, 0.5), (0.5, 1)), 2),
    ],
)
def test_a_place_is_in_the_published_range(
    place: float, of: tuple[Range, ...], expected: int | None
) -> None:
    """From is included, to is not, and between the ranges nobody takes part."""
    assert choose(place, of) == expected


def test_weights_are_within_chance() -> None:
    """Of 200,000 units each arm has its share, within five standard deviations."""
    of, count = ranges(1.0, shares([1, 2, 7])), 200_000
    found = Counter(choose(place, of) for place in places("5f2b8c", count))

    for number, share in enumerate((0.1, 0.2, 0.7)):
        spread = math.sqrt(count * share * (1 - share))
        assert abs(found[number] - count * share) < 5 * spread
    assert sum(found.values()) == count


def test_two_experiments_know_nothing_of_each_other() -> None:
    """Of 20,000 units, the place by one seed says nothing of the place by another."""
    table = [[0] * 4 for _ in range(4)]
    for one, other in zip(places("first", 20_000), places("second", 20_000), strict=True):
        table[int(one * 4)][int(other * 4)] += 1

    assert chi_square_p(table) > 0.001
    # It would notice: of one seed with itself nothing is independent.
    assert chi_square_p([[5_300, 4_700], [4_700, 5_300]]) < 0.001


@given(WEIGHTS, CHANCE, CHANCE, st.integers(0, 9_999).map(lambda n: n / 10_000))
def test_more_coverage_moves_nobody(
    weights: list[int], one: float, other: float, place: float
) -> None:
    """Whoever takes part at a lower coverage has the same arm at a higher; at 1 all have one."""
    less, more = (choose(place, ranges(c, shares(weights))) for c in sorted((one, other)))

    assert less in (None, more)
    assert choose(place, ranges(1.0, shares(weights))) is not None


# ---- units --------------------------------------------------------------------------

EVERYTHING = Identity("c-1", "a-1", "Some.Body@Example.COM")


@pytest.mark.parametrize(
    ("kind", "identity", "expected"),
    [
        ("account", EVERYTHING, ["account a-1", "email_domain example.com", "prospect c-1"]),
        ("email_domain", EVERYTHING, ["email_domain example.com", "prospect c-1"]),
        ("prospect", EVERYTHING, ["prospect c-1"]),
        ("account", Identity("c-1", " ", "some@example.com."), ["email_domain example.com"]),
        ("account", Identity("c-1", "", "somebody@gmail.com"), ["prospect c-1"]),
        ("account", Identity("c-1"), ["prospect c-1"]),
        # One spelling for a letter with its accent after it, and for a letter that has it.
        ("account", Identity("c-1", "cafe\u0301"), ["account caf\u00e9"]),
    ],
)
def test_who_is_one_unit(kind: Any, identity: Identity, expected: list[str]) -> None:
    """The account, else the company's domain, else the prospect; never wider than asked for."""
    found = [" ".join(unit) for unit in units_of(kind, identity)]

    assert found[: len(expected)] == expected
    assert found[-1] == "prospect c-1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@example.com", "example.com"),
        ('"a@b"@uk.example.com', "uk.example.com"),
        ("a@BÜCHER.example", "xn--bcher-kva.example"),
        ("a@live.example.com", "live.example.com"),
        *((f"a@{domain}", "") for domain in ("yahoo.co.uk", "hotmail.fr", "gmx.net", "web.de")),
        *((address, "") for address in ("", "a", "a@", "a@host", "a@x y.com", "a@.com", "a@b..c")),
        (f"a@{'b' * 70}.com", ""),
    ],
)
def test_whose_domain_it_is(address: str, expected: str) -> None:
    """A company's, in one spelling; where anybody can have an address it is nobody's."""
    assert company_domain(address) == expected


# ---- one experiment -----------------------------------------------------------------


def test_a_unit_gets_an_arm() -> None:
    """With its place and the chance that it had of it."""
    found = assign(running(), FITS, ACCOUNT)

    assert found.reason == "assigned"
    assert found.bucket == bucket("seed", "a-3") == 0.9191
    assert found.arm == Arm("break-up", "clean-break-up", 3, 1)
    assert found.propensity == pytest.approx(1 / 3)
    assert (found.experiment, found.phase, found.unit) == ("break-up-or-persist", 1, ACCOUNT)


ROW = Standing(ACCOUNT, 1, "control", 0.1, 2 / 3)
ALL_OUT: dict[str, Any] = {"coverage": 0.0, "is_enrolling": True, "holdout": 1.0}
NOWHERE: dict[str, Any] = {"coverage": 0.0, "namespace": Namespace("playbooks", 0.0, 0.0)}
SHIPPED: dict[str, Any] = {"shipped": Arm("break-up", "clean-break-up", 3)}


@pytest.mark.parametrize(
    ("changes", "prospect", "row", "forced", "expected"),
    [
        ({}, FITS, None, None, "assigned break-up"),
        # 1. What is not running takes nobody in, and keeps whom it has.
        ({"is_enrolling": False}, FITS, None, None, "not_running"),
        ({"is_enrolling": False}, FITS, None, "control", "not_running"),
        ({"is_enrolling": False}, FITS, ROW, None, "sticky control"),
        # 2. A forced arm comes before a row, and though nobody else would get it.
        ({}, FITS, ROW, "break-up", "forced break-up"),
        (ALL_OUT, {}, None, "control", "forced control"),
        ({"stopped": frozenset({"control"})}, FITS, None, "control", "forced control"),
        ({}, FITS, None, "no-such-arm", "assigned break-up"),
        # 3. A row holds whatever has changed since.
        (ALL_OUT, {}, ROW, None, "sticky control"),
        ({"stopped": frozenset({"control"})}, FITS, ROW, None, "sticky control"),
        ({}, FITS, ROW._replace(arm="no-such-arm"), None, "assigned break-up"),
        ({}, FITS, ROW._replace(phase=7), None, "assigned break-up"),
        # 4. to 8. Who is new comes in only through all of these, in this order.
        (ALL_OUT, {}, None, None, "holdout"),
        (NOWHERE, {"id": "c-1", "seniority": "vp"}, None, None, "not_in_audience"),
        (NOWHERE, FITS, None, None, "not_in_namespace"),
        (NOWHERE, FITS, ROW, None, "sticky control"),
        ({"coverage": 0.0}, FITS, None, None, "not_in_coverage"),
        ({"stopped": frozenset({"break-up"})}, FITS, None, None, "stopped_arm"),
        ({"stopped": frozenset({"control"})}, FITS, None, None, "assigned break-up"),
        # 9. What is shipped is for all of the audience, and takes nobody in.
        ({**NOWHERE, **SHIPPED}, FITS, None, None, "shipped break-up"),
        ({**SHIPPED, "is_enrolling": False}, FITS, None, None, "shipped break-up"),
        (SHIPPED, FITS, None, "control", "shipped break-up"),
        (SHIPPED, {}, ROW, None, "sticky control"),
        ({**SHIPPED, "holdout": 1.0}, FITS, None, None, "holdout"),
        (SHIPPED, {}, None, None, "not_in_audience"),
    ],
)
def test_the_first_reason_that_applies_decides(
    changes: dict[str, Any],
    prospect: dict[str, object],
    row: Standing | None,
    forced: str | None,
    expected: str,
) -> None:
    """Forced, sticky, not running, holdout, audience, namespace, coverage, in this order."""
    found = assign(running(**changes), prospect, ACCOUNT, row, forced)

    arm = f" {found.arm.name}" if found.arm else ""
    assert f"{found.reason}{arm}" == expected
    assert (found.propensity is None) is (found.reason not in ("sticky", "assigned"))
    assert found.bucket is None or found.reason != "shipped"


def test_who_may_belong_can_see_what_is_missing() -> None:
    """The facts that nobody knows stand beside the reason."""
    found = assign(running(), {"id": "c-1", "seniority": "vp"}, ACCOUNT)

    assert (found.reason, found.unknown) == ("not_in_audience", ("country", "sweet_spot"))


def test_the_row_says_what_was_then() -> None:
    """Found under the domain, it holds when the account is known, and in a later phase too."""
    first = running()
    second = Phase(2, "another", (first.phase.arms[0], Arm("new", "house")))
    later = replace(first, phases=(first.phase, second))
    row = Standing(Unit("email_domain", "example.com"), 1, "break-up", 0.9, 1 / 3)

    found = assign(later, FITS, ACCOUNT, row)

    assert (found.phase, found.unit, found.bucket) == (1, row.unit, 0.9)
    assert found.arm == first.phase.arms[1]  # which the second phase does not have
    assert assign(later, FITS, ACCOUNT).phase == 2


@given(st.lists(st.text(max_size=8), max_size=20), CHANCE)
def test_a_stopped_arm_moves_nobody(keys: list[str], coverage: float) -> None:
    """Whoever would have had it gets none, and everybody else what they would have had."""
    before = running(coverage=coverage)
    after = running(coverage=coverage, stopped=frozenset({"control"}))
    for key in keys:
        once, now = (assign(each, FITS, Unit("account", key)) for each in (before, after))

        if once.arm is not None and once.arm.name == "control":
            assert (now.arm, now.reason) == (None, "stopped_arm")
        else:
            assert now == once


def test_the_same_units_stand_outside_of_all_experiments() -> None:
    """Whoever is held out by a small share is held out by a larger one, whatever the seed."""
    small, large = running(holdout=0.05), running(holdout=0.2, seed="another")
    outside = [
        {
            key
            for key in range(2_000)
            if assign(each, FITS, Unit("account", str(key))).reason == "holdout"
        }
        for each in (small, large)
    ]

    assert outside[0] < outside[1]
    assert 60 < len(outside[0]) < 140
    assert 320 < len(outside[1]) < 480


# ---- slices of a namespace ----------------------------------------------------------

#: So many units that shares can be told from chance.
KEYS = [str(number) for number in range(2_000)]


def taken(each: Running) -> set[str]:
    """Which units an experiment would take in."""
    return {key for key in KEYS if assign(each, FITS, Unit("account", key)).arm is not None}


@given(st.integers(0, 9_999).map(lambda n: n / 10_000), CHANCE)
def test_a_place_is_in_one_of_two_slices(place: float, cut: float) -> None:
    """Where one slice ends, included, the next begins: nobody is in both, and nobody in none."""
    first, second = Namespace("playbooks", 0.0, cut), Namespace("playbooks", cut, 1.0)

    assert first.holds(place) is not second.holds(place)


def test_slices_share_out_the_units() -> None:
    """Of three that do not overlap none takes in a unit of another's, whatever their seeds."""
    cuts = [(0.0, 0.25), (0.25, 0.5), (0.5, 1.0)]
    slices = [taken(running(seed=str(cut), namespace=Namespace("playbooks", *cut))) for cut in cuts]

    assert set.union(*slices) == set(KEYS)
    assert sum(map(len, slices)) == len(KEYS)
    for (low, high), units in zip(cuts, slices, strict=True):
        spread = math.sqrt(len(KEYS) * (high - low) * (1 - high + low))
        assert abs(len(units) - len(KEYS) * (high - low)) < 5 * spread


def test_more_coverage_moves_nobody_within_a_slice() -> None:
    """Who took part still does, with the same arm, and nobody comes from beyond the slice."""
    less, more = (
        running(coverage=coverage, namespace=Namespace("playbooks", 0.2, 0.7))
        for coverage in (0.3, 1.0)
    )
    units = [Unit("account", key) for key in KEYS]
    pairs = [(assign(less, FITS, unit), assign(more, FITS, unit)) for unit in units]

    assert [now for once, now in pairs if once.arm] == [once for once, _ in pairs if once.arm]
    assert {once.reason for once, now in pairs if now.reason == "not_in_namespace"} == {
        "not_in_namespace"
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"namespace": Namespace("one", 0.0, 0.5)}, {"namespace": Namespace("other", 0.0, 0.5)}),
        ({"namespace": Namespace("one", 0.0, 0.5)}, {"holdout": 0.5}),
        ({"namespace": Namespace("one", 0.0, 0.5)}, {"coverage": 0.5}),
        ({"holdout": 0.5}, {"coverage": 0.5}),
    ],
)
def test_the_seeds_know_nothing_of_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Namespaces, the holdout and the phase, also where the deployment's seed is the phase's."""
    in_one, in_other = (taken(running(seed="outside", **each)) for each in (one, other))
    table = [[0, 0], [0, 0]]
    for key in KEYS:
        table[key in in_one][key in in_other] += 1

    assert chi_square_p(table) > 0.001


def test_another_hash_is_not_guessed_at() -> None:
    """A phase that was hashed otherwise is refused: everybody would move."""
    with pytest.raises(ValueError, match=r"hashed by version 1, and only version 2"):
        Phase(1, "seed", (), hash_version=1)


# ---- several experiments ------------------------------------------------------------


def reasons(
    experiments: list[Running],
    rows: dict[str, Standing] | None = None,
    forced: dict[str, str] | None = None,
    who: Identity = WHO,
) -> list[str]:
    """What each experiment says of a prospect."""
    found = resolve(experiments, FITS, who, rows or {}, forced or {})
    assert [each.experiment for each in found] == [each.name for each in experiments]
    return [each.reason for each in found]


def test_an_account_is_in_one_experiment_at_most() -> None:
    """The first to start takes it; where that does not, the next may."""
    first, second, third = (running(name=name, seed=name) for name in ("one", "two", "three"))
    full = replace(first, coverage=0.0)

    assert reasons([first, second, third]) == ["assigned", "other_experiment", "other_experiment"]
    assert reasons([full, second, third]) == ["not_in_coverage", "assigned", "other_experiment"]
    assert reasons([]) == []


def test_a_row_comes_before_the_order_of_start() -> None:
    """An account stays in its experiment though an earlier one would now take it."""
    first, second = running(name="one", seed="one"), running(name="two", seed="two")
    row = {"two": ROW}

    assert reasons([first, second], row) == ["other_experiment", "sticky"]
    assert reasons([first, second], row, {"one": "control"}) == ["forced", "other_experiment"]
    assert reasons([first, second], {}, {"two": "control"}) == ["other_experiment", "forced"]
    # What means no arm holds nothing.
    gone = {"two": ROW._replace(arm="gone")}
    assert reasons([first, second], gone, {"two": "gone"}) == ["assigned", "other_experiment"]


def test_a_row_of_a_decided_experiment_gives_way() -> None:
    """It holds until another experiment takes the unit in: else that one would find nobody."""
    over = running(name="over", seed="over", is_enrolling=False, is_decided=True)
    now, nobody = running(name="now", seed="now"), running(name="now", seed="now", coverage=0.0)

    assert reasons([now, over], {"over": ROW}) == ["assigned", "other_experiment"]
    assert reasons([nobody, over], {"over": ROW}) == ["not_in_coverage", "sticky"]


def test_namespaces_do_not_make_it_two() -> None:
    """A decision has one playbook, so an account is in one experiment, whatever they are called."""
    first = running(name="one", seed="one")
    second = running(name="two", seed="two", namespace=Namespace("others"))

    assert reasons([first, second]) == ["assigned", "other_experiment"]


def test_what_is_shipped_gives_way() -> None:
    """To whatever takes the unit in, and to what was shipped later; a row comes before."""
    now, later, earlier = (
        running(name="now", seed="now"),
        running(name="later", **SHIPPED),
        running(name="earlier", **SHIPPED),
    )
    full = replace(now, coverage=0.0)

    assert reasons([now, later, earlier]) == ["assigned", "other_experiment", "other_experiment"]
    assert reasons([full, later, earlier]) == ["not_in_coverage", "shipped", "other_experiment"]
    assert reasons([now, later, earlier], {"earlier": ROW}) == [
        "other_experiment",
        "other_experiment",
        "sticky",
    ]


def test_each_experiment_counts_its_own_units() -> None:
    """One by account, one by prospect: each is asked about what it counts."""
    first = running(name="one", coverage=0.0)
    second = running(name="two", unit="prospect")

    found = resolve([first, second], FITS, WHO, {}, {})

    assert [each.unit for each in found] == [ACCOUNT, Unit("prospect", "c-1")]


def test_an_earlier_experiment_leaves_the_later_one_fair() -> None:
    """Who comes to the second is chosen by the seed of the first: its arms keep their shares."""
    first = running(name="one", seed="one", coverage=0.5)
    second = running(name="two", seed="two", arms=(Arm("a", "x"), Arm("b", "y")))
    found: Counter[str] = Counter()
    for number in range(4_000):
        for each in resolve([first, second], FITS, Identity("c", str(number)), {}, {}):
            if each.arm and each.experiment == "two":
                found[each.arm.name] += 1

    taken = found["a"] + found["b"]
    assert abs(taken - 2_000) < 5 * math.sqrt(1_000)
    assert abs(found["a"] - taken / 2) < 5 * math.sqrt(taken / 4)
