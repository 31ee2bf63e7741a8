"""From a text to a policy or a pack of laws, with everything that is wrong on the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.playbook.diagnostics import Diagnostic, Place, did_you_mean, has_errors, in_order
from service.playbook.load import bounded
from service.playbook.meaning.scope import Scope, as_list
from service.playbook.shape.schema import find_flaws
from service.playbook.text.document import Document, read
from service.policy.digest import digest_of
from service.policy.policy import STANDING_GUARDS, Laws, Policy, Row, Seller
from service.policy.rows import check_country, read_row
from service.policy.sense import check_hours_agree, check_rows_hold

Examples = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class LoadedLaws:
    """What became of a pack's text: its laws, unless a diagnostic is an error.

    `examples` are as they were written; `policy_of_laws` gives the policy to run them with.
    """

    laws: Laws | None
    diagnostics: tuple[Diagnostic, ...]
    examples: Examples = ()


@dataclass(frozen=True)
class LoadedPolicy:
    """What became of a policy's text: the policy, unless a diagnostic is an error.

    `examples` are as they were written.
    """

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    examples: Examples = ()


def load_laws(text: str | bytes) -> LoadedLaws:
    """Read and check a pack of laws. Never raises for what the text holds."""
    document, found = read(text)
    if document is None:
        return LoadedLaws(None, in_order(found))
    reading = _Reading(document, "laws.schema.json", "rows", "law")
    _check_expected(reading, reading.names)
    found = bounded([*found, *reading.flaws, *reading.scope.found(), *_sense(reading, Seller())])
    if has_errors(found):
        return LoadedLaws(None, found)
    data, rows = document.data, tuple(reading.rows)
    laws = Laws(
        name=data["laws"],
        title=data["title"],
        notice=data["notice"].strip(),
        rows=rows,
        digest=digest_of(rows, Seller()),
    )
    return LoadedLaws(laws, found, reading.examples)


def load_policy(text: str | bytes, packs: Mapping[str, Laws]) -> LoadedPolicy:
    """Read and check a policy; `packs` are the laws that it may switch on, by their names.

    Never raises for what the text holds.
    """
    document, found = read(text)
    if document is None:
        return LoadedPolicy(None, in_order(found))
    reading = _Reading(document, "policy.schema.json", "rules", "guard")
    seller = _seller(reading)
    laws = _switched_on(reading, packs)
    _check_expected(reading, (*reading.names, *(law.name for law in laws)))
    found = bounded([*found, *reading.flaws, *reading.scope.found(), *_sense(reading, seller)])
    if has_errors(found):
        return LoadedPolicy(None, found)
    data, rows = document.data, (*reading.rows, *laws)
    policy = Policy(
        name=data["policy"],
        title=data["title"],
        about=data["about"].strip(),
        seller=seller,
        rows=rows,
        digest=digest_of(rows, seller),
    )
    return LoadedPolicy(policy, found, reading.examples)


class _Reading:
    """A document being read: its rows, and what is wrong with them.

    `rows` are those that could be read, `names` the names of all, each with its place.
    """

    def __init__(self, document: Document, schema: str, section: str, key: str) -> None:
        flaws = find_flaws(document, schema)
        self.flaws = [flaw.diagnostic for flaw in flaws]
        self.scope = Scope(document, [flaw.path for flaw in flaws], complete=not flaws)
        self.names: dict[str, Place] = {}
        self.rows: list[Row] = []
        self.complete = self.scope.is_readable((section,))
        for path, item in self.scope.items(section):
            named = (*path, key)
            if self._is_name(item, key) and self._is_new(item[key], named):
                self.names[item[key]] = self.scope.place(named)
            row = read_row(item, path, self.scope, key)
            if row is not None and self.names.get(row.name) == self.scope.place(named):
                self.rows.append(row)
        written = document.data.get(section)
        self.complete &= all(self._is_name(item, key) for item in as_list(written))

    @staticmethod
    def _is_name(item: object, key: str) -> bool:
        return isinstance(item, dict) and isinstance(item.get(key), str)

    def _is_new(self, name: str, path: tuple[str | int, ...]) -> bool:
        if name in STANDING_GUARDS:
            message = f"`{name}` is a guard that is always there"
        elif name in self.names:
            message = f"`{name}` stands in line {self.names[name].line} already"
        else:
            return True
        self.scope.report("duplicate-name", message, path, "choose another name")
        return False

    @property
    def examples(self) -> Examples:
        return tuple(item for _, item in self.scope.items("examples"))


def _sense(reading: _Reading, seller: Seller) -> Iterator[Diagnostic]:
    yield from check_rows_hold(reading.rows, reading.names, seller)
    yield from check_hours_agree(reading.rows, reading.names)


def _seller(reading: _Reading) -> Seller:
    scope = reading.scope
    written = scope.document.data.get("seller")
    if written is None or not scope.is_sound(("seller",)):
        return Seller()
    check_country(written["country"], ("seller", "country"), scope)
    return Seller(written["country"], written.get("region", ""))


def _switched_on(reading: _Reading, packs: Mapping[str, Laws]) -> tuple[Row, ...]:
    """The laws that a policy names: whole packs, or single laws of any pack."""
    scope = reading.scope
    single = {row.name: (row,) for laws in packs.values() for row in laws.rows}
    known = {**single, **{name: laws.rows for name, laws in packs.items()}}
    found: dict[str, Row] = {}
    for path, name in scope.items("laws"):
        if name not in known:
            hint = did_you_mean(name, known) or "see the folder `laws` for their names"
            scope.report("unknown-law", f"there is no law and no pack `{name}`", path, hint)
            continue
        for row in known[name]:
            _check_taken(row, name, path, reading, found)
            found[row.name] = row
    return tuple(found.values())


def _check_taken(
    row: Row,
    name: str,
    path: tuple[str | int, ...],
    reading: _Reading,
    found: Mapping[str, Row],
) -> None:
    """Every name stands for one row: of the house, or of one law."""
    report = reading.scope.report
    if row.name in reading.names:
        message = f"`{row.name}` is a law of `{name}`, and a rule here has the same name"
        report("duplicate-name", message, path, "give the rule another name")
    elif row.name in found:
        message = f"`{row.name}` is switched on already"
        hint = "keep the pack or the single law, not both"
        if found[row.name] != row:
            hint = "two packs have a law of this name; give one of them another"
        report("duplicate-name", message, path, hint)


def _check_expected(reading: _Reading, names: Iterable[str]) -> None:
    """The guards that examples expect are there."""
    known = {*STANDING_GUARDS, *names}
    for path, example in reading.scope.items("examples"):
        inner = (*path, "expect", "guard")
        if not reading.complete or not reading.scope.is_sound(path):
            continue
        guard = example["expect"].get("guard")
        if guard is not None and guard not in known:
            hint = did_you_mean(guard, known) or "name a rule or a law of this policy"
            reading.scope.report("unknown-guard", f"there is no guard `{guard}`", inner, hint)
