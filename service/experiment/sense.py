"""What has the right shape and still cannot be meant: names, facts, times and shares."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from service.experiment.audience import BEFORE_CONTACT, never_holds
from service.experiment.experiment import Experiment
from service.playbook.diagnostics import Diagnostic, did_you_mean
from service.playbook.meaning.durations import read_duration
from service.playbook.meaning.scope import Path, Scope
from service.playbook.rules import Condition
from service.playbook.text.document import Document
from service.playbook.text.source import shortened
from service.playbook.vocabulary import STANDARD_FACTS

#: A year. What takes longer to happen answers no question of today's.
LONGEST_WINDOW = 365
#: A quarter. News of an outcome is not later than that.
LONGEST_GRACE = 90

_Written = dict[str, Any]


def share_of(text: str) -> float:
    """The share that a text such as `50 %` writes, from 0 to 1."""
    return float(text.rstrip(" %")) / 100


def length_of(text: str) -> int:
    """The days of a text such as `30 days` or `2 weeks`; 0 where its shape is wrong."""
    duration = read_duration(text)
    return duration.amount if duration and isinstance(duration.amount, int) else 0


def unknown_playbooks(experiment: Experiment, playbooks: Mapping[str, int]) -> Iterator[Diagnostic]:
    """The arms that go by what is not there, told where the playbook is named.

    `playbooks` are those in force, each with the number of its newest version.
    """
    for arm, place in zip(experiment.arms, experiment.places, strict=True):
        newest = playbooks.get(arm.playbook)
        if newest is None:
            message = f"there is no playbook `{arm.playbook}`"
            hint = did_you_mean(arm.playbook, playbooks) or "publish it first, or name another"
            yield Diagnostic("unknown-playbook", message, place, hint)
        elif arm.version is not None and arm.version > newest:
            message = f"there is no version {arm.version} of `{arm.playbook}`"
            hint = f"version {newest} is the newest; leave `version` out for whichever is active"
            yield Diagnostic("unknown-version", message, place, hint)


# ---- the audience -------------------------------------------------------------------


def find_misfits(document: Document, flawed: Collection[Path]) -> dict[Path, Diagnostic]:
    """The names in the audience that cannot stand there, by path.

    `flawed` are the paths at which the shape is wrong. A name that is no fact and is told of
    already, as a misspelt word of the language, is left alone.
    """
    found: dict[Path, Diagnostic] = {}
    for path, name in _asked(document.data.get("audience"), ("audience",)):
        if name in BEFORE_CONTACT:
            continue
        place = document.key_place(path)
        if name == "done" or name in STANDARD_FACTS:
            message = f"`{name}` is not settled before the first contact, so it cannot choose"
            hint = "ask for what stands before, such as `seniority`, `country` or `sweet_spot`"
            found[path] = Diagnostic("not-before-contact", message, place, hint)
        elif path not in flawed:
            message = f"there is no fact `{shortened(name)}`"
            near = did_you_mean(name, BEFORE_CONTACT)
            hint = near or "only standard facts can be asked for, such as `country`"
            found[path] = Diagnostic("unknown-fact", message, place, hint)
    return found


def _asked(condition: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The names of a condition that are no words of the language, with their paths."""
    for key, value in condition.items() if isinstance(condition, dict) else ():
        inner = (*path, key)
        if key == "not":
            yield from _asked(value, inner)
        elif key in ("all", "any"):
            for i, part in enumerate(value if isinstance(value, list) else ()):
                yield from _asked(part, (*inner, i))
        else:
            yield inner, key


def check_audience(audience: Condition, scope: Scope) -> None:
    """Note an audience to which nobody can ever belong."""
    if why := never_holds(audience):
        message = f"nobody can ever take part: {why}"
        hint = "change one of these tests, or leave it out"
        scope.report("audience-never-holds", message, ("audience",), hint)


# ---- the rest -----------------------------------------------------------------------


