"""The codes of every diagnostic that the product can give, read from its source.

Shared by the tests that hold the corpus and the manual against them.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from service.playbook.meaning.scope import Kind

SERVICE = Path(__file__).parents[1] / "service"
POLICY_SOURCE = SERVICE / "policy"
#: What says where a playbook and a policy do not fit each other.
FIT_SOURCE = SERVICE / "decision" / "fit"
EXPERIMENT_SOURCE = SERVICE / "experiment"
#: What makes a diagnostic, or what becomes one, from a code as its first argument.
MAKERS = frozenset(
    {"Diagnostic", "Fault", "Refused", "_Words", "_number_of_parts", "fault", "report"}
)


def diagnostic_codes() -> frozenset[str]:
    """Every code for a playbook, found in its source; `unknown-...` from its kinds."""
    return codes_in(SERVICE / "playbook") | {f"unknown-{kind}" for kind in get_args(Kind)}


def policy_codes() -> frozenset[str]:
    """Every code that only a policy or a pack of laws can have, or a playbook under a policy."""
    return (codes_in(POLICY_SOURCE) | codes_in(FIT_SOURCE)) - diagnostic_codes()


def experiment_codes() -> frozenset[str]:
    """Every code that only an experiment can have."""
    return codes_in(EXPERIMENT_SOURCE) - diagnostic_codes()


@functools.cache
def codes_in(folder: Path) -> frozenset[str]:
    """The codes in the calls that make diagnostics."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and call.args and _called(call) in MAKERS:
                found.update(_texts(call.args[0]))
    return frozenset(found)


def _called(call: ast.Call) -> str:
    """The last part of what is called: `report` in `scope.report(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _texts(argument: ast.expr) -> Iterator[str]:
    """The texts that an argument can be; none where it comes from elsewhere."""
    match argument:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)
