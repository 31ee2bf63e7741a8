"""Rows and rules that stand in each other's way: covered rows, overlaps, two values at once."""

from collections.abc import Iterator

from service.playbook.diagnostics import Diagnostic
from service.playbook.reach.regions import FALSE
from service.playbook.reach.search import can_hold
from service.playbook.reach.truth import Given, Truth
from service.playbook.reach.witness import contradiction, example
from service.playbook.rules import Conclude, Row, Table


def unreached_rows(truth: Truth) -> Iterator[Diagnostic]:
    """Rows that match nobody, and rows of `first` tables for which nobody is left."""
    for table in truth.playbook.tables:
        above: list[tuple[int, int]] = []
        for number, row in enumerate(table.rows, 1):
            where = truth.row(row)
            if where == FALSE:
                yield _never_matches(truth, table, number, row)
            elif table.hit == "first":
                yield from _unreached(truth, table, number, above)
            above.append((number, where))


def _unreached(
    truth: Truth, table: Table, number: int, above: list[tuple[int, int]]
) -> Iterator[Diagnostic]:
    row = table.rows[number - 1]
    where = truth.row(row)
    covering = [n for n, other in above if truth.diagrams.implies(where, other)]
    free = (truth.diagrams.negated(other) for _, other in above)
    if covering or not can_hold(truth.diagrams, [where, *free]):
        what = f"row {covering[0]}" if covering else "the rows above it together"
        message = f"row {number} of table `{table.name}` is covered by {what}"
        hint = "put the row higher, or delete it"
        yield Diagnostic("row-never-reached", message, row.place, hint)


def _never_matches(truth: Truth, table: Table, number: int, row: Row) -> Diagnostic:
    why = contradiction(truth, [cell for cell in row.cells if cell is not None])
    message = f"row {number} of table `{table.name}` can never match: {why}"
    hint = "change one of its cells, or delete the row"
    return Diagnostic("rule-never-fires", message, row.place, hint)


def clashing_tables(truth: Truth) -> Iterator[Diagnostic]:
    """Rows of `unique` tables that match the same prospect."""
    for table in truth.playbook.tables:
        if table.hit == "unique":
            yield from _overlaps(truth, table)


def _overlaps(truth: Truth, table: Table) -> Iterator[Diagnostic]:
    """Each row is told once, with the first row above that it overlaps."""
    rows = [truth.row(row) for row in table.rows]
    for number, where in enumerate(rows):
        for other, earlier in enumerate(rows[:number]):
            if truth.diagrams.both(where, earlier) != FALSE:
                message = f"rows {other + 1} and {number + 1} of table `{table.name}` both match"
                where_both = _where(truth, where, earlier)
                hint = f"{where_both}; change one of them, or use `hit: first`"
                place = table.rows[number].place
                yield Diagnostic("overlapping-rows", message, place, hint)
                break


def _where(truth: Truth, *functions: int) -> str:
    where = example(truth, functions)
    return f"for example where {where}" if where else "for every prospect"


def conflicting_conclusions(truth: Truth) -> Iterator[Diagnostic]:
    """Facts that two rules can give different values at once, or two parts conclude."""
    for fact in sorted(truth.concluded):
        yield from _two_sources(truth, fact)
        yield from _two_values(truth, fact)


def _two_sources(truth: Truth, fact: str) -> Iterator[Diagnostic]:
    rule = next((rule for rule in truth.playbook.conclusions if fact in rule.then), None)
    first = f"rule `{rule.name}`" if rule else ""
    for table in truth.playbook.tables:
        if fact not in table.outputs:
            continue
        if first:
            message = f"`{fact}` is concluded by table `{table.name}` and by {first}"
            hint = "let one table conclude it, with a row for each case"
            yield Diagnostic("conflicting-conclusions", message, table.place, hint)
        first = first or f"table `{table.name}`"


def _two_values(truth: Truth, fact: str) -> Iterator[Diagnostic]:
    """Each rule is told once, with the first rule above that it can contradict."""
    earlier: list[tuple[Conclude, Given]] = []
    for given in truth.givens(fact):
        rule = given.source
        if not isinstance(rule, Conclude):
            continue
        for other, before in earlier:
            together = truth.diagrams.both(given.where, before.where)
            if together != FALSE and given.value != before.value:
                message = (
                    f"rules `{other.name}` and `{rule.name}` can give `{fact}` different values"
                )
                where = _where(truth, given.where, before.where)
                hint = f"{where}; let a table with `hit: first` conclude it instead"
                yield Diagnostic("conflicting-conclusions", message, rule.place, hint)
                break
        earlier.append((rule, given))
