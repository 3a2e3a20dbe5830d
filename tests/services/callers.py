"""Who calls the API in tests: patient, for a disk under load may take seconds over one flush."""

from typing import Any

import httpx2

_PATIENCE = 60
"""Seconds for an answer. The library's own 5 ran out once, on a machine whose disk was busy."""


def a_caller(url: str, **options: Any) -> httpx2.AsyncClient:
    """A caller of the API at this address, which no proxy stands before."""
    return httpx2.AsyncClient(base_url=url, trust_env=False, timeout=_PATIENCE, **options)


def a_blocking_caller(url: str) -> httpx2.Client:
    """The same, for tests without an event loop."""
    return httpx2.Client(base_url=url, trust_env=False, timeout=_PATIENCE)
