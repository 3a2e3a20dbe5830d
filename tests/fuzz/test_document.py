"""What the API's document states, for calls that are made from it: valid ones, and ones that are not."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import NOTIFICATION, PREFERENCES
from tests.api.document import DOCUMENT
from tests.fuzz.budget import budget
from tests.fuzz.conftest import Target

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _ways() -> Iterator[tuple[str, GenerationMode]]:
    """Each operation and each way to call it: wrongly only if there is something that can be wrong."""
    for operation in (operation for path in DOCUMENT["paths"].values() for operation in path.values()):
        yield operation["operationId"], GenerationMode.POSITIVE
        if "parameters" in operation or "requestBody" in operation:
            yield operation["operationId"], GenerationMode.NEGATIVE


@pytest.fixture(scope="module")
def document(target: Target) -> Any:
    """The document as the service answers it."""
    return schemathesis.openapi.from_url(f"{target.service.url}/openapi.json")


@pytest.fixture(scope="module")
def known(target: Target) -> dict[str, Any]:
    """Parameters that lead to something: random ones never would."""
    target.caller.put("/api/v1/preferences/1", json=PREFERENCES).raise_for_status()
    body = NOTIFICATION | {"send_at": "2090-01-01T00:00:00Z"}
    answer = target.caller.post("/api/v1/notifications/", json=body).raise_for_status()
    return {"user_id": 1, "notification_id": str(UUID(answer.json()["id"]))}


@pytest.mark.parametrize(("operation_id", "mode"), list(_ways()), ids=lambda part: getattr(part, "value", part))
def test_every_answer_is_one_that_the_document_knows(
    document: Any, known: dict[str, Any], operation_id: str, mode: GenerationMode
) -> None:
    operation = document.find_operation_by_id(operation_id)

    @budget(share=0.5)
    @given(case=operation.as_strategy(generation_mode=mode), leads_somewhere=st.booleans())
    def check(case: Case, leads_somewhere: bool) -> None:
        if leads_somewhere:
            case.headers.pop("Authorization", None)
            case.path_parameters.update({name: known[name] for name in case.path_parameters.keys() & known.keys()})
        case.call_and_validate(checks=CHECKS)

    check()
