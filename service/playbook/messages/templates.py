"""Message templates: the part of Liquid that a playbook may use, read and filled in.

python-liquid parses and renders. What it may do is narrowed here and in `markup`, `filters`
and `template_reading`: few tags and filters, no loops over ranges, no clock. Nothing that is
missing goes out unnoticed, and whatever a template says, it is over in bounded time.

Templates see `prospect.<fact>`, `parameters.<name>`, `offer.first` and `offer.second`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO, cast

from liquid import BoundTemplate, Environment, FalsyStrictUndefined, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.case_tag import CaseTag
from liquid.builtin.tags.comment_tag import CommentTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import Token
from liquid.undefined import UNDEFINED
from liquid.utils import ReadOnlyChainMap

from service.playbook.messages.filters import FILTERS, LONGEST_OUTPUT, TemplateFault
from service.playbook.messages.markup import Fault, Markup, scan, syntax
from service.playbook.messages.template_reading import HOW_TO, Parsed, Variable, read_nodes
from service.playbook.messages.wording import shown

__all__ = [
    "Compiled",
    "Fault",
    "Parsed",
    "TemplateFault",
    "Variable",
    "compile_template",
    "parse",
    "render",
]

MOST_LOOPS = 1_000
"""Turns of all loops of one rendering together."""

MOST_WRITES = 3_000
"""Pieces of text that one rendering puts out."""

LONGEST_QUOTE = 60
"""How much of a template a message about it repeats."""


@dataclass(frozen=True)
class Compiled:
    """A template ready to be filled in, any number of times and by many threads at once.

    `reads` are the variables that it may look at; `text` is all of it, where it has no markup.
    """

    template: BoundTemplate
    reads: frozenset[tuple[str, ...]]
    text: str | None


def parse(source: str) -> tuple[Parsed | None, tuple[Fault, ...]]:
    """What a template says, or None; and its faults. Never raises."""
    template, faults = _tree(source)
    return (None, faults) if template is None else read_nodes(template.nodes)


def compile_template(source: str) -> Compiled:
    """A template ready to be filled in. Raises TemplateFault where `parse` finds a fault."""
    template, faults = _tree(source)
    parsed = None
    if template is not None:
        parsed, faults = read_nodes(template.nodes)
    if template is None or parsed is None:
        raise TemplateFault(faults[0].message)
    text = "".join(node.text for node in template.nodes if isinstance(node, ContentNode))
    is_plain = text == source and len(text) <= LONGEST_OUTPUT
    reads = frozenset(variable.path for variable in parsed.variables)
    return Compiled(template, reads, text.rstrip("\n") if is_plain else None)


def render(compiled: Compiled, variables: Mapping[str, object]) -> str:
    """The text for these `variables`: `prospect`, `parameters` and `offer`, each a mapping.

    Values stay what they are (bool, int, float, str, date, datetime, list): tests compare
    them, and `wording.shown` writes them. None is the same as nothing. Line breaks at the end
    are dropped. Raises TemplateFault, and nothing else, where no text comes of it.
    """
    if compiled.text is not None:
        return compiled.text
    context, paper = _Context(compiled.template, variables), _Paper()
    stream = cast("TextIO", paper)
    try:
        for node in compiled.template.nodes:
            node.render_to_output(context, stream)  # no tag is disabled for `render` to look for
    except LiquidError as error:
        raise TemplateFault(str(error.message)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise TemplateFault(f"the template cannot be filled in: {error}") from error
    return paper.text().rstrip("\n")


def _tree(source: str) -> tuple[BoundTemplate | None, tuple[Fault, ...]]:
    pieces, faults = scan(source)
    if faults:
        return None, faults
    try:
        return _ENVIRONMENT.from_string(source), ()
    except LiquidError as error:
        return None, (_unreadable(source, pieces, error),)


def _unreadable(source: str, pieces: tuple[Markup, ...], error: LiquidError) -> Fault:
    offset = max(error.token.start_index, 0) if error.token else 0
    for piece in pieces:
        if piece.start <= offset < piece.end:
            text = source[piece.start : piece.end]
            text = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."
            return syntax(f"`{text}` cannot be read: {error.message}", piece.start, HOW_TO)
    return syntax(f"the text cannot be read: {error.message}", offset, HOW_TO)


#: What stands for all that is not known. An exact type: Liquid's are slow to ask by `isinstance`.
_Unknown = FalsyStrictUndefined


class _Paper:
    """What is written on, and has an end: all of a stream that templates use."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._characters = LONGEST_OUTPUT

    def write(self, text: str) -> int:
        self._pieces.append(text)
        self._characters -= len(text)
        if self._characters < 0 or len(self._pieces) > MOST_WRITES:
            raise TemplateFault(f"the text is too long: {LONGEST_OUTPUT} characters are the most")
        return len(text)

    def text(self) -> str:
        return "".join(self._pieces)


