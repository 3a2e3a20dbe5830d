"""The submission of a message about homes or saved searches, to the addresses that the directory has. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import LISTING_ALERT


def in_order(channels: Collection[str] | None) -> list[Channel] | None:
    """The channels of searches, in one order; None means all that the user wants."""
    return None if channels is None else [channel for channel in Channel if channel in channels]


def usable_channels(unused: Collection[Channel]) -> list[Channel]:
    """The channels of which the directory has addresses, without those that no provider carries."""
    return [one for one in Channel if one not in unused and definition_of(one).profile_field is not None]


def looked_up(chosen: Sequence[Channel] | None, usable: Sequence[Channel]) -> list[Channel]:
    """The `usable` channels that searches have `chosen`."""
    return [channel for channel in usable if chosen is None or channel in chosen]


def submission_to(
    user_id: int,
    title: str,
    message: str,
    *,
    chosen: Sequence[Channel] | None,
    usable: Sequence[Channel],
    reference: str | None = None,
    digest_at: datetime | None = None,
    needs_approval: bool = False,
) -> Submission:
    """A message to a user on the `chosen` channels of the searches that it is about, as far as they are `usable`."""
    return Submission(
        user_id=user_id,
        title=title,
        message=message,
        addresses={},
        category=LISTING_ALERT,
        reference=reference,
        channels=chosen,
        look_up=looked_up(chosen, usable),
        digest_at=digest_at,
        needs_approval=needs_approval,
    )
