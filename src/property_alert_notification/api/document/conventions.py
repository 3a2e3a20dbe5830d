"""Adds what linters of OpenAPI documents and client generators expect beyond FastAPI's output."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

INT64_MAX = 2**63 - 1
_INT32_MAX = 2**31 - 1


def follow_conventions(document: Node) -> None:
    """Bring a document into the form that the rules of Spectral and Redocly require."""
    document["paths"] = _without_trailing_slashes(document["paths"])
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        _say_who_may_call(operation)
    for schema in _schemas(document):
        if schema.get("type") == "integer" and not {"const", "enum"} & schema.keys():
            _bound(schema)


def _without_trailing_slashes(paths: Node) -> Node:
    """Every path works with and without a trailing slash."""
    merged: Node = {}
    for path, operations in paths.items():
        merged.setdefault(path.rstrip("/") or "/", {}).update(operations)
    return merged


def _say_who_may_call(operation: Node) -> None:
    """API keys have no OAuth2 scopes, so each operation names its scope in an extension and in its description."""
    required = operation.setdefault("security", [])
    scopes = sorted({scope for scheme in required for names in scheme.values() for scope in names})
    for scheme in required:
        scheme.update({name: [] for name in scheme})
    if scopes:
        operation["x-scopes"] = scopes
        operation["description"] += f"\n\nNeeds the scope {' and '.join(f'`{scope}`' for scope in scopes)}."


def _bound(schema: Node) -> None:
    """Every integer of this API is a count or an id: not negative, and at most 64 bits."""
    # FastAPI writes bounds as floats, which would round the largest 64-bit integer up.
    schema["minimum"] = int(schema.get("minimum", 0))
    schema["maximum"] = min(int(schema.get("maximum", INT64_MAX)), INT64_MAX)
    schema.setdefault("format", "int32" if schema["maximum"] <= _INT32_MAX else "int64")


def _schemas(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
        for name, value in node.items():
            if name not in ("example", "examples", "default"):
                yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)
