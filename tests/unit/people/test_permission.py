"""Whether a message may be sent at all: the first rule that applies wins."""

import pytest

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decisions import Rule, Suppress
from property_alert_notification.people.permission import Permission, permit
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences

EMAIL, SMS = Channel("email"), Channel("sms")
NEVER, ASAP, DAILY, WEEKLY = Frequency.NEVER, Frequency.ASAP, Frequency.DAILY, Frequency.WEEKLY


def _permit(
    *,
    preference: Frequency | None = None,
    default: Frequency | None = None,
    required: bool = False,
    of: str = "viewing",
) -> Permission | Suppress:
    """For a user with email alone, who may have a preference for the category `viewing` by email."""
    rules = PersonalRules(frequencies={} if preference is None else {"viewing": {EMAIL: preference}})
    defaults = {} if default is None else {EMAIL: default}
    category = Category(of, CategoryKind.TRANSACTIONAL, required, defaults)
    return permit(EMAIL, category, Preferences(frozenset({EMAIL}), rules))


@pytest.mark.parametrize("required", [True, False])
def test_a_switch_that_is_off_and_consent_that_was_withdrawn_come_first(required: bool) -> None:
    category = Category("viewing", required=required, default={SMS: ASAP})
    rules = PersonalRules(frequencies={"viewing": {SMS: ASAP}})

    off = permit(SMS, category, Preferences(frozenset({EMAIL}), rules))
    withdrawn = permit(SMS, category, None)

    assert isinstance(off, Suppress)
    assert isinstance(withdrawn, Suppress)
    assert (off.rule, off.reason.code) == (Rule.CHANNEL_SWITCH, ReasonCode.USER_OPTED_OUT)
    assert (withdrawn.rule, withdrawn.reason.code) == (Rule.CHANNEL_SWITCH, ReasonCode.NO_PREFERENCES)


@pytest.mark.parametrize(
    ("preference", "default", "required", "rule", "frequency"),
    [
        (None, None, False, Rule.SERVICE_DEFAULT, ASAP),
        (None, DAILY, False, Rule.CATEGORY_DEFAULT, DAILY),
        (ASAP, NEVER, False, Rule.USER_RULE, ASAP),
        (WEEKLY, DAILY, False, Rule.USER_RULE, WEEKLY),
        (NEVER, None, True, Rule.CATEGORY_REQUIRED, ASAP),
        (DAILY, None, True, Rule.CATEGORY_REQUIRED, ASAP),
        (NEVER, NEVER, True, Rule.CATEGORY_REQUIRED, ASAP),
        (ASAP, DAILY, True, Rule.CATEGORY_REQUIRED, DAILY),
    ],
)
def test_a_permission_has_its_rule_and_its_frequency(
    preference: Frequency | None, default: Frequency | None, required: bool, rule: Rule, frequency: Frequency
) -> None:
    found = _permit(preference=preference, default=default, required=required)

    assert isinstance(found, Permission)
    assert (found.send.rule, found.frequency) == (rule, frequency)


@pytest.mark.parametrize(
    ("preference", "default", "rule", "sentence"),
    [
        (NEVER, ASAP, Rule.USER_RULE, "the user does not want viewing by email"),
        (
            None,
            NEVER,
            Rule.CATEGORY_DEFAULT,
            "viewing is off by default on email, and the user has set no frequency",
        ),
    ],
)
def test_a_suppressed_message_names_the_rule(
    preference: Frequency | None, default: Frequency, rule: Rule, sentence: str
) -> None:
    found = _permit(preference=preference, default=default)

    assert isinstance(found, Suppress)
    assert (found.rule, found.reason.sentence("email")) == (rule, sentence)


def test_a_frequency_applies_to_one_category_and_channel_only() -> None:
    assert isinstance(_permit(preference=NEVER, of="offer"), Permission)
    by_sms = permit(
        SMS,
        Category("viewing"),
        Preferences(frozenset(Channel), PersonalRules(frequencies={"viewing": {EMAIL: NEVER}})),
    )
    assert isinstance(by_sms, Permission)


def test_the_reason_of_a_required_category_names_it() -> None:
    found = _permit(required=True, of="account")

    assert isinstance(found, Permission)
    assert found.send.reason.parameters == {"category": "account"}
