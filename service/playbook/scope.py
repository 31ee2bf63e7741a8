"""What the parts of a playbook may refer to, and where what is wrong with them is noted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from service.playbook.diagnostics import Diagnostic, Place, Severity, did_you_mean
from service.playbook.document import Document
from service.playbook.rules import Parameter, Ref, Scalar
from service.playbook.vocabulary import Fact

Path = tuple[str | int, ...]

#: What a parameter looks like where a fact is expected.
PARAMETER_FACT = Fact("", "integer", "A parameter", always_known=True)


@dataclass
class Scope:
    """The names in force while one playbook is read, and the diagnostics so far.

    `broken` are the paths at which the shape is wrong already: what lies there is passed
    over, since it has been reported. `complete` turns False when a part could not be built.
    """

    document: Document
    broken: Collection[Path] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    actions: Collection[str] = ()
    templates: Collection[str] = ()
    windows: Collection[str] = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    complete: bool = True

    def is_sound(self, path: Path) -> bool:
        """Whether nothing at or below a path was found misshapen; notes the gap if so."""
        sound = not any(bad[: len(path)] == path for bad in self.broken)
        self.complete = self.complete and sound
        return sound

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
        self.diagnostics.append(Diagnostic(code, message, place, hint, severity))

    def unknown(
        self, kind: str, name: str, path: Path, known: Iterable[str], *, at_key: bool = False
    ) -> None:
        """Note a name that stands for nothing; the part that uses it is left out."""
        self.report(
            f"unknown-{kind}",
            f"there is no {kind} `{name}`",
            path,
            did_you_mean(name, known),
            at_key=at_key,
        )
        self.complete = False

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
            self.report(
                "unknown-parameter",
                f"`${name}` is neither a parameter nor a fact of this playbook",
                path,
                did_you_mean(name, (*self.parameters, *self.facts)),
            )
            self.complete = False
        return self.facts.get(name)

    def constant(self, value: Scalar | Ref) -> Scalar | Ref:
        """A parameter's number in place of its name; anything else as it is."""
        if isinstance(value, Ref) and value.name in self.parameters:
            return self.parameters[value.name].value
        return value

    def place(self, path: Path) -> Place:
        """Where the value at a path stands."""
        return self.document.place(path)


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
