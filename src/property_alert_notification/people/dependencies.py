"""What the routes about people, and those above them, may ask for. The application puts it into its state."""

from typing import Annotated, cast

from fastapi import Depends, Path, Request

from property_alert_notification.api.fields import INT64_MAX
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.suppressions.subjects import Subjects

UserId = Annotated[int, Path(ge=0, le=INT64_MAX, description="The id of the user in the User service.")]


async def _address_rules(request: Request) -> AddressRules:
    return cast(AddressRules, request.app.state.address_rules)


async def _subjects(request: Request) -> Subjects:
    return cast(Subjects, request.app.state.subjects)


async def _ledger(request: Request) -> ConsentLedger:
    return cast(ConsentLedger, request.app.state.consent_ledger)


LedgerDep = Annotated[ConsentLedger, Depends(_ledger)]
SubjectsDep = Annotated[Subjects, Depends(_subjects)]
"""Hashes those who may be on the suppression list."""
AddressRulesDep = Annotated[AddressRules, Depends(_address_rules)]
