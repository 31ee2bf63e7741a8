"""Tables that read well on a terminal and in a README alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable

_FEW, _MANY = 10, 100


@dataclass(frozen=True)
class Table:
    """A title, the names of its columns, and rows of as many texts each."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """As Markdown: the first column is text, all others lie to the right."""
        lines = [self.columns, ("---", *("---:" for _ in self.columns[1:])), *self.rows]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])

    def show(self, console: Console) -> None:
        """On the terminal."""
        table = RichTable(title=self.title, title_justify="left", show_edge=False)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        console.print(table, "")


def number(value: float) -> str:
    """A measured number with the digits that mean anything.

    >>> number(0.4567), number(45.67), number(4567.8)
    ('0.46', '45.7', '4,568')
    """
    if abs(value) < _FEW:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < _MANY else f"{value:,.0f}"


def middle(spread: Mapping[str, float]) -> str:
    """The median, and between which two numbers eight of ten lie."""
    return f"{number(spread['median'])} ({number(spread['p10'])}-{number(spread['p90'])})"


def medians(spreads: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The medians alone."""
    return (number(spread["median"]) for spread in spreads.values())
