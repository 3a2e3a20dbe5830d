"""What of a listing is about a person, or not for the public: it is not kept."""

import re
from functools import lru_cache
from typing import Any

LONGEST_NAME = 100
"""Characters of the name of a field. Longer ones would fill the memory that keeps what is known of names."""

_AGENT = re.compile(r"(Co)?(List|Buyer|Listing|Selling)(Agent|Team|er)\w*|Member\w*|Owner(?!ship|Pays)\w*")
_KEPT = re.compile(r"\w*(AgentKey|AgentMlsId|TeamKey|MemberKey|MemberMlsId|AgentAOR|AgentDesignation)")
_REACHES = re.compile(
    r"(?i)e_?mail|phone|fax|pager|mobile(?!home|dim|length|width)|voicemail|tollfree|occupant(name|phone)|"
    r"contact_?(name|info|person)|owner_?name|seller_?name|buyer_?name|tenant_?name|showing(contact|instructions)|"
    r"^private|attribution_?contact|^contacts?$|modification_?user|private_?(office|remarks|notes)|lock_?box|access_?code|gate_?code|alarm_?code|key_?safe|social_?(media|security)|passw"
)
_WHO = "(agent|realtor|broker|seller|vendor|buyer|tenant|owner|landlord|occupant|property_?manager)"
_NAMES = re.compile(rf"(?i)(x_)?((co_?)?(listing|list|selling|buyer)_?)?{_WHO}s?(_?(first|middle|last|full)?_?name)?")
_ENTERS = re.compile(r"(?i)\w*(door|entry|entrance|security|showing|cbs|building|garage|key)\w*_?(code|pin)")
_WORDS = re.compile(r"(?i)\w*(remarks?|notes?|comments?)")
_PUBLIC_WORDS = re.compile(r"(?i)(x_)?(public|syndication|photo)_?(remarks?|comments?)")


@lru_cache(4_096)
def is_personal(name: str) -> bool:
    """Whether a field names or reaches an agent, an owner or an occupant, or tells how to enter the home."""
    if _REACHES.search(name) or _NAMES.fullmatch(name) or _ENTERS.fullmatch(name):
        return True
    if _WORDS.fullmatch(name):
        return not _PUBLIC_WORDS.fullmatch(name)
    return bool(_AGENT.fullmatch(name)) and not _KEPT.fullmatch(name)


def without_personal(value: Any) -> Any:
    """The value without such fields, however deep they are."""
    if isinstance(value, dict):
        return {
            name: part if isinstance(part, str) else without_personal(part)
            for name, part in value.items()
            if len(name) <= LONGEST_NAME and not is_personal(name)
        }
    if isinstance(value, list):
        return [without_personal(part) for part in value]
    return value