def check_sense(scope: Scope) -> None:
    """Note what is wrong with the parts beside the audience."""
    _check_arms(list(scope.items("arms")), scope)
    _check_holdout(scope)
    _check_namespace(scope)
    if scope.is_sound(("primary",)):
        _check_primary(scope.document.data["primary"], scope)
    _check_guardrails(scope.items("guardrails"), scope)


def _check_arms(arms: list[tuple[Path, _Written]], scope: Scope) -> None:
    names: dict[str, int] = {}
    playbooks: dict[tuple[str, int | None], str] = {}
    for path, arm in arms:
        if not scope.is_sound(path):
            continue
        name, line = arm["arm"], scope.place((*path, "arm")).line
        if name in names:
            message = f"an arm `{name}` stands in line {names[name]} already"
            scope.report("duplicate-name", message, (*path, "arm"), "choose another name")
            continue
        names[name] = line
        playbook = (arm["playbook"], arm.get("version"))
        if playbook in playbooks:
            message = f"`{name}` does just what `{playbooks[playbook]}` does"
            hint = "name another playbook, or another version of it"
            scope.report("same-arm", message, (*path, "playbook"), hint)
        playbooks.setdefault(playbook, name)


def _check_holdout(scope: Scope) -> None:
    written = scope.document.data.get("holdout")
    if scope.is_sound(("holdout",)) and written is not None and share_of(written) == 1:
        message = "`holdout: 100 %` leaves nobody to take part"
        scope.report("out-of-range", message, ("holdout",), "write a smaller share")


def _check_namespace(scope: Scope) -> None:
    written = scope.document.data.get("namespace")
    if not scope.is_sound(("namespace",)) or not isinstance(written, dict):
        return
    if share_of(written["from"]) >= share_of(written["to"]):
        message = f"from {written['from']} to {written['to']} there is nobody"
        hint = "write the smaller share first, for example `{name: playbooks, from: 0 %, to: 50 %}`"
        scope.report("out-of-range", message, ("namespace", "from"), hint)


def _check_primary(primary: _Written, scope: Scope) -> None:
    within = _checked_length(primary, "within", (1, LONGEST_WINDOW), scope)
    grace = _checked_length(primary, "grace", (0, LONGEST_GRACE), scope)
    if within and grace and grace > within:
        message = f"`grace: {primary['grace']}` is longer than `within: {primary['within']}`"
        hint = "news is waited for no longer than the outcome itself"
        scope.report("out-of-range", message, ("primary", "grace"), hint)
    if primary["outcome"] == "replied":
        message = "more replies may be more refusals, so `replied` shows no winner"
        hint = "count `positive_reply` or `meeting_booked`"
        path = ("primary", "outcome")
        scope.report("reply-rate", message, path, hint, severity="warning")


def _checked_length(
    primary: _Written, name: str, bounds: tuple[int, int], scope: Scope
) -> int | None:
    """The days under a name; None where there is nothing, or after noting what is wrong."""
    if name not in primary:
        return None
    days, (least, most) = length_of(primary[name]), bounds
    if least <= days <= most:
        return days
    message = f"`{name}` must be from {least} to {most} days, not `{primary[name]}`"
    scope.report("out-of-range", message, ("primary", name), "write a time within these bounds")
    return None


def _check_guardrails(guardrails: Iterable[tuple[Path, _Written]], scope: Scope) -> None:
    seen: set[tuple[str, str]] = set()
    for path, guardrail in guardrails:
        if not scope.is_sound(path):
            continue
        bound = "margin" if "margin" in guardrail else "limit"
        outcome, share = guardrail["outcome"], share_of(guardrail[bound])
        if not 0 < share < 1:
            message = f"`{bound}: {guardrail[bound]}` must be more than 0 % and less than 100 %"
            hint = "write how much would be too much, for example `1 %`"
            scope.report("out-of-range", message, (*path, bound), hint)
        if (outcome, bound) in seen:
            message = f"`{outcome}` has a `{bound}` already"
            scope.report("duplicate-guardrail", message, path, "keep one of the two")
        seen.add((outcome, bound))
