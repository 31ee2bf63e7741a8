"""The life of playbooks, policies and experiments, at the same addresses for all.

A draft is saved, published as the next version, put in force, rolled back, archived. Of an
experiment nothing is in force before it is started (`experiments`).
"""

from collections.abc import Callable
from functools import partial, wraps

from flask import Blueprint, Response

from service.store.documents.document_rows import CannotKeep, Kind, Missing, check_name
from service.web.documents import PLURALS, diff, get_version, list_versions
from service.web.drafts import discard_draft, read_draft, save_draft
from service.web.publishing import activate, archive, publish, unarchive

_View = Callable[..., Response]
_VIEWS: tuple[tuple[str, str, _View], ...] = (
    ("GET", "versions", list_versions),
    ("GET", "versions/<number>", get_version),
    ("POST", "versions/<number>/activate", activate),
    ("GET", "draft", read_draft),
    ("PUT", "draft", save_draft),
    ("DELETE", "draft", discard_draft),
    ("GET", "diff", diff),
    ("POST", "publish", publish),
    ("POST", "archive", archive),
    ("POST", "unarchive", unarchive),
)


def add_life(blueprint: Blueprint, kind: Kind) -> None:
    """Have all of it at a blueprint."""
    for method, address, view in _VIEWS:
        blueprint.add_url_rule(
            f"/v1/{PLURALS[kind]}/<name>/{address}",
            endpoint=view.__name__,
            view_func=named(partial(view, kind)),
            methods=[method],
        )


def named(view: _View) -> _View:
    """A view of one of them by its name; what nothing can be called is not there."""

    @wraps(view)
    def answer(name: str, **more: str) -> Response:
        try:
            check_name(name)
        except CannotKeep as error:
            raise Missing(str(error)) from error
        return view(name, **more)

    return answer
