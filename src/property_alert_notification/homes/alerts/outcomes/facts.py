"""A fact of a change as `explain` and `backtest` show it. Pure."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.listings.facts import Fact


class ExplainedFact(BaseModel):
    """One fact of a change."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ChangeType: str
    FieldName: str | None = Field(None, exclude_if=lambda name: name is None)
    """Of `In Range`: the field that became different. Left out if it is not known, and for all other facts."""
    PreviousValue: Any
    NewValue: Any
    PreviousCurrency: str | None = Field(None, exclude_if=lambda currency: currency is None)
    """The currency of the previous price, if it was another one; left out otherwise."""
    NewCurrency: str | None = Field(None, exclude_if=lambda currency: currency is None)
    """The currency of the new price, if `PreviousCurrency` is given; left out otherwise."""


def explained_fact(kind: str, fact: Fact | ToldFact, currency: Any) -> ExplainedFact:
    """One fact of a change, or of an alert; `currency` is that of the price now."""
    return ExplainedFact(
        ChangeType=kind,
        FieldName=fact.field if kind == IN_RANGE else None,
        PreviousValue=fact.before,
        NewValue=fact.after,
        PreviousCurrency=fact.before_currency,
        NewCurrency=None if fact.before_currency is None else currency,
    )
