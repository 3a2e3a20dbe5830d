"""The document that clients are generated from: nothing in it is missing, and nothing is made up."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from property_alert_notification.api.problems import MEDIA_TYPE
from property_alert_notification.base.vocabulary import Scope
from tests.api.document import DOCUMENT

OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
OF_THE_API = {name: found for name, found in OPERATIONS.items() if found[1].startswith("/api/v1/")}


@pytest.fixture(params=OPERATIONS.values(), ids=list(OPERATIONS))
def operation(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param[2]


@pytest.fixture(params=OF_THE_API.values(), ids=list(OF_THE_API))
def api_operation(request: pytest.FixtureRequest) -> tuple[str, str, dict[str, Any]]:
    return request.param


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]}).is_valid(value)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_each_operation_has_a_name_of_its_own() -> None:
    names = Counter(operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values())

    assert {name: count for name, count in names.items() if count > 1} == {}


def test_each_operation_has_a_description_and_a_tag(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}


def test_each_parameter_is_described(operation: dict[str, Any]) -> None:
    assert [one["name"] for one in operation.get("parameters", ()) if not one.get("description")] == []


def test_each_body_has_examples_that_fit_it(operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        examples = _resolved(content["schema"])["examples"]
        assert examples
        assert [one for one in examples if not _fits(one, content["schema"])] == []


def test_each_answer_is_described_and_has_an_example_that_fits_it(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        assert answer["description"]
        assert ("content" in answer) is (status != "204")
        for content in answer.get("content", {}).values():
            assert _fits(content["example"], content.get("schema", {})), status


def test_each_header_has_an_example_that_fits_it(operation: dict[str, Any]) -> None:
    for answer in operation["responses"].values():
        assert "X-Request-ID" in answer["headers"]
        for header in answer["headers"].values():
            assert header["description"]
            assert _fits(header["example"], header["schema"])


def test_each_operation_of_the_api_documents_every_status_that_can_occur(
    api_operation: tuple[str, str, dict[str, Any]],
) -> None:
    _, path, operation = api_operation
    expected = {"401", "403", "413", "422", "429", "503"}
    if "requestBody" in operation:
        expected.add("400")
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        expected.add("409")
    if path.endswith(("{notification_id}", "/cancel", "{delivery_id}", "/replay", "/discard")):
        expected.add("404")

    assert expected <= set(operation["responses"])
    assert any(status.startswith("2") for status in operation["responses"])


def test_each_error_of_the_api_is_a_problem_document(api_operation: tuple[str, str, dict[str, Any]]) -> None:
    errors = {status: answer for status, answer in api_operation[2]["responses"].items() if status >= "400"}

    assert {tuple(answer["content"]) for answer in errors.values()} == {(MEDIA_TYPE,)}
    for status, answer in errors.items():
        assert answer["content"][MEDIA_TYPE]["example"]["status"] == int(status)


def test_each_operation_of_the_api_describes_its_headers(api_operation: tuple[str, str, dict[str, Any]]) -> None:
    headers = {status: set(answer["headers"]) for status, answer in api_operation[2]["responses"].items()}

    rate = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    assert "WWW-Authenticate" in headers["401"]
    assert {"Retry-After", *rate} <= headers["429"]
    assert "Retry-After" in headers["503"]
    assert [status for status, names in headers.items() if status.startswith("2") and not rate <= names] == []


def test_each_operation_of_the_api_names_the_scope_it_needs(api_operation: tuple[str, str, dict[str, Any]]) -> None:
    method, path, operation = api_operation
    if path.split("/")[3] in ("audit", "pauses", "properties", "quarantine"):
        expected = Scope.ADMIN
    elif path.split("/")[3] == "categories":
        expected = Scope.PREFERENCES_READ if method == "get" else Scope.ADMIN
    else:
        owners = {
            "schedules": "notifications",
            "suppressions": "users",
            "replies": "users",
            "listing-events": "listings",
            "reso": "listings",
        }
        things = (
            "searches"
            if any(one in path for one in ("saved-searches", "/users/{user_id}/listings", "/approvals"))
            else owners.get(path.split("/")[3], path.split("/")[3])
        )
        expected = Scope(f"{things}:{'read' if method == 'get' else 'write'}")

    assert operation["security"] == [{"apiKey": []}]
    assert operation["x-scopes"] == [expected]
    assert f"`{expected}`" in operation["description"]


def test_every_post_takes_an_idempotency_key(api_operation: tuple[str, str, dict[str, Any]]) -> None:
    method, _, operation = api_operation
    names = {one["name"] for one in operation.get("parameters", ())}

    assert ("Idempotency-Key" in names) is (method == "post")


def test_it_names_its_server_its_licence_and_whom_to_ask() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
    assert DOCUMENT["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert DOCUMENT["info"]["contact"]["name"]
    assert all(tag["description"] for tag in DOCUMENT["tags"])


def test_each_operation_has_its_scope_and_a_defined_security_scheme(operation: dict[str, Any]) -> None:
    assert {name for one in operation["security"] for name in one} <= set(DOCUMENT["components"]["securitySchemes"])


def test_paths_have_one_form() -> None:
    assert [path for path in DOCUMENT["paths"] if path.endswith("/")] == []
    assert {"get", "post"} <= set(DOCUMENT["paths"]["/api/v1/notifications"])


def _nodes(node: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document but those inside examples, with its place."""
    if isinstance(node, dict):
        yield at, node
        for name, value in node.items():
            if name not in ("example", "examples"):
                yield from _nodes(value, f"{at}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _nodes(value, f"{at}/{number}")


SCHEMAS = dict(_nodes(DOCUMENT))


def test_each_integer_has_bounds_and_a_format() -> None:
    integers = {at: node for at, node in SCHEMAS.items() if node.get("type") == "integer" and "const" not in node}

    assert integers
    for at, integer in integers.items():
        assert integer["minimum"] >= 0, at
        assert integer["maximum"] <= 2**63 - 1, at
        assert integer["format"] == ("int32" if integer["maximum"] < 2**31 else "int64"), at


def test_no_schema_has_words_that_json_schema_does_not_know() -> None:
    unknown = {"ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of", "nullable"}
    assert [at for at, node in SCHEMAS.items() if unknown & node.keys() and not at.endswith("/properties")] == []


def test_each_text_that_a_caller_sends_has_a_bound() -> None:
    sent = [
        node
        for _, _, operation in OPERATIONS.values()
        for part in (operation.get("parameters", []), operation.get("requestBody", {}))
        for node in _with_references(part)
    ]
    texts = [node for node in sent if node.get("type") == "string"]

    assert texts
    assert [node for node in texts if not {"maxLength", "pattern", "enum", "const", "format"} & node.keys()] == []
    assert [node for node in sent if node.get("type") == "array" and "maxItems" not in node] == []


def _with_references(part: Any) -> Iterator[dict[str, Any]]:
    for _, node in _nodes(part):
        if "$ref" in node:
            yield from _with_references(_resolved(node))
        else:
            yield node


def test_each_example_of_a_schema_fits_it() -> None:
    for at, schema in SCHEMAS.items():
        if at.startswith("/components/schemas/") and at.count("/") == 3:
            assert [one for one in schema.get("examples", ()) if not _fits(one, schema)] == [], at
