"""The document we serve is valid OpenAPI 3.1 and tells the truth about bounds."""

from __future__ import annotations

import msgspec
from openapi_spec_validator import OpenAPIV31SpecValidator

from tallystick import web
from tests.client import Client


async def test_the_document_is_served_and_valid(shell: web.Shell) -> None:
    served = await Client(shell).get("/v1/openapi.json")
    document = msgspec.json.decode(served.body)
    OpenAPIV31SpecValidator(document).validate()
    assert set(document["paths"]) == {endpoint.path for endpoint in shell.endpoints}


async def test_bounds_lists_and_security_are_written_out(shell: web.Shell) -> None:
    document = shell.document()
    create = document["paths"]["/v1/things"]["post"]
    typed = create["requestBody"]["content"]["application/json"]["schema"]
    form = create["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert typed["additionalProperties"] is False
    assert typed["required"] == ["amount", "currency"]
    assert typed["properties"]["small"] == {"type": "integer", "default": 0, "minimum": -(2**63), "maximum": 2**63 - 1}
    assert {"types[]", "items[]", "expand[]", "metadata"} <= set(form["schema"]["properties"])
    assert form["encoding"]["metadata"] == {"style": "deepObject", "explode": True}
    listing = document["paths"]["/v1/things"]["get"]
    assert {each["name"] for each in listing["parameters"]} == {"limit", "starting_after", "ending_before", "expand[]"}
    assert listing["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["items"] == {
        "$ref": "#/components/schemas/thing"
    }
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert document["security"] == [{"basic": []}, {"bearer": []}]
