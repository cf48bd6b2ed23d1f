"""The OpenAPI document describes the routes that there are, and no others."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from talkhub.tools.catalogue import registry

PREFIX = "/api/v1/mcp/"
VERBS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


@pytest.fixture
def document(client: FlaskClient) -> dict:
    return client.get("/openapi.json").json


def test_the_document_is_valid_openapi(document: dict) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # late: nothing else needs it

    OpenAPIV31SpecValidator(document).validate()


def test_the_document_and_the_routes_of_the_tools_are_the_same(app: Flask, document: dict) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), verb)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX) and rule.rule != f"{PREFIX}tools"
        for verb in (rule.methods or set()) & VERBS
    }

    described = {
        (path, verb.upper())
        for path, item in document["paths"].items()
        if path.startswith(PREFIX) and path != f"{PREFIX}tools"
        for verb in item
    }

    assert described == routes


def test_every_operation_has_an_id_of_its_own(document: dict) -> None:
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]

    assert len(ids) == len(set(ids)) >= len(list(registry))


def test_a_path_parameter_is_described_where_it_stands(document: dict) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            described = {
                parameter["name"]
                for parameter in operation["parameters"]
                if parameter["in"] == "path"
            }

            assert described == set(re.findall(r"{(\w+)}", path))


def test_success_and_refusal_are_described(document: dict) -> None:
    for spec in registry:
        responses = document["paths"][f"{PREFIX}{spec.name}"]["post"]["responses"]

        assert set(responses) == {str(spec.success_status), "default"}
        assert "application/problem+json" in responses["default"]["content"]
