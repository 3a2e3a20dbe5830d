"""The document that clients are generated from: nothing in it is missing, and nothing is made up."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

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


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]}).is_valid(value)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_each_operation_has_a_name_of_its_own() -> None:
    names = Counter(operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values())

    assert {name: count for name, count in names.items() if count > 1} == {}


def test_each_operation_has_a_description_and_a_tag() -> None:
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for name, (_, _, operation) in OPERATIONS.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert set(operation["tags"]) <= tags, name


def test_each_parameter_is_described() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        assert [one["name"] for one in operation.get("parameters", ()) if not one.get("description")] == [], name


def test_each_body_has_examples_that_fit_it() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples = _resolved(content["schema"])["examples"]
            assert examples, name
            assert [one for one in examples if not _fits(one, content["schema"])] == [], name


def test_each_answer_is_described_and_has_an_example_that_fits_it() -> None:
    for name, status, answer in _answers():
        assert answer["description"], (name, status)
        assert ("content" in answer) is (status != "204"), (name, status)
        for content in answer.get("content", {}).values():
            assert _fits(content["example"], content.get("schema", {})), (name, status)


def test_each_header_has_an_example_that_fits_it() -> None:
    for name, status, answer in _answers():
        assert "X-Request-ID" in answer["headers"], (name, status)
        for header in answer["headers"].values():
            assert header["description"], (name, status, header)
            assert _fits(header["example"], header["schema"]), (name, status, header)


def _answers() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every answer of every operation, with the name of the operation and the status."""
    for name, (_, _, operation) in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            yield name, status, answer


def test_each_operation_of_the_api_documents_every_status_that_can_occur() -> None:
    for name, (_, path, operation) in OF_THE_API.items():
        assert _statuses(path, operation) <= set(operation["responses"]), name
        assert any(status.startswith("2") for status in operation["responses"]), name


def _statuses(path: str, operation: dict[str, Any]) -> set[str]:
    """Of the errors that can occur."""
    expected = {"401", "403", "413", "422", "429", "503"}
    if "requestBody" in operation:
        expected.add("400")
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        expected.add("409")
    if path.endswith(("{notification_id}", "/cancel", "{delivery_id}", "/replay", "/discard")):
        expected.add("404")
    return expected


def test_each_error_of_the_api_is_a_problem_document() -> None:
    for name, (_, _, operation) in OF_THE_API.items():
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}

        assert {tuple(answer["content"]) for answer in errors.values()} == {(MEDIA_TYPE,)}, name
        for status, answer in errors.items():
            assert answer["content"][MEDIA_TYPE]["example"]["status"] == int(status), name


def test_each_operation_of_the_api_describes_its_headers() -> None:
    rate = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    for name, (_, _, operation) in OF_THE_API.items():
        headers = {status: set(answer["headers"]) for status, answer in operation["responses"].items()}

        assert "WWW-Authenticate" in headers["401"], name
        assert {"Retry-After", *rate} <= headers["429"], name
        assert "Retry-After" in headers["503"], name
        assert [one for one, names in headers.items() if one.startswith("2") and not rate <= names] == [], name


def test_each_operation_of_the_api_names_the_scope_it_needs() -> None:
    for name, (method, path, operation) in OF_THE_API.items():
        expected = _scope(method, path)

        assert operation["security"] == [{"apiKey": []}], name
        assert operation["x-scopes"] == [expected], name
        assert f"`{expected}`" in operation["description"], name


def _scope(method: str, path: str) -> Scope:
    thing = path.split("/")[3]
    if thing in ("audit", "pauses", "properties", "quarantine"):
        return Scope.ADMIN
    if thing == "categories":
        return Scope.PREFERENCES_READ if method == "get" else Scope.ADMIN
    owners = {
        "schedules": "notifications",
        "suppressions": "users",
        "replies": "users",
        "listing-events": "listings",
        "reso": "listings",
    }
    searches = ("saved-searches", "/users/{user_id}/listings", "/approvals")
    things = "searches" if any(one in path for one in searches) else owners.get(thing, thing)
    return Scope(f"{things}:{'read' if method == 'get' else 'write'}")


def test_every_post_takes_an_idempotency_key() -> None:
    for name, (method, _, operation) in OF_THE_API.items():
        names = {one["name"] for one in operation.get("parameters", ())}

        assert ("Idempotency-Key" in names) is (method == "post"), name


def test_it_names_its_server_its_licence_and_whom_to_ask() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
    assert DOCUMENT["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert DOCUMENT["info"]["contact"]["name"]
    assert all(tag["description"] for tag in DOCUMENT["tags"])


def test_each_operation_has_its_scope_and_a_defined_security_scheme() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        schemes = {scheme for one in operation["security"] for scheme in one}

        assert schemes <= set(DOCUMENT["components"]["securitySchemes"]), name


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
