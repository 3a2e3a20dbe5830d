"""What the seller of a home allows to be shown on the Internet, which alerts are part of. Pure."""

from collections.abc import Mapping
from typing import Any


def may_be_displayed(fields: Mapping[str, Any]) -> bool:
    """Whether the listing may be shown."""
    return fields.get("InternetEntireListingDisplayYN") is not False


def may_show_address(fields: Mapping[str, Any]) -> bool:
    """Whether the address of the listing may be shown."""
    return fields.get("InternetAddressDisplayYN") is not False
