"""What the routes about people, and those above them, may ask for. The application puts it into its state."""

from typing import Annotated, cast

from fastapi import Depends, Path, Request

from property_alert_notification.api.fields import INT64_MAX
from property_alert_notification.channels.address_rules import AddressRules

UserId = Annotated[int, Path(ge=0, le=INT64_MAX, description="The id of the user in the User service.")]


async def _address_rules(request: Request) -> AddressRules:
    return cast(AddressRules, request.app.state.address_rules)


AddressRulesDep = Annotated[AddressRules, Depends(_address_rules)]
