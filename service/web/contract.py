"""`GET /openapi.yaml`, `/openapi-3.0.yaml` and `/schemas/...`: the contract, from the service.

`openapi.yaml` refers to its schemas by relative addresses, which lead here as well.
"""

from flask import Blueprint, Response

from service.web.state import UnknownAddress, current_state

blueprint = Blueprint("contract", __name__)

YAML = "application/yaml"


@blueprint.get("/openapi.yaml")
def openapi() -> Response:
    """The contract, OpenAPI 3.1."""
    return Response(current_state().files.openapi, content_type=YAML)


@blueprint.get("/openapi-3.0.yaml")
def openapi_for_older_readers() -> Response:
    """The contract as one document of OpenAPI 3.0, as Salesforce needs it."""
    return Response(current_state().files.openapi30, content_type=YAML)


@blueprint.get("/schemas/<name>.schema.json")
def schema(name: str) -> Response:
    """One of the JSON Schemas."""
    text = current_state().files.schemas.get(name)
    if text is None:
        raise UnknownAddress(f"there is no schema `{name[:100]}`")
    return Response(text, content_type="application/schema+json")
