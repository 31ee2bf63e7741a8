"""The life of an experiment: what can be done with it when, and what cannot."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.store.access.audit import entries
from service.store.documents.document_rows import Act, CannotKeep, Missing, add_version, change
from service.store.documents.frozen import Frozen
from service.store.documents.lives import ArmStopped, Life
from service.store.experiments.experiments import Experiments, NotNow
from service.store.sql.database import Database
from tests.store.library_texts import NOW, experiment, playbook
from tests.store.trials import TRIAL, Trial, after

#: Each transition, as somebody asks for it.
Step = Callable[..., Life]
STEPS: Mapping[str, Step] = {
    "start": lambda kept, of=TRIAL: kept.start(of, "bea", "Again.", after(hours=9)),
    "stop": lambda kept, of=TRIAL: kept.stop(of, "bea", "Enough.", after(hours=9)),
    "stop_arm": lambda kept, of=TRIAL: kept.stop_arm(of, "other", "bea", "Rude.", after(hours=9)),
    "ship": lambda kept, of=TRIAL: kept.decide(of, "other", "bea", "It won.", after(hours=9)),
    "ship none": lambda kept, of=TRIAL: kept.decide(of, None, "bea", "Alike.", after(hours=9)),
}


@pytest.fixture
def trial(database: Database) -> Trial:
    """An experiment that has just started."""
    return Trial(database)


@pytest.fixture
def kept(trial: Trial) -> Experiments:
    """The experiments of its database."""
    return trial.experiments


def brought_to(state: str, kept: Experiments) -> None:
    """Have the experiment in a state."""
    if state in ("stopped", "decided"):
        kept.stop(TRIAL, "ann", "", after(hours=1))
    if state == "decided":
        kept.decide(TRIAL, "control", "ann", "It is less work.", after(hours=2))


def as_it_is(kept: Experiments) -> Life:
    """How far it has come by now."""
    life = kept.get(TRIAL)
    assert life is not None
    return life


def told(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """The audit trail of the experiment's life, the oldest first: who, what, and what else."""
    found = entries(database, subject=f"experiment:{TRIAL}").entries
    ours = [each for each in reversed(found) if each.event.startswith("experiment.")]
    return [
        (each.actor, each.event.removeprefix("experiment."), dict(each.detail)) for each in ours
    ]


def changed(trial: Trial, was: str, becomes: str) -> Life:
    """The life after another text was published and put into effect, a day after the start."""
    text = trial.documents.drafts.read("experiment", TRIAL).text
    assert was in text
    trial.publish("experiment", TRIAL, text.replace(was, becomes))
    return trial.experiments.start(TRIAL, "bea", "", after(days=1))


# ---- the start ----------------------------------------------------------------------


def test_a_start_begins_the_first_phase(kept: Experiments, database: Database) -> None:
    """By the version that was published, with a seed that nobody could have known."""
    life = as_it_is(kept)

    assert (life.state, life.version, life.started_at) == ("running", 1, NOW)
    assert (life.stopped_at, life.decided_at, life.shipped, life.why) == (None, None, None, None)
    [phase] = life.phases
    assert (phase.number, phase.version, phase.started_at, phase.stopped) == (1, 1, NOW, {})
    assert len(bytes.fromhex(phase.seed)) == 8
    assert told(database) == [("ann", "started", {"version": 1})]


def test_publishing_puts_nothing_into_effect(trial: Trial, kept: Experiments) -> None:
    """Neither before the start nor while it runs."""
    trial.publish("experiment", "second", experiment().replace(TRIAL, "second"))
    trial.publish("experiment", TRIAL, experiment() + "coverage: 50 %\n")

    assert kept.get("second") is None
    assert as_it_is(kept).version == 1
    assert [each.name for each in trial.in_force.now().experiments] == [TRIAL]


def test_starting_twice_is_starting_once(kept: Experiments, database: Database) -> None:
    """Nothing has changed, so nothing happens."""
    before = as_it_is(kept)

    assert STEPS["start"](kept) == before
    assert len(told(database)) == 1


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_only_what_is_published_starts(state: str, trial: Trial) -> None:
    """A draft has no version, and an archived experiment none that holds."""
    documents = trial.documents
    text = experiment().replace(TRIAL, "second")
    if state == "draft":
        documents.drafts.save("experiment", "second", text, None, "ann", NOW)
    else:
        trial.publish("experiment", "second", text)
        documents.archive("experiment", "second", "ann", NOW)

    with pytest.raises(NotNow, match="was published yet" if state == "draft" else "is archived"):
        trial.experiments.start("second", "ann", "", NOW)
    assert trial.experiments.get("second") is None


