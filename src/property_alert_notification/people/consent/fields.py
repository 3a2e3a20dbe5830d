"""What callers may say about the consent behind a call."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Header
from pydantic import AfterValidator, ConfigDict, Field

from property_alert_notification.api.fields import Line
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource


def _ip_address(text: str) -> str:
    try:
        return ip_address(text).compressed
    except ValueError:
        raise ValueError("must be an IPv4 or IPv6 address, for example 203.0.113.7") from None


_Wording = Annotated[Line, Field(min_length=1, max_length=100)]
_IpAddress = Annotated[str, Field(max_length=45), AfterValidator(_ip_address)]


class ConsentEvidence(Strict):
    """What is known of the user's decision. It is kept in the consent records of this call."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"wording": "sign-up-2026-11", "ip_address": "203.0.113.7"}]},
    )

    wording: _Wording | None = None
    """The version of the text that the user saw, without personal data."""
    ip_address: _IpAddress | None = None
    """The address from which the user sent the decision."""


class WithEvidence(Strict):
    """A body that may say what is known of the user's decision."""

    consent: Annotated[
        ConsentEvidence | None,
        Field(description="What is known of the user's decision, for the consent records of this call."),
    ] = None


async def _evidence(
    wording: Annotated[
        _Wording | None,
        Header(
            alias="Consent-Wording", description="The version of the text that the user saw, without personal data."
        ),
    ] = None,
    ip_address: Annotated[
        _IpAddress | None,
        Header(alias="Consent-IP-Address", description="The address from which the user sent the decision."),
    ] = None,
) -> ConsentEvidence:
    return ConsentEvidence(wording=wording, ip_address=ip_address)


EvidenceDep = Annotated[ConsentEvidence, Depends(_evidence)]
"""What a call without a body says about the user's decision. Not in the query: servers log it."""


def by_caller(actor: str, evidence: ConsentEvidence | None) -> ConsentOrigin:
    """Where the decisions of an API call come from."""
    known = evidence or ConsentEvidence()
    return ConsentOrigin(ConsentSource.API, actor, known.wording, known.ip_address)
