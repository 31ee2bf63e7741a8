"""The contract as files: `openapi.yaml`, its 3.0 form, and the schemas, read at start-up."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from service.playbook.text import document
from service.web.openapi30 import openapi30, to_yaml

_ENDING = ".schema.json"


@dataclass(frozen=True)
class ContractFiles:
    """The bytes to serve; `schemas` by name, e.g. `decision-request`."""

    openapi: bytes
    openapi30: bytes
    schemas: dict[str, bytes]


@cache
def read_contract(openapi: Path, schemas: Path) -> ContractFiles:
    """The contract in the file `openapi` and the folder `schemas`; a process reads it once.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file does not hold what it should.
    """
    texts = {
        path.name.removesuffix(_ENDING): path.read_bytes()
        for path in sorted(schemas.glob(f"*{_ENDING}"))
    }
    text = openapi.read_bytes()
    parsed = {name: json.loads(schema) for name, schema in texts.items()}
    older = to_yaml(openapi30(_plain(text), parsed))
    return ContractFiles(openapi=text, openapi30=older.encode(), schemas=texts)


def _plain(openapi: bytes) -> dict[str, Any]:
    read, diagnostics = document.read(openapi)
    if read is None:
        first = diagnostics[0]
        raise ValueError(f"openapi.yaml, line {first.place.line}: {first.message}")
    return read.data