def test_only_what_can_be_given_starts(trial: Trial) -> None:
    """A playbook of it was archived since it was published."""
    trial.publish("playbook", "third", playbook(name="third"))
    text = experiment(other="third").replace(TRIAL, "second")
    trial.publish("experiment", "second", text)
    trial.documents.archive("playbook", "third", "ann", NOW)

    with pytest.raises(NotNow, match="there is no playbook `third`"):
        trial.experiments.start("second", "ann", "", NOW)


# ---- what follows on what -----------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "step", "becomes"),
    [
        ("running", "stop", "stopped"),
        ("running", "stop_arm", "running"),
        ("stopped", "stop", "stopped"),
        ("stopped", "ship", "decided"),
        ("stopped", "ship none", "decided"),
        ("decided", "stop", "decided"),
    ],
)
def test_what_can_be_done(state: str, step: str, becomes: str, kept: Experiments) -> None:
    """The way from a state to the next."""
    brought_to(state, kept)

    assert STEPS[step](kept).state == becomes


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("running", {"ship": ": stop it first", "ship none": ": stop it first"}),
        (
            "stopped",
            {
                "start": ": begin another experiment",
                "stop_arm": ": none of its arms takes anybody in",
            },
        ),
        (
            "decided",
            {
                "start": ": begin another experiment",
                "stop_arm": ": none of its arms takes anybody in",
                "ship": ": that stands",
                "ship none": ": that stands",
            },
        ),
    ],
)
def test_what_cannot(state: str, refused: Mapping[str, str], kept: Experiments) -> None:
    """It says why, and changes nothing."""
    brought_to(state, kept)
    before = as_it_is(kept)

    for step, why in refused.items():
        with pytest.raises(NotNow, match=f"`two-ways` is {state}{why}$"):
            STEPS[step](kept)
    assert as_it_is(kept) == before


def test_what_was_never_started_cannot_end(trial: Trial) -> None:
    """There is a document, and nothing else; or not even that."""
    trial.publish("experiment", "second", experiment().replace(TRIAL, "second"))

    for name, step in STEPS.items():
        if name != "start":
            with pytest.raises(NotNow, match="`second` was never started"):
                step(trial.experiments, "second")
        with pytest.raises(Missing, match="there is no experiment `nothing`"):
            step(trial.experiments, "nothing")
    assert trial.experiments.get("second") is None


def test_the_end_is_kept_with_who_and_why(kept: Experiments, database: Database) -> None:
    """Each step is in the audit trail."""
    kept.stop(TRIAL, "bea", "Enough.", after(hours=1))
    STEPS["stop"](kept)
    kept.decide(TRIAL, "other", "cal", "It won.", after(hours=2))

    life = as_it_is(kept)
    assert (life.stopped_at, life.decided_at) == (after(hours=1), after(hours=2))
    assert (life.decided_by, life.shipped, life.why) == ("cal", "other", "It won.")
    assert told(database)[1:] == [
        ("bea", "stopped", {"note": "Enough."}),
        ("cal", "decided", {"shipped": "other", "note": "It won."}),
    ]


@pytest.mark.parametrize("why", ["", " \n"])
def test_an_end_needs_a_reason(why: str, kept: Experiments) -> None:
    """Of all of it, or of an arm."""
    with pytest.raises(CannotKeep, match="say why"):
        kept.stop_arm(TRIAL, "other", "ann", why, NOW)
    brought_to("stopped", kept)
    with pytest.raises(CannotKeep, match="say why"):
        kept.decide(TRIAL, None, "ann", why, NOW)


def test_only_arms_that_there_are_can_be_meant(kept: Experiments) -> None:
    """To stop, and to ship."""
    with pytest.raises(Missing, match="`two-ways` has no arm `third`; it has `control`, `other`"):
        kept.stop_arm(TRIAL, "third", "ann", "It is not there.", NOW)
    brought_to("stopped", kept)
    with pytest.raises(Missing, match="`two-ways` has no arm `third`; it has `control`, `other`"):
        kept.decide(TRIAL, "third", "ann", "It is not there.", NOW)


