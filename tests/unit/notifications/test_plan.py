"""Which deliveries a notification becomes, and what is still checked right before sending."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.deliveries.records import Claim, NewDelivery
from property_alert_notification.notification_worker.claim import SendingRules, Withheld, too_late, wanted_of, why_not
from property_alert_notification.notifications.plan import NOT_USED, Planned, create_deliveries, plan
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.suppressions.subjects import Subjects

CHANNELS = st.sets(st.sampled_from(list(Channel)))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCEPTED_AT = NOW - timedelta(days=2)
TTL = timedelta(days=5)
CATEGORIES = Categories({**BUILT_IN, "viewing": Category("viewing", message_ttl=timedelta(hours=2))})
RULES = SendingRules(None, lambda: CATEGORIES, TTL, Subjects([b""]))


def _plan(
    addresses: Mapping[Channel, str],
    preferences: Preferences | None,
    *,
    only: Collection[Channel] | None = None,
    unused: Collection[Channel] = (),
) -> list[Planned]:
    person = Person(preferences)
    return list(plan(addresses, person, BUILT_IN["general"], urgent=False, only=only, now=NOW, unused=unused))


CLAIM = Claim(UUID(int=1), UUID(int=2), Channel("sms"), "+14155552671", fence=1, attempts=1, unknowns=0, test=False)


def _why_not(content: Content, preferences: Preferences, *, now: datetime) -> Withheld | None:
    return why_not(wanted_of(CLAIM, content, CLAIM.channel, RULES), Person(preferences), RULES, now=now)


@given(opted_in=CHANNELS, only=st.none() | CHANNELS, known=CHANNELS)
def test_exactly_the_wanted_requested_and_addressed_channels_are_queued(
    opted_in: set[Channel], only: set[Channel] | None, known: set[Channel]
) -> None:
    planned = _plan(dict.fromkeys(known, "somewhere"), Preferences(frozenset(opted_in)), only=only)

    requested = set(Channel) if only is None else only
    assert {one.channel for one in planned} == requested & known
    assert {one.channel for one in planned if one.state is DeliveryState.QUEUED} == opted_in & requested & known
    assert all(one.state is DeliveryState.SUPPRESSED for one in planned if one.channel not in opted_in)
    assert all(one.address == "somewhere" for one in planned)
    assert all(one.reason for one in planned)


def test_a_channel_without_a_provider_is_planned_as_suppressed_with_its_reason() -> None:
    addresses = {Channel("email"): "ada@example.com", Channel("sms"): "+14155552671"}

    planned = _plan(addresses, Preferences(frozenset(Channel)), unused=[Channel("sms")])

    assert [(one.channel, one.state) for one in planned] == [
        (Channel("email"), DeliveryState.QUEUED),
        (Channel("sms"), DeliveryState.SUPPRESSED),
    ]
    assert planned[1] == Planned(Channel("sms"), "+14155552671", DeliveryState.SUPPRESSED, NOT_USED)


@pytest.mark.parametrize(
    ("preferences", "state", "code"),
    [
        (Preferences(frozenset({Channel("sms")})), DeliveryState.QUEUED, ReasonCode.USER_OPTED_IN),
        (Preferences(frozenset({Channel("email")})), DeliveryState.SUPPRESSED, ReasonCode.USER_OPTED_OUT),
        (None, DeliveryState.SUPPRESSED, ReasonCode.NO_PREFERENCES),
    ],
)
def test_a_planned_delivery_has_the_preference_as_its_reason(
    preferences: Preferences | None, state: DeliveryState, code: ReasonCode
) -> None:
    planned = _plan({Channel("sms"): "+14155552671"}, preferences)

    due_at = NOW if state is DeliveryState.QUEUED else None
    assert planned == [Planned(Channel("sms"), "+14155552671", state, Reason(code), due_at)]


@pytest.mark.parametrize(
    ("state", "due_at"),
    [(DeliveryState.QUEUED, NOW), (DeliveryState.HELD, NOW + timedelta(hours=9)), (DeliveryState.SUPPRESSED, None)],
)
@pytest.mark.parametrize("flag", [True, False])
def test_a_planned_delivery_becomes_a_row_of_its_own(state: DeliveryState, due_at: datetime | None, flag: bool) -> None:
    reason = Reason(ReasonCode.OTHER, {"text": "because"})
    planned = Planned(Channel("sms"), "+14155552671", state, reason, due_at, held_by="quiet_hours")

    [row], windows = create_deliveries(
        UUID(int=1),
        [planned],
        user_id=1,
        category="offer",
        urgent=flag,
        test=not flag,
        now=NOW,
        new_id=lambda: UUID(int=2),
    )

    assert windows == []
    assert row == NewDelivery(
        id=UUID(int=2),
        notification_id=UUID(int=1),
        channel=Channel("sms"),
        address="+14155552671",
        urgent=flag,
        test=not flag,
        state=state,
        reason_code="other",
        reason_parameters='{"text":"because"}',
        held_by="quiet_hours",
        due_at=due_at,
        changed_at=NOW,
    )


def test_consent_is_checked_before_freshness() -> None:
    stale = _content(expires_at=NOW - timedelta(days=1))

    withheld = _why_not(stale, Preferences(frozenset({Channel("email")})), now=NOW)

    assert withheld is not None
    assert withheld.state is DeliveryState.SUPPRESSED


def test_a_notification_expires_at_its_second_and_not_before() -> None:
    preferences = Preferences(frozenset(Channel))
    content = _content(expires_at=NOW)

    assert _why_not(content, preferences, now=NOW - timedelta(microseconds=1)) is None
    at_its_second = _why_not(content, preferences, now=NOW)
    assert at_its_second is not None
    assert at_its_second.state is DeliveryState.EXPIRED


def test_a_cancelled_delivery_is_not_sent() -> None:
    cancelled = _content(expires_at=None)._replace(cancelled_at=NOW)

    withheld = _why_not(cancelled, Preferences(frozenset(Channel)), now=NOW)

    assert withheld is not None
    assert withheld.state is DeliveryState.CANCELLED


def test_a_message_is_of_use_for_as_long_as_its_category_says() -> None:
    preferences = Preferences(frozenset(Channel))
    content = _content(expires_at=None)
    viewing = content._replace(category="viewing")
    ends = ACCEPTED_AT + timedelta(days=5)

    assert _why_not(content, preferences, now=ends - timedelta(milliseconds=1)) is None
    for stale, now in ((content, ends), (viewing, ACCEPTED_AT + timedelta(hours=2))):
        withheld = _why_not(stale, preferences, now=now)
        assert withheld is not None
        assert (withheld.state, withheld.reason) == (
            DeliveryState.EXPIRED,
            Reason(ReasonCode.TOO_OLD),
        )


def test_the_age_of_a_scheduled_notification_counts_from_its_send_at() -> None:
    scheduled = _content(expires_at=None)._replace(category="viewing", send_at=NOW)

    assert _why_not(scheduled, Preferences(frozenset(Channel)), now=NOW) is None


@pytest.mark.parametrize(
    ("send_at", "moved_at", "counts_from"),
    [
        (None, None, ACCEPTED_AT),
        (ACCEPTED_AT - timedelta(days=400), None, ACCEPTED_AT),
        (ACCEPTED_AT + timedelta(days=1), None, ACCEPTED_AT + timedelta(days=1)),
        (None, ACCEPTED_AT + timedelta(days=1), ACCEPTED_AT + timedelta(days=1)),
        (ACCEPTED_AT, ACCEPTED_AT + timedelta(days=1), ACCEPTED_AT + timedelta(days=1)),
    ],
)
def test_age_counts_from_the_latest_of_acceptance_its_time_and_the_change_that_made_it_due(
    send_at: datetime | None, moved_at: datetime | None, counts_from: datetime
) -> None:
    content = _content(expires_at=None)._replace(send_at=send_at, moved_at=moved_at)
    ends = counts_from + TTL

    assert content.wanted_at == counts_from
    assert too_late(content, RULES, now=ends - timedelta(milliseconds=1)) is None
    assert too_late(content, RULES, now=ends) is not None


def _content(*, expires_at: datetime | None) -> Content:
    return Content(
        first_id_of(ACCEPTED_AT),
        user_id=1,
        category="general",
        title="t",
        message="m",
        urgent=False,
        expires_at=expires_at,
    )
