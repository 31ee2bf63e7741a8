"""Message templates: the part of Liquid that a playbook may use, read and filled in.

The only user of python-liquid, which parses and renders. What it may do is narrowed here and
in `markup` and `filters`: few tags and filters, no loops over ranges, no clock. Nothing that
is missing goes out unnoticed, and whatever a template says, it is over in bounded time.

Templates see `prospect.<fact>`, `parameters.<name>`, `offer.first` and `offer.second`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from liquid import BoundTemplate, Environment, FalsyStrictUndefined, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.content import Literal as ContentTag
from liquid.builtin.expressions import FilteredExpression, Literal, Nil, Path
from liquid.builtin.expressions import logical as tests
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.case_tag import CaseNode, CaseTag, MultiExpressionBlockNode
from liquid.builtin.tags.comment_tag import CommentTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessNode, UnlessTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import Token
from liquid.undefined import UNDEFINED, Undefined

from service.playbook.diagnostics import did_you_mean
from service.playbook.filters import FILTERS, LONGEST_OUTPUT, TemplateFault
from service.playbook.markup import Fault, Markup, scan, syntax
from service.playbook.wording import shown

MOST_LOOPS = 1_000
"""Turns of all loops of a template together."""

MOST_WRITES = 3_000
"""Pieces of text that one rendering may put out."""

MOST_FILTERS = 8
"""Filters on one value."""

LENGTH_OF_A_VALUE = 20
"""How many characters a value is taken to have where lengths are estimated."""

Names = tuple[str, ...]
_ROOTS = frozenset({"prospect", "parameters", "offer"})
_LOOP_WORDS = frozenset({"first", "last", "index", "index0", "rindex", "rindex0", "length"})
_HOW_TO = 'variables look like `{{ prospect.first_name }}`, tests like `prospect.rapport == "some"`'


@dataclass(frozen=True)
class Variable:
    """A variable where it stands in a template.

    `guarded`: nothing is lost if it has no value, because a `default` follows, it is only
    tested, or the text around it is for prospects of whom it is known.
    """

    path: Names
    guarded: bool
    offset: int


@dataclass(frozen=True)
class Parsed:
    """A template that can be read: its variables, and how long its longest text may come out."""

    variables: tuple[Variable, ...]
    length: int


@dataclass(frozen=True)
class Compiled:
    """A template ready to be filled in, any number of times and by many threads at once."""

    source: BoundTemplate


def parse(source: str) -> tuple[Parsed | None, tuple[Fault, ...]]:
    """What a template says, or None; and all its faults. Never raises."""
    pieces, faults = scan(source)
    if faults:
        return None, faults
    try:
        template = _ENVIRONMENT.from_string(source)
    except LiquidError as error:
        return None, (_unreadable(source, pieces, error),)
    reader = _Reader()
    length = reader.block(template.nodes, _Known())
    if reader.faults:
        return None, tuple(sorted(reader.faults, key=lambda fault: fault.offset))
    return Parsed(tuple(sorted(reader.variables, key=lambda v: v.offset)), length), ()


def compile_template(source: str) -> Compiled:
    """A template ready to be filled in. Raises TemplateFault where `parse` finds a fault."""
    _, faults = parse(source)
    if faults:
        raise TemplateFault(faults[0].message)
    return Compiled(_ENVIRONMENT.from_string(source))


def render(compiled: Compiled, variables: Mapping[str, object]) -> str:
    """The text for these `variables`: `prospect`, `parameters` and `offer`, each a mapping.

    Values stay what they are (bool, int, float, str, date, datetime, list): tests compare
    them, and `wording.shown` writes them. None is the same as nothing. Line breaks at the end
    are dropped. Raises TemplateFault, and nothing else, where no text comes of it.
    """
    context = _Context(compiled.source, globals=variables)
    paper = _Paper()
    try:
        for node in compiled.source.nodes:
            node.render(context, paper)
    except LiquidError as error:
        raise TemplateFault(str(error.message)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise TemplateFault(f"the template cannot be filled in: {error}") from error
    return paper.getvalue().rstrip("\n")


def _unreadable(source: str, pieces: tuple[Markup, ...], error: LiquidError) -> Fault:
    offset = error.token.start_index if error.token else 0
    piece = next((piece for piece in pieces if piece.start <= offset < piece.end), None)
    if piece is None:
        return syntax(f"the text cannot be read: {error.message}", max(offset, 0))
    text = source[piece.start : piece.end]
    return syntax(f"`{text}` cannot be read: {error.message}", piece.start, _HOW_TO)


# ---- reading ------------------------------------------------------------------------


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
    tests.LtExpression,
    tests.GtExpression,
    tests.LeExpression,
    tests.GeExpression,
    tests.ContainsExpression,
)


def _implied(test: Expression) -> tuple[_Facts, _Facts]:
    """The variables that have a value when a test holds, and when it does not."""
    match test:
        case tests.BooleanExpression():
            return _implied(test.expression)
        case Path():
            return frozenset({_names(test)}), _NOTHING
        case tests.LogicalAndExpression():
            (yes, no), (yes_too, no_too) = _implied(test.left), _implied(test.right)
            return yes | yes_too, no & no_too
        case tests.LogicalOrExpression():
            (yes, no), (yes_too, no_too) = _implied(test.left), _implied(test.right)
            return yes & yes_too, no | no_too
        case tests.EqExpression():
            return _implied_by_equality(test.left, test.right)
        case tests.NeExpression():
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
            self.fault("template-filter", message, expression.token)
        for place, applied in enumerate(filters):
            self.check_filter(applied.name, len(applied.args), names[place + 1 :], applied.token)
            for argument in applied.args:
                if hasattr(argument, "name"):
                    self.fault("template-filter", "filters take no named values", applied.token)
                self.value(argument.value, known)