class _Context(RenderContext):
    """Looks up what was given and nothing else: no clock, and no `size` of the facts."""

    __slots__ = ("turns",)

    def __init__(self, template: BoundTemplate, given: Mapping[str, object]) -> None:
        super().__init__(template, globals=given)
        self.scope = ReadOnlyChainMap(given)
        self.turns = 0

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        """The value at the end of `path`; undefined where there is none. Has no default."""
        del default
        # No loop has a name that was given. Dicts are told quicker than what is like them.
        value: object = self.globals if path[0] in self.globals else self.scope
        for name in path:
            value = value.get(name) if isinstance(value, (dict, Mapping)) else None
            if value is None:
                whole = ".".join(map(str, path))
                return self.env.undefined(whole, hint=f"`{whole}` is not known", token=token)
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """One of our filters, which want nothing of the context."""
        del token
        return self.env.filters[name]

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Count the turns of every loop that is entered. Raises TemplateFault after too many."""
        self.turns += length
        if self.turns > MOST_LOOPS:
            raise TemplateFault(f"loops turn more than {MOST_LOOPS} times")


class _OutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if type(value) is _Unknown:
            raise TemplateFault(str(value.hint))
        if value is None:
            raise TemplateFault(f"`{self}` comes to nothing")
        return buffer.write(shown(value))


class _Output(Output):
    node_class = _OutputNode


class _Case(CaseTag):
    """A `case` that reads the whole of a `when`."""

    def _parse_when_expression(self, stream: TokenStream) -> list[Expression]:
        values = super()._parse_when_expression(stream)
        stream.expect_eos()
        return values


class _LoopOrElse(LoopExpression):
    """The list of a `for` that has an `else`: one that is not known is an empty one."""

    def _to_iter(self, obj: object, context: RenderContext) -> tuple[Iterator[Any], int]:
        if type(obj) is _Unknown or obj is None:
            return iter(()), 0
        return super()._to_iter(obj, context)


class _For(ForTag):
    """A `for` whose `else` is also for a list that is not known."""

    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, ForNode) and node.default is not None:
            loop = node.expression
            node.expression = _LoopOrElse(
                loop.token,
                loop.identifier,
                loop.iterable,
                limit=loop.limit,
                offset=loop.offset,
                reversed_=loop.reversed,
                cols=loop.cols,
            )
        return node


class _Placed(Tag):
    """A tag whose errors say where they are, even at the end of an expression."""

    def get_node(self, stream: TokenStream) -> Node:
        try:
            return self.parse(stream)
        except LiquidError as error:
            if error.token is None or error.token.start_index < 0:
                error.token = stream.tokens[max(stream.pos - 1, 0)]
            raise


def _passing(apply: Callable[..., object]) -> Callable[..., object]:
    """A filter as Liquid calls it: what is missing goes in as None, and comes out as it was."""

    def applied(value: object, *arguments: object) -> object:
        given = [None if type(item) is _Unknown else item for item in (value, *arguments)]
        result = apply(*given)
        return value if result is None else result

    return applied


class _Environment(Environment):
    """Strict Liquid without the rest of Liquid."""

    #: White space is the writer's own; nothing that was written is left out.
    suppress_blank_control_flow_blocks = False

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register what `markup` and `filters` allow."""
        del extra
        for tag in (Literal, Illegal, _Output, IfTag, UnlessTag, _Case, _For, CommentTag):
            self.add_tag(type(tag.__name__, (_Placed, tag), {"mode": Mode.STRICT}))
        for name, known in FILTERS.items():
            self.add_filter(name, _passing(known.apply))


_ENVIRONMENT = _Environment(undefined=_Unknown)
