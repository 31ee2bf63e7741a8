"""What YAML allows and a playbook does not, in words: one function for each refusal.

They keep the text readable by people, its meaning the same in every YAML reader, and its
size bounded.
"""

from service.playbook.diagnostics import START, Diagnostic, Place
from service.playbook.text.source import shortened

MAX_NODES = 20_000
MAX_DEPTH = 20
MAX_CHARACTERS = 8_192

_QUOTE_IT = "if it belongs to the text, put quotes round the whole text"


def empty_playbook() -> Diagnostic:
    """Nothing there, or comments only."""
    hint = "begin with a line such as `playbook: a-name`, `policy: a-name` or `experiment: a-name`"
    return Diagnostic("empty-playbook", "the file is empty", START, hint)


def not_a_mapping(found: str, place: Place) -> Diagnostic:
    """The whole text is something else than `name: value` lines."""
    message = f"a playbook is made of `name: value` lines, not {found}"
    return Diagnostic("not-a-mapping", message, place, "begin with a line `playbook: a-name`")


def many_documents(place: Place) -> Diagnostic:
    """A second document in the file."""
    message = "a file holds one playbook, and a second one begins here"
    hint = "delete the line `---`, or put the second playbook into a file of its own"
    return Diagnostic("many-documents", message, place, hint)


def too_many_nodes(place: Place) -> Diagnostic:
    """More names and values than `MAX_NODES`."""
    message = f"a playbook may hold {MAX_NODES:,} names and values"
    return Diagnostic("too-many-nodes", message, place, "split it into several playbooks")


def too_deep(place: Place) -> Diagnostic:
    """Lists and groups inside each other beyond `MAX_DEPTH`."""
    message = f"a playbook may be {MAX_DEPTH} levels deep"
    hint = "give the inner condition a name with a `conclude` rule, and test that name"
    return Diagnostic("too-deep", message, place, hint)


def value_too_long(length: int, place: Place) -> Diagnostic:
    """One text longer than `MAX_CHARACTERS`."""
    message = f"a text may have {MAX_CHARACTERS:,} characters, and this one has {length:,}"
    return Diagnostic("value-too-long", message, place, "make it shorter")


def anchor(name: str, place: Place) -> Diagnostic:
    """`&name`."""
    message = f"`&{shortened(name)}` marks a part for repeating, which a playbook cannot do"
    return Diagnostic("anchor", message, place, f"delete it; {_QUOTE_IT}")


def alias(name: str, place: Place) -> Diagnostic:
    """`*name`."""
    message = f"`*{shortened(name)}` repeats another part, which a playbook cannot do"
    return Diagnostic("alias", message, place, f"write the part out; {_QUOTE_IT}")


def tag(name: str, place: Place) -> Diagnostic:
    """`!name` or `!!name`."""
    written = shortened(name.replace("tag:yaml.org,2002:", "!!"))
    message = f"`{written}` sets a type, which a playbook cannot do"
    return Diagnostic("tag", message, place, f"delete it; {_QUOTE_IT}")


def merge_key(place: Place) -> Diagnostic:
    """`<<:`."""
    message = "`<<` copies lines from elsewhere, which a playbook cannot do"
    return Diagnostic("merge-key", message, place, "write the lines out where they are needed")


def duplicate_key(name: str, place: Place, before: Place | None) -> Diagnostic:
    """A name twice in one group; `before` is where it stood first."""
    where = f", first in line {before.line}" if before else ""
    message = f"`{shortened(name)}` stands here twice{where}"
    return Diagnostic("duplicate-key", message, place, "keep one of the two")


def key_not_text(written: str, place: Place) -> Diagnostic:
    """A name that YAML reads as a number, `true` or nothing."""
    if not written:
        message = "the name before the colon is missing"
        return Diagnostic("key-not-text", message, place, "write `name: value`")
    name = shortened(written)
    hint = f'put quotes round it: "{name}"'
    return Diagnostic("key-not-text", f"the name `{name}` must be a word", place, hint)


def group_as_key(place: Place) -> Diagnostic:
    """A list or group where a name should be."""
    message = "a name must be a word, not a list or a group"
    return Diagnostic("key-not-text", message, place, "write `name: value`")


def unquoted_liquid(place: Place) -> Diagnostic:
    """`{{ ... }}` outside quotes, which YAML takes for a group in a group."""
    message = "a text that begins with `{{` must stand in quotes"
    hint = 'put quotes round the whole text: "{{ ... }}"'
    return Diagnostic("key-not-text", message, place, hint)
