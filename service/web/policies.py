"""`/v1/policies`: the contact policies, one of which stands above every playbook."""

from collections.abc import Mapping

from flask import Blueprint, Response

from service.playbook.diagnostics import did_you_mean
from service.policy.policy import Row
from service.store.documents.differences.policy import demand
from service.store.in_force.snapshot import PublishedPolicy
from service.web.documents import as_in_force, list_documents, summary
from service.web.life import add_life
from service.web.state import UnknownAddress, current_state
from service.web.validation import text_answer, validate

blueprint = Blueprint("policies", __name__)
add_life(blueprint, "policy")


@blueprint.get("/v1/policies")
def list_policies() -> Response:
    """Every policy in force, and those that are not."""
    return list_documents("policy", as_in_force, default=current_state().store.documents.policy)


@blueprint.get("/v1/policies/<name>")
def get_policy(name: str) -> Response:
    """One policy: as JSON, or its text where the caller would rather have YAML."""
    policies = _in_force()
    if name not in policies:
        hint = did_you_mean(name[:100], policies)
        message = f"there is no policy `{name[:100]}`"
        raise UnknownAddress(f"{message}; {hint}" if hint else message)
    published = policies[name]
    return text_answer(published.text, lambda: _whole(published))


@blueprint.post("/v1/policies/validate")
def validate_policy() -> Response:
    """Everything wrong with a policy's text; where nothing is, how its examples go."""
    return validate("policy")


def _in_force() -> Mapping[str, PublishedPolicy]:
    made = current_state().store.in_force.now().made.values()
    return {each.name: each for each in made if isinstance(each, PublishedPolicy)}


def _whole(published: PublishedPolicy) -> dict[str, object]:
    policy = published.guards.policy
    return {
        **summary(published),
        "text": published.text,
        "rules": [_row(row) for row in policy.rows if row.law is None],
        "laws": [_row(row) for row in policy.rows if row.law is not None],
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "demands": demand(row.demand),
        "channels": list(row.channels),
        "audience": list(row.audience),
        "because": row.because,
        "citation": row.citation,
    }
