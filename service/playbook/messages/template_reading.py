"""What a template says, read off Liquid's parse tree: variables, what guards them, lengths.

Shares python-liquid with `templates` only, which makes the tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import (
    BooleanExpression,
    FilteredExpression,
    KeywordArgument,
    Literal,
    Nil,
    Path,
)
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression
from liquid.token import Token

from service.playbook.diagnostics import did_you_mean
from service.playbook.messages.filters import FILTERS
from service.playbook.messages.markup import Fault

MOST_FILTERS = 8
"""Filters on one value."""

LENGTH_OF_A_VALUE = 20
"""How many characters a value is taken to have where lengths are estimated."""

Names = tuple[str, ...]
#: What templates can see.
ROOTS = frozenset({"prospect", "parameters", "offer"})
HOW_TO = 'variables look like `{{ prospect.first_name }}`, tests like `prospect.rapport == "some"`'
_LOOP_WORDS = frozenset({"first", "last", "index", "index0", "rindex", "rindex0", "length"})


@dataclass(frozen=True)
class Variable:
    """A variable where it stands in a template, `offset` characters from its beginning.

    `guarded`: nothing is lost if it has no value, because a `default` follows, it is only
    tested, or the text around it is for prospects of whom it is known.
    """

    path: Names
    guarded: bool
    offset: int


@dataclass(frozen=True)
class Parsed:
    """A template that can be read: its variables, and about how long its text can come out."""

    variables: tuple[Variable, ...]
    length: int


def read_nodes(nodes: Iterable[Node]) -> tuple[Parsed | None, tuple[Fault, ...]]:
    """What a parse tree says, or None; and the faults in it."""
    reader = _Reader()
    length = reader.block(nodes, _Known())
    if reader.faults:
        return None, tuple(sorted(reader.faults, key=lambda fault: fault.offset))
    return Parsed(tuple(sorted(reader.variables, key=lambda v: v.offset)), length), ()


@dataclass(frozen=True)
class _Known:
    """What is known where a piece of text stands: facts with a value, and loops' own names."""

    facts: frozenset[Names] = frozenset()
    local: frozenset[str] = frozenset()

    def also(self, facts: Iterable[Names]) -> "_Known":
        return replace(self, facts=self.facts.union(facts))


_Facts = frozenset[Names]
_NOTHING: _Facts = frozenset()
_ORDERED = (
    LtExpression,
    GtExpression,
    LeExpression,
    GeExpression,
    ContainsExpression,
)


def _implied(test: Expression) -> tuple[_Facts, _Facts]:
    """The variables that have a value when a test holds, and when it does not."""
    match test:
        case BooleanExpression():
            return _implied(test.expression)
        case Path():
            return frozenset({_names(test)}), _NOTHING
        case LogicalAndExpression():
            (yes, no), (yes_too, no_too) = _implied(test.left), _implied(test.right)
            return yes | yes_too, no & no_too
        case LogicalOrExpression():
            (yes, no), (yes_too, no_too) = _implied(test.left), _implied(test.right)
            return yes & yes_too, no | no_too
        case EqExpression():
            return _implied_by_equality(test.left, test.right)
        case NeExpression():
            yes, no = _implied_by_equality(test.left, test.right)
            return no, yes
        case _ if isinstance(test, _ORDERED):
            return frozenset(_names(s) for s in test.children() if isinstance(s, Path)), _NOTHING
    return _NOTHING, _NOTHING


def _implied_by_equality(left: Expression, right: Expression) -> tuple[_Facts, _Facts]:
    if isinstance(right, Path):
        left, right = right, left
    fact = frozenset({_names(left)}) if isinstance(left, Path) else _NOTHING
    if isinstance(right, Nil):
        return _NOTHING, fact
    return (fact if isinstance(right, Literal) else _NOTHING), _NOTHING


def _names(path: Path) -> Names:
    return tuple(map(str, path.path))


