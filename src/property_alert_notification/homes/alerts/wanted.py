"""Which facts of a change one search has to tell, as `matches_of` finds it for all searches at once. Pure."""

from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.news import News, can_be_had, may_be_shown, without_status
from property_alert_notification.homes.alerts.searches import asked_by, kinds_of
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression


def wanted_news(expression: Expression, change_types: str, change: ReadChange) -> list[News]:
    """The facts of a change that a search which matches has to tell."""
    before = change.before
    matched = before is not None and may_be_shown(before) and evaluate(expression, before) is True
    return asked_for(expression, change_types, change, is_new=not matched)


def asked_for(expression: Expression, change_types: str, change: ReadChange, *, is_new: bool) -> list[News]:
    """Those of the facts that a search asks for; `is_new` says that the listing did not match it before.

    Of a home that cannot be had it asks for the status alone, unless it names this status.
    """
    kinds = kinds_of(change_types)
    asked = [one for one in change.news if one.to_new is is_new and kinds & asked_by(one)]
    if can_be_had(change.after) or evaluate(expression, without_status(change.after)) is not True:
        return asked
    return [one for one in asked if one.is_status]
