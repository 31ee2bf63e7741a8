"""The parts of a playbook, in words."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import Conclude, Condition, Play, Playbook, Step, Table, Test
from service.playbook.vocabulary import STANDARD_FACTS
from service.store.documents.differences import wording
from service.store.documents.differences.parts import Aspect, Aspects, Part, Piece, Section, meaning

_REASON = Aspect("the reason", "text")
_EXPECTED = "expect"


def sections(playbook: Playbook) -> tuple[Section, ...]:
    """All that a playbook says, in the order in which it is written."""
    return (
        Section(tuple(_headings(playbook))),
        Section(tuple(_claims(playbook))),
        Section(tuple(_parameters(playbook))),
        Section(tuple(_facts(playbook))),
        Section(tuple(_actions(playbook))),
        Section(tuple(_windows(playbook))),
        Section(tuple(map(_rule, playbook.conclusions))),
        Section(tuple(map(_table, playbook.tables))),
        Section(tuple(map(_play, playbook.plays)), is_ordered=True),
        Section(tuple(_otherwise(playbook))),
        Section(tuple(_phrases(playbook))),
        Section(tuple(_templates(playbook))),
        Section(tuple(map(_example, playbook.examples))),
    )


def _headings(playbook: Playbook) -> Iterator[Part]:
    texts = (("name", playbook.name), ("title", playbook.title), ("about", playbook.about))
    for name, text in texts:
        yield Part(name, name, "the playbook", {Aspect(f"the {name}", "text"): text}, text)


def _claims(playbook: Playbook) -> Iterator[Part]:
    for code, text in playbook.claims.items():
        yield Part("claim", code, f"claim {code}", {Aspect("the text", "text"): text}, text)


def _parameters(playbook: Playbook) -> Iterator[Part]:
    for name, parameter in playbook.parameters.items():
        amount = f"{parameter.value} {parameter.unit.replace('_', ' ')}".strip()
        aspects = {Aspect("is"): amount, Aspect("the title", "text"): parameter.title}
        line = parameter.place.line
        yield _named("parameter", name, aspects, _without_name(parameter), line)


def _facts(playbook: Playbook) -> Iterator[Part]:
    for name, fact in playbook.facts.items():
        default = playbook.defaults.get(name)
        if fact.origin == "conclusion" or (name in STANDARD_FACTS and default is None):
            continue
        aspects = {Aspect("is a"): fact.type, Aspect("the title", "text"): fact.title}
        if fact.values:
            order = "in this order" if fact.ordered else "in no order"
            aspects[Aspect("is one of")] = f"{', '.join(fact.values)} ({order})"
        if fact.minimum is not None:
            aspects[Aspect("is never less than")] = str(fact.minimum)
        if default is not None:
            aspects[Aspect("is by default")] = wording.value(default)
        yield _named("fact", name, aspects, (_without_name(fact), meaning(default)), None)


def _actions(playbook: Playbook) -> Iterator[Part]:
    for name, title in playbook.actions.items():
        yield _named("action", name, {Aspect("the title", "text"): title}, title, None)


def _windows(playbook: Playbook) -> Iterator[Part]:
    for name, window in playbook.windows.items():
        if name not in BUILT_IN_WINDOWS:
            aspects = {
                Aspect("is open at"): wording.hours(window),
                Aspect("is open on"): wording.days(window),
            }
            yield _named("window", name, aspects, _without_name(window), None)


# ---- rules, tables, plays -----------------------------------------------------------


def _rule(rule: Conclude) -> Part:
    aspects = wording.asked(rule.when)
    for name, value in rule.then.items():
        aspects[Aspect(f"concludes `{name}`")] = wording.expression(value)
    aspects[_REASON] = rule.because
    return _named("rule", rule.name, aspects, _without_name(rule), rule.place.line)


def _table(table: Table) -> Part:
    aspects = {
        Aspect("looks at"): ", ".join(f"`{name}`" for name in table.inputs),
        Aspect("gives"): ", ".join(f"`{name}`" for name in table.outputs),
        Aspect("is read by its hit policy"): table.hit,
        _REASON: table.because,
    }
    rows = []
    for row in table.rows:
        cells = {
            Aspect(f"`{name}`", "test"): _cell(name, cell)
            for name, cell in zip(table.inputs, row.cells, strict=True)
        }
        for name, value in zip(table.outputs, row.values, strict=True):
            cells[Aspect(f"gives `{name}`")] = wording.expression(value)
        rows.append(Piece(cells, meaning(row), row.place.line))
    meant, line = _without_name(table), table.place.line
    return Part(
        "table", table.name, f"table `{table.name}`", aspects, meant, line, tuple(rows), "row"
    )


def _cell(name: str, cell: Condition | None) -> str:
    if cell is None:
        return "any"
    tests = list(wording.conjuncts(cell))
    if all(isinstance(test, Test) and test.fact == name for test in tests):
        return " and ".join(wording.predicate(test) for test in tests if isinstance(test, Test))
    return " and ".join(map(wording.sentence, tests))


def _play(play: Play) -> Part:
    sort = "exit" if play.is_exit else "sequence" if play.is_sequence else "play"
    aspects = wording.asked(play.when)
    if play.priority:
        aspects[Aspect("has the priority")] = str(play.priority)
    if play.is_sequence:
        end = "begins again" if play.repeat else f"then: {play.then}"
        aspects[Aspect("at its end")] = end
    aspects[Aspect("is")] = f"{'an exit' if play.is_exit else 'a play'}" + (
        " of several steps" if play.is_sequence else ""
    )
    aspects[_REASON] = play.because
    steps = tuple(_piece(step, play.because) for step in play.steps)
    return Part(
        sort,
        play.name,
        f"{sort} `{play.name}`",
        aspects,
        _without_name(play),
        play.place.line,
        steps,
        "step" if play.is_sequence else "",
    )


def _piece(step: Step, because: str) -> Piece:
    """A step; where its reason is that of its play, the play tells of it."""
    if step.because == because:
        step = replace(step, because="")
    return Piece(_step(step), meaning(step), step.place.line)


def _step(step: Step) -> dict[Aspect, str]:
    aspects = {Aspect("does"): step.action}
    if step.channel:
        aspects[Aspect("goes by")] = step.channel
    if step.template:
        aspects[Aspect("says")] = f"`{step.template}`"
    if step.wait:
        aspects[Aspect("waits")] = wording.wait(step.wait)
    aspects[Aspect("goes out in the window")] = f"`{step.window}`"
    if step.facts_needed:
        aspects[Aspect("needs to know")] = ", ".join(step.facts_needed)
    if step.checklist:
        aspects[Aspect("the checklist", "text")] = "\n".join(step.checklist)
    if step.because:
        aspects[_REASON] = step.because
    return aspects


def _otherwise(playbook: Playbook) -> Iterator[Part]:
    step = playbook.otherwise
    if step is not None:
        meant = meaning(step)
        yield Part("otherwise", "otherwise", "`otherwise`", _step(step), meant, step.place.line)


# ---- words --------------------------------------------------------------------------


def _phrases(playbook: Playbook) -> Iterator[Part]:
    for each in playbook.never_say:
        aspects = {_REASON: each.because}
        yield _named("forbidden phrase", each.phrase, aspects, meaning(each), None)


def _templates(playbook: Playbook) -> Iterator[Part]:
    for name, template in playbook.templates.items():
        aspects = {Aspect("the body", "text"): template.body}
        if template.subject is not None:
            aspects[Aspect("the subject", "text")] = template.subject
        if template.limit is not None:
            aspects[Aspect("may have at most")] = f"{template.limit} characters"
        line = template.place.line
        yield _named("template", name, aspects, _without_name(template), line)


def _example(example: Mapping[str, object]) -> Part:
    name = str(example.get("example", ""))
    given = {key: each for key, each in example.items() if key not in ("example", _EXPECTED)}
    aspects = {
        Aspect("what is expected", "text"): _as_json(example.get(_EXPECTED)),
        Aspect("what is given", "text"): _as_json(given),
    }
    return _named("example", name, aspects, tuple(aspects.values()), None)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


# ---- how parts are made -------------------------------------------------------------


def _named(sort: str, name: str, aspects: Aspects, meant: object, line: int | None) -> Part:
    return Part(sort, name, f"{sort} `{name}`", aspects, meant, line)


def _without_name(value: object) -> object:
    """What something means, whatever it is called."""
    found = meaning(value)
    pairs: Iterable[object] = found if isinstance(found, tuple) else ()
    return tuple(pair for pair in pairs if not (isinstance(pair, tuple) and pair[0] == "name"))
