"""Types of fields that only notifications have."""

from typing import Annotated

from pydantic import Field

from property_alert_notification.api.fields import Line, Text
from property_alert_notification.base.vocabulary import CATEGORY

Title = Annotated[Line, Field(min_length=1, max_length=255)]
Message = Annotated[Text, Field(min_length=1, max_length=20_000)]
Category = Annotated[str, Field(pattern=f"^{CATEGORY}$")]
Reference = Annotated[Line, Field(min_length=1, max_length=255)]
