"""Each rule that is asked about a message, in its order, and what it says: the way to a decision, for people. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.decide import Message
from property_alert_notification.people.decisions import Decision, Rule, Suppress
from property_alert_notification.people.effective.cap import cap_in_words, decide_with_cap
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.hold import hold
from property_alert_notification.people.hours.legal import NO_WINDOWS, LegalWindows
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import NO_RULES, PersonalRules, Preferences

NOT_ASKED = "not asked"


class Part(StrEnum):
    """What a rule has to do with the decision."""

    NONE = ""
    ALLOWS = "allows"
    """The message may be sent by this rule, so it is asked when."""
    DECIDES = "decides"


class Step(NamedTuple):
    """One rule."""

    rule: Rule
    says: str
    part: Part = Part.NONE


def steps_of(message: Message, person: Person, now: datetime, uses: Sequence[Use]) -> list[Step]:
    """All rules in the order in which they are asked, and what each says of this message.

    `uses` are the messages of its channel that count into the person's cap.
    """
    permission = permit(message.channel, message.category, person.preferences)
    if isinstance(permission, Suppress):
        return [*_may_it(message, person.preferences, permission.rule, Part.DECIDES), *_not_asked(_WHEN)]
    decision = decide_with_cap(message, person, now, uses)
    part = Part.ALLOWS if decision.rule in _WHEN else Part.DECIDES
    rules = NO_RULES if person.preferences is None else person.preferences.rules
    may_it = _may_it(message, person.preferences, permission.send.rule, part)
    cap = cap_in_words(message, person, now, uses)
    return [*may_it, *_when(message, person, rules, now, decision, permission.frequency, cap)]


_MAY_IT = (
    Rule.CHANNEL_SWITCH,
    Rule.CATEGORY_REQUIRED,
    Rule.USER_RULE,
    Rule.CATEGORY_DEFAULT,
    Rule.SERVICE_DEFAULT,
)
_WHEN = (Rule.URGENT, Rule.FREQUENCY, Rule.LEGAL_WINDOW, Rule.QUIET_HOURS, Rule.CAP)


def _may_it(message: Message, preferences: Preferences | None, winner: Rule, part: Part) -> list[Step]:
    channel, category = message.channel, message.category
    rules = NO_RULES if preferences is None else preferences.rules
    said = rules.frequencies.get(category.name, {}).get(channel)
    default = category.default.get(channel)
    switch = "on" if preferences is not None and channel in preferences.opted_in else "off"
    says = {
        Rule.CHANNEL_SWITCH: "all consent was withdrawn" if preferences is None else f"{channel} is switched {switch}",
        Rule.CATEGORY_REQUIRED: f"{category.name} is {'required' if category.required else 'not required'}",
        Rule.USER_RULE: f"the user said {said}" if said else f"the user said nothing of {category.name} by {channel}",
        Rule.CATEGORY_DEFAULT: f"{category.name} has {default}" if default else f"{category.name} has no default",
        Rule.SERVICE_DEFAULT: "what is switched on is sent at once",
    }
    asked = _MAY_IT[: _MAY_IT.index(winner) + 1]
    steps = [Step(rule, says[rule], part if rule is winner else Part.NONE) for rule in asked]
    return [*steps, *_not_asked(_MAY_IT[len(asked) :])]


def _when(
    message: Message,
    person: Person,
    rules: PersonalRules,
    now: datetime,
    decision: Decision,
    frequency: Frequency,
    cap: str,
) -> list[Step]:
    if decision.rule is Rule.URGENT:
        return [Step(Rule.URGENT, "urgent and transactional: sent at once", Part.DECIDES), *_not_asked(_WHEN[1:])]
    kind = message.category.kind
    says = {
        Rule.URGENT: f"urgent, but {kind}" if message.urgent else "not urgent",
        Rule.FREQUENCY: frequency.value,
        Rule.LEGAL_WINDOW: _legal_window(message, person, rules, now),
        Rule.QUIET_HOURS: _quiet_hours(message, person, rules, now),
        Rule.CAP: cap,
    }
    if decision.rule in says:
        says[decision.rule] = decision.reason.sentence(message.channel)
    return [Step(rule, says[rule], Part.DECIDES if rule is decision.rule else Part.NONE) for rule in _WHEN]


def _legal_window(message: Message, person: Person, rules: PersonalRules, now: datetime) -> str:
    """What the law says, whatever the user says."""
    if not current.windows().limit(message.channel, message.category.kind):
        return f"no law limits {message.category.kind} {message.channel}"
    undisturbed = Preferences(frozenset(), replace(rules, quiet_hours=()))
    return _in_words(message, person._replace(preferences=undisturbed), now, current.windows())


def _quiet_hours(message: Message, person: Person, rules: PersonalRules, now: datetime) -> str:
    """What the user says, whatever the law says."""
    return _in_words(message, person, now, NO_WINDOWS) if rules.quiet_hours else "none"


def _in_words(message: Message, person: Person, now: datetime, windows: LegalWindows) -> str:
    kind, default = message.category.kind, current.default_time_zone()
    held = hold(message.channel, kind, message.address, person, now, windows, default)
    return "not at this hour" if held is None else held.reason.sentence(message.channel)


def _not_asked(rules: tuple[Rule, ...]) -> list[Step]:
    return [Step(rule, NOT_ASKED) for rule in rules]
