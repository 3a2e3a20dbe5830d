"""Decides which of two records of the same listing and time counts: the one with the greater hash. Pure.

The store calls this hash the digest of a record. It has nothing to do with digests of alerts.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from property_alert_notification.homes.reso.display import may_be_displayed, may_show_address
from property_alert_notification.homes.reso.words import StandardStatus

_DELETED, _HIDDEN, _NO_ADDRESS = "z", "h", "g"
"""The first letters of digests that are greater than those of other records, which are hexadecimal numbers."""


def digest_of(fields: Mapping[str, Any], text: str) -> str:
    """The digest of a record with this text.

    It is greater for the record that shows less of the home. If two show as much, the hashes of their texts decide.
    """
    return (_precedence(fields) + blake2b(text.encode(), digest_size=16).hexdigest())[:32]


def _precedence(fields: Mapping[str, Any]) -> str:
    if fields["StandardStatus"] == StandardStatus.DELETE:
        return _DELETED
    if not may_be_displayed(fields):
        return _HIDDEN
    return "" if may_show_address(fields) else _NO_ADDRESS