class _Reader:
    """Goes through a template once: notes variables and faults, adds up lengths."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.faults: list[Fault] = []

    def block(self, nodes: Iterable[Node], known: _Known) -> int:
        return sum(self.node(node, known) for node in nodes)

    def node(self, node: Node, known: _Known) -> int:
        match node:
            case ContentNode():
                return len(node.text)
            case OutputNode():
                self.output(node.expression, known)
                return LENGTH_OF_A_VALUE
            case IfNode() | UnlessNode():
                return self.choice(node, known)
            case CaseNode():
                return self.case(node, known)
            case ForNode():
                return self.loop(node, known)
        return 0

    def output(self, expression: Expression, known: _Known) -> None:
        if not isinstance(expression, FilteredExpression):
            return
        filters = expression.filters or []
        names = [applied.name for applied in filters]
        self.value(expression.left, known, guarded="default" in names)
        if len(filters) > MOST_FILTERS:
            message = f"there are more than {MOST_FILTERS} filters on one value"
            hint = "leave some of them out"
            self.fault("template-filter", message, expression.token, hint)
        for place, applied in enumerate(filters):
            self.check_filter(applied.name, len(applied.args), names[place + 1 :], applied.token)
            for argument in applied.args:
                if isinstance(argument, KeywordArgument):
                    message, hint = "filters take no named values", "leave out the name and its `:`"
                    self.fault("template-filter", message, applied.token, hint)
                self.value(argument.value, known)

    def check_filter(self, name: str, count: int, after: list[str], token: Token) -> None:
        known = FILTERS.get(name)
        if known is None:
            hint = did_you_mean(name, FILTERS)
            self.fault("template-filter", f"there is no filter `{name}`", token, hint)
        elif not known.fewest <= count <= known.most:
            takes = " to ".join(map(str, sorted({known.fewest, known.most})))
            takes += " value" if takes == "1" else " values"
            message = f"`{name}` takes {takes} after a colon, and has {count}"
            values = ", ".join(['"..."'] * known.fewest)
            example = f"| {name}: {values}" if values else f"| {name}"
            self.fault("template-filter", message, token, f"write `{example}`")
        elif known.may_lose and "default" not in after:
            message = f"the `{name}` of an empty list is nothing"
            self.fault("template-filter", message, token, 'put `| default: "..."` after it')

    def choice(self, node: IfNode | UnlessNode, known: _Known) -> int:
        self.test(node.condition, known)
        yes, no = _implied(node.condition)
        if isinstance(node, UnlessNode):
            yes, no = no, yes
        lengths = [self.block(node.consequence.nodes, known.also(yes))]
        known = known.also(no)
        for branch in node.alternatives:
            self.test(branch.expression, known)
            yes, no = _implied(branch.expression)
            lengths.append(self.block(branch.block.nodes, known.also(yes)))
            known = known.also(no)
        if node.default:
            lengths.append(self.block(node.default.nodes, known))
        return max(lengths)

    def case(self, node: CaseNode, known: _Known) -> int:
        self.test(node.expression, known)
        lengths = [0]
        for block in node.blocks:
            if isinstance(block, MultiExpressionBlockNode):
                yes = [
                    _implied_by_equality(node.expression, e)[0]
                    for e in block.expression.expressions
                ]
                self.test(block.expression, known)
                inside = known.also(frozenset.intersection(*yes))
                lengths.append(self.block(block.block.nodes, inside))
            else:
                lengths.append(self.block(block.nodes, known))
        return max(lengths)

    def loop(self, node: ForNode, known: _Known) -> int:
        loop = node.expression
        for part in loop.children():
            # The `else` is for a list that is not known, too.
            self.value(part, known, guarded=part is loop.iterable and node.default is not None)
        name = str(loop.identifier)
        if name in ROOTS or name == "forloop":
            self.fault("template-syntax", f"a loop cannot use the name `{name}`", loop.token)
        inside = replace(known, local=known.local | {name, "forloop"})
        turns = self.block(node.block.nodes, inside)
        return max(turns, self.block(node.default.nodes, known) if node.default else 0)

    def test(self, test: Expression, known: _Known) -> None:
        """Note what a test looks at: no harm comes if that has no value."""
        if isinstance(test, Path | RangeLiteral):
            self.value(test, known, guarded=True)
        else:
            for part in test.children():
                self.test(part, known)

    def value(self, value: Expression, known: _Known, *, guarded: bool = False) -> None:
        if isinstance(value, RangeLiteral):
            self.fault("template-syntax", "templates know no ranges", value.token)
        elif isinstance(value, Path):
            self.path(value, known, guarded=guarded)

    def path(self, path: Path, known: _Known, *, guarded: bool) -> None:
        names = _names(path)
        if not all(isinstance(part, str) for part in path.path):
            message = "variables cannot have brackets"
            self.fault("template-syntax", message, path.token, HOW_TO)
        elif names[0] not in known.local:
            guarded = guarded or names in known.facts
            self.variables.append(Variable(names, guarded, path.token.start_index))
        elif names[1:] and not (
            names[0] == "forloop" and names[1] in _LOOP_WORDS and names[2:] == ()
        ):
            word = ".".join(names)
            self.fault("template-syntax", f"there is no `{word}` in a loop", path.token)

    def fault(self, code: str, message: str, token: Token, hint: str = "") -> None:
        self.faults.append(Fault(code, message, max(token.start_index, 0), hint))