def test_an_arm_is_stopped_once(kept: Experiments, database: Database) -> None:
    """The first reason stands; the other arm can be stopped too."""
    kept.stop_arm(TRIAL, "other", "unghost", "Harm.", after(hours=1), "opted_out")
    STEPS["stop_arm"](kept)
    kept.stop_arm(TRIAL, "control", "bea", "As well.", after(hours=3))

    assert as_it_is(kept).phases[0].stopped == {
        "other": ArmStopped(after(hours=1), "Harm.", "opted_out"),
        "control": ArmStopped(after(hours=3), "As well.", None),
    }
    assert told(database)[1:] == [
        ("unghost", "arm-stopped", {"arm": "other", "phase": 1, "note": "Harm."}),
        ("bea", "arm-stopped", {"arm": "control", "phase": 1, "note": "As well."}),
    ]


# ---- while it runs ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ("primary:", "unit: prospect\nprimary:", "unit"),
        ("primary:", "audience: {country: US}\nprimary:", "audience"),
        ("primary:", "holdout: 5 %\nprimary:", "holdout"),
        ("primary:", "namespace: shared\nprimary:", "namespace"),
        ("30 days", "31 days", "primary"),
        ("meeting_booked", "won", "primary"),
        ("primary:", "guardrails: [{outcome: lost, limit: 1 %}]\nprimary:", "guardrails"),
        ("800", "801", "planned"),
    ],
)
def test_what_a_result_hangs_on_is_frozen(
    was: str, becomes: str, field: str, trial: Trial, database: Database
) -> None:
    """Each word by itself: it is not even published, and the draft stays."""
    before = as_it_is(trial.experiments)

    with pytest.raises(Frozen, match=f"`{field}` of `two-ways` cannot change") as refused:
        changed(trial, was, becomes)

    assert refused.value.fields == (field,)
    assert as_it_is(trial.experiments) == before
    assert len(told(database)) == 1
    assert len(trial.documents.versions("experiment", TRIAL)) == 1
    assert becomes in trial.documents.drafts.read("experiment", TRIAL).text


def test_an_earlier_version_is_no_way_around(trial: Trial) -> None:
    """Of an experiment that runs only a version that it could take up is made active."""
    trial.experiments.stop(TRIAL, "ann", "", after(hours=1))
    for planned in (801, 802):
        text = experiment(planned=planned).replace(TRIAL, "second")
        trial.publish("experiment", "second", text)
    trial.experiments.start("second", "ann", "", NOW)

    with pytest.raises(Frozen, match="`planned` of `second` cannot change"):
        trial.documents.activate("experiment", "second", 1, "ann", "", NOW)
    assert trial.documents.activate("experiment", "second", 2, "ann", "", NOW).number == 2

    trial.experiments.stop("second", "ann", "", NOW)
    assert trial.documents.activate("experiment", "second", 1, "ann", "", NOW).number == 1


def test_what_an_earlier_release_published_is_not_taken_up(trial: Trial) -> None:
    """It did not look at what was frozen before the start."""
    act = Act("ann", NOW, "document.published")
    with trial.database.writing() as connection:
        add_version(connection, "experiment", TRIAL, experiment(planned=801), "sha256:x", act)
        change(connection, "experiment", TRIAL, {"active": 2})

    with pytest.raises(Frozen, match="`planned` of `two-ways` cannot change"):
        trial.experiments.start(TRIAL, "bea", "", after(days=1))
    assert as_it_is(trial.experiments).version == 1


def test_all_that_is_frozen_is_told_at_once(trial: Trial) -> None:
    """Nobody has to try again and again."""
    with pytest.raises(Frozen, match="`holdout`, `planned` of") as refused:
        changed(trial, "planned: 800", "holdout: 5 %\nplanned: 900")

    assert refused.value.fields == ("holdout", "planned")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("planned:", "coverage: 50 %\nplanned:"),
        ("One way", "A way"),
        ("The other books more", "The other one books more"),
    ],
)
def test_coverage_and_words_change_within_a_phase(
    was: str, becomes: str, trial: Trial, database: Database
) -> None:
    """Nobody moves: the seed is the same."""
    before = as_it_is(trial.experiments)
    life = changed(trial, was, becomes)

    assert (life.version, life.phases) == (2, before.phases)
    [*_, (_, event, detail)] = told(database)
    assert event == "changed"
    assert detail == {
        "before": 1,
        "version": 2,
        "coverage": 0.5 if "coverage" in becomes else 1.0,
    }


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("playbook: short}", "playbook: short, weight: 3}"),
        ("arm: other", "arm: another"),
        ("playbook: other", "playbook: other, version: 1"),
        ("primary:", "  - {arm: third, playbook: short, version: 1}\nprimary:"),
    ],
)
def test_other_arms_are_a_new_phase(
    was: str, becomes: str, trial: Trial, database: Database
) -> None:
    """With a seed of its own, and nothing stopped; the phase before stays as it was."""
    trial.experiments.stop_arm(TRIAL, "other", "bea", "Too rude.", after(hours=1))
    before = as_it_is(trial.experiments)
    life = changed(trial, was, becomes)

    first, second = life.phases
    assert first == before.phases[0]
    assert (second.number, second.version, second.started_at) == (2, 2, after(days=1))
    assert (second.stopped, second.seed == first.seed) == ({}, False)
    assert life.started_at == NOW
    [*_, (_, event, detail)] = told(database)
    assert (event, detail) == ("started", {"before": 1, "version": 2, "coverage": 1.0})


