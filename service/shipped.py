"""Where the files that ship with the product lie.

In a source checkout `schemas/`, `playbooks/` and `openapi.yaml` stand beside the package;
in the wheel they stand inside it, in `shipped_files/`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "shipped_files"


def shipped(*parts: str) -> Path:
    """The path of a shipped file or folder, e.g. `shipped("schemas", "playbook.schema.json")`.

    The file need not exist: opening it says so.
    """
    root = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
