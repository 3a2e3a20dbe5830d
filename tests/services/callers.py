"""Who calls the API in tests: patient, for a disk under load may take seconds over one flush."""

import ssl
from typing import Any

import httpx2

from tests.services.process import PATIENCE

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No call uses TLS here, and every client that reads the machine's certificates takes 20 ms for it."""


def a_caller(url: str, **options: Any) -> httpx2.AsyncClient:
    """A caller of the API at this address, without a proxy in front."""
    return httpx2.AsyncClient(base_url=url, trust_env=False, verify=_NO_CERTIFICATES, timeout=PATIENCE, **options)


def a_blocking_caller(url: str) -> httpx2.Client:
    """The same, for tests without an event loop."""
    return httpx2.Client(base_url=url, trust_env=False, verify=_NO_CERTIFICATES, timeout=PATIENCE)