def test_going_back_is_a_new_phase_too(trial: Trial) -> None:
    """Whoever joined in between must not be taken for one of the first."""
    changed(trial, "playbook: short}", "playbook: short, weight: 3}")
    trial.documents.activate("experiment", TRIAL, 1, "ann", "", NOW)
    life = trial.experiments.start(TRIAL, "ann", "", after(days=2))

    assert [phase.version for phase in life.phases] == [1, 2, 1]
    assert len({phase.seed for phase in life.phases}) == 3


def test_replicas_see_each_step(trial: Trial, kept: Experiments) -> None:
    """What is in force has changed, so they look."""
    seen = []
    for step in ("stop_arm", "stop", "ship"):
        STEPS[step](kept)
        [running] = trial.in_force.now().experiments
        shipped = running.shipped and running.shipped.name
        seen.append((set(running.phase.stopped), running.is_enrolling, shipped))

    assert seen == [({"other"}, True, None), ({"other"}, False, None), ({"other"}, False, "other")]


def test_experiments_stand_in_the_order_in_which_they_started(trial: Trial) -> None:
    """Two at one moment by their names."""
    for name, hours in (("last", 2), ("b", 1), ("a", 1)):
        trial.publish("experiment", name, experiment().replace(TRIAL, name))
        trial.experiments.start(name, "ann", "", after(hours=hours))

    assert [life.name for life in trial.experiments.all()] == [TRIAL, "a", "b", "last"]


# ---- two at once --------------------------------------------------------------------


def at_once(database: Database, step: Step) -> list[Life | Exception]:
    """What several get who ask for the same at once, each with connections of their own."""

    def one(_: int) -> Life | Exception:
        own = Database(database.url)
        try:
            return step(Experiments(own))
        except NotNow as refused:
            return refused
        finally:
            own.close()

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(one, range(4)))


def test_it_starts_once(trial: Trial, database: Database) -> None:
    """One phase, one seed, one entry in the audit trail."""
    trial.publish("experiment", "second", experiment().replace(TRIAL, "second"))

    found = at_once(database, lambda kept: kept.start("second", "ann", "", NOW))

    assert found == [trial.experiments.get("second")] * 4
    subject = "experiment:second"
    assert len(entries(database, event="experiment.started", subject=subject).entries) == 1


def test_a_new_phase_begins_once(trial: Trial, database: Database) -> None:
    """Whoever comes second finds that it is in effect already."""
    trial.publish("experiment", TRIAL, experiment().replace("short}", "short, weight: 3}"))

    found = at_once(database, STEPS["start"])

    assert found == [trial.experiments.get(TRIAL)] * 4
    assert len(as_it_is(trial.experiments).phases) == 2


def test_it_is_decided_once(trial: Trial, database: Database) -> None:
    """The others are told that it was."""
    brought_to("stopped", trial.experiments)

    found = at_once(database, STEPS["ship"])

    assert sorted(type(each).__name__ for each in found) == ["Life", *["NotNow"] * 3]
    assert [event for _, event, _ in told(database)] == ["started", "stopped", "decided"]


def test_what_cannot_be_noted_does_not_happen(trial: Trial, database: Database) -> None:
    """The audit trail and the life are one transaction."""

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no trail")

    with pytest.raises(RuntimeError, match="no trail"):
        STEPS["stop"](Experiments(database, refuse))
    assert as_it_is(trial.experiments).state == "running"
