"""What the parts of a playbook may refer to, and where what is wrong with them is noted."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from service.playbook.diagnostics import Diagnostic, Place, Severity, did_you_mean
from service.playbook.rules import Conclude, Parameter, Play, Ref, Scalar
from service.playbook.text.document import Document
from service.playbook.text.slips import SYNONYMS
from service.playbook.text.source import MAX_DIAGNOSTICS, shortened
from service.playbook.vocabulary import Fact

Path = tuple[str | int, ...]
#: What a playbook names in one place and uses in another; unknown ones are `unknown-` and this.
Kind = Literal["action", "claim", "fact", "template", "window"]

#: What a parameter looks like where a fact is expected.
PARAMETER_FACT = Fact("", "integer", "A parameter", always_known=True)


@dataclass
class Scope:
    """The names in force while one playbook is read, and the diagnostics so far.

    `broken` are the paths at which the shape is wrong already: what lies there is passed
    over, since it has been reported, and the rest of the part around it is read. `unsure` are
    names declared in such a place: they exist, and nobody knows what they are. `blind` says
    that a whole section of names could not be read, so that an unknown name proves nothing.
    `left_out` are the places of mistakes beyond `MAX_DIAGNOSTICS`. `complete` turns False when
    a part could not be built; `sketches` are the rules as far as their conditions.
    """

    document: Document
    broken: Collection[Path] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    actions: Collection[str] = ()
    templates: Collection[str] = ()
    windows: Collection[str] = ()
    unsure: set[str] = field(default_factory=set)
    blind: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)
    left_out: list[Place] = field(default_factory=list)
    complete: bool = True
    sketches: list[Conclude | Play] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look the misshapen paths up quickly, and the paths that lead to them."""
        self._broken = frozenset(self.broken)
        self._around = frozenset(bad[:n] for bad in self._broken for n in range(len(bad) + 1))

    def is_readable(self, path: Path) -> bool:
        """Whether the value at a path is of the right kind; pieces of it may be misshapen."""
        return path not in self._broken

    def is_sound(self, path: Path) -> bool:
        """Whether nothing at or below a path was found misshapen."""
        return path not in self._around

    def is_sound_but(self, path: Path, names: Collection[str]) -> bool:
        """Whether nothing at or below a path is misshapen but what stands under these names."""
        below = [bad for bad in self._broken if bad[: len(path)] == path]
        return all(bad != path and bad[len(path)] in names for bad in below)

    def piece(self, data: dict[str, Any], key: str, path: Path) -> Any:  # noqa: ANN401
        """What stands under a key of the part at a path; None where it cannot be read."""
        return data.get(key) if self.is_readable((*path, key)) else None

    def items(self, section: str) -> Iterator[tuple[Path, Any]]:
        """The parts of a section that is a list, with their paths; unreadable ones left out."""
        if self.is_readable((section,)):
            for i, item in enumerate(self.document.data.get(section) or ()):
                if self.is_readable((section, i)):
                    yield (section, i), item

    def entries(self, section: str) -> Iterator[tuple[str, Any]]:
        """The parts of a section that is a group, by name; misshapen ones left out."""
        if self.is_readable((section,)):
            for name, item in (self.document.data.get(section) or {}).items():
                if self.is_sound((section, name)):
                    yield name, item

    def names(self, section: str) -> tuple[str, ...]:
        """All names in a section that is a group, whatever stands under them."""
        written = self.document.data.get(section)
        return tuple(written) if isinstance(written, dict) else ()

    def report(
        self,
        code: str,
        message: str,
        path: Path,
        hint: str = "",
        *,
        at_key: bool = False,
        severity: Severity = "error",
    ) -> None:
        """Note what is wrong at a path (at its key, where the key itself is the mistake)."""
        place = self.document.key_place(path) if at_key else self.document.place(path)
        if not self.is_full:
            self.diagnostics.append(Diagnostic(code, message, place, hint, severity))
        elif severity == "error":
            self.left_out.append(place)
            self.complete = False

    @property
    def is_full(self) -> bool:
        """Whether enough is wrong already for one reading."""
        return len(self.diagnostics) >= MAX_DIAGNOSTICS

    @property
    def noted(self) -> int:
        """How much was found wrong so far, told or not."""
        return len(self.diagnostics) + len(self.left_out)

    def found(self) -> tuple[Diagnostic, ...]:
        """What was found wrong; beyond `MAX_DIAGNOSTICS`, how much more there is."""
        if not self.left_out:
            return tuple(self.diagnostics)
        message = f"there are {len(self.left_out):,} more mistakes from here on"
        hint = "mend the others first, and check again"
        more = Diagnostic("too-many-mistakes", message, min(self.left_out), hint)
        return (*self.diagnostics, more)

    def unknown(
        self, kind: Kind, name: str, path: Path, known: Iterable[str], *, at_key: bool = False
    ) -> None:
        """Note a name that stands for nothing; the part that uses it is left out."""
        self.complete = False
        if self.blind or name in self.unsure:
            return
        if kind == "fact" and name in self.parameters:
            message = f"`{name}` is a parameter, and this must be a fact"
            hint = f"a fact can be compared with it: `touches: {{at_least: ${name}}}`"
        else:
            message = f"there is no {kind} `{as_written(name)}`"
            hint = self._suggestion(name, known, f"{kind}s")
        self.report(f"unknown-{kind}", message, path, hint, at_key=at_key)

    def fact(self, name: str, path: Path, *, at_key: bool = False) -> Fact | None:
        """The fact of a name, or None after noting that there is none."""
        fact = self.facts.get(name)
        if fact is None:
            self.unknown("fact", name, path, self.facts, at_key=at_key)
        return fact

    def referred(self, name: str, path: Path) -> Fact | None:
        """What `$name` stands for: a parameter or a fact; None after noting neither."""
        if name in self.parameters:
            return PARAMETER_FACT
        if name not in self.facts:
            known = (*self.parameters, *self.facts)
            self.unknown_reference(
                name, "neither a parameter nor a fact of this playbook", path, known
            )
        return self.facts.get(name)

    def parameter(self, name: str, path: Path) -> Parameter | None:
        """The parameter that `$name` stands for, where nothing else will do; None if there is none.

        Notes what is wrong, too.
        """
        if name not in self.parameters:
            what = "not a parameter of this playbook"
            if name in self.facts:
                what = "a fact, and only a parameter can stand here"
            self.unknown_reference(name, what, path, self.parameters)
        return self.parameters.get(name)

    def unknown_reference(self, name: str, what: str, path: Path, known: Iterable[str]) -> None:
        """Note a `$name` that stands for nothing that could be meant."""
        self.complete = False
        if self.blind or name in self.unsure:
            return
        hint = self._suggestion(name, known, "parameters")
        self.report("unknown-parameter", f"`${name}` is {what}", path, hint)

    def _suggestion(self, name: str, known: Iterable[str], section: str) -> str:
        """The nearest name; where none is near, the few there are, and where to add one."""
        if self.is_full:
            return ""  # looking for near names takes time
        if section == "facts" and name in SYNONYMS:
            return f"did you mean `{SYNONYMS[name]}`?"
        hint = did_you_mean(name, known)
        if hint.startswith("did"):
            return hint
        return f"{hint}, or add it under `{section}`" if hint else f"add it under `{section}`"

    def constant(self, value: Scalar | Ref) -> Scalar | Ref:
        """A parameter's number in place of its name; anything else as it is."""
        if isinstance(value, Ref) and value.name in self.parameters:
            return self.parameters[value.name].value
        return value

    def place(self, path: Path) -> Place:
        """Where the value at a path stands."""
        return self.document.place(path)


def as_written(value: object) -> str:
    """A value as a message can quote it: as it stands in the playbook, in one short line."""
    return shortened(str(value).lower() if isinstance(value, bool) else str(value))


def as_ref(value: object) -> Ref | None:
    """`$name` as a reference; None for anything else."""
    if isinstance(value, str) and value.startswith("$"):
        return Ref(value[1:])
    return None


def as_list(value: object) -> list[object]:
    """One value or a list of them, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
