"""Lists the rules in the order of their evaluation, each with its result for one message. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decide import Message, suppressed
from property_alert_notification.people.decisions import Decision, Hold, Rule, Suppress
from property_alert_notification.people.effective.cap import cap_in_words, decide_with_cap
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.hold import hold
from property_alert_notification.people.hours.legal import NO_WINDOWS, LegalWindows
from property_alert_notification.people.permission import permit
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import NO_RULES, PersonalRules, Preferences, is_unreadable

NOT_EVALUATED = "not evaluated"


class Part(StrEnum):
    """The effect of a rule on the decision."""

    NONE = ""
    ALLOWS = "allows"
    """The message may be sent by this rule, so the rules about its time are evaluated next."""
    DECIDES = "decides"


class Step(NamedTuple):
    """One rule."""

    rule: Rule
    result: str
    part: Part = Part.NONE


def steps_of(message: Message, person: Person, now: datetime, uses: Sequence[Use]) -> list[Step]:
    """All rules in the order of their evaluation, each with its result for this message.

    `uses` are the messages of its channel that count towards the cap.
    """
    if (stop := suppressed(message, person, now)) is not None:
        found = Step(Rule.SUPPRESSION, stop.reason.sentence(message.channel), Part.DECIDES)
        return [found, *_not_evaluated(_MAY_IT), *_not_evaluated(_WHEN)]
    return [Step(Rule.SUPPRESSION, "not on the list"), *_by_preferences(message, person, now, uses)]


def _by_preferences(message: Message, person: Person, now: datetime, uses: Sequence[Use]) -> list[Step]:
    permission = permit(message.channel, message.category, person.preferences)
    decision = decide_with_cap(message, person, now, uses)
    if is_unreadable(person.preferences) and isinstance(decision, Hold):
        return _unreadable(message, person.preferences, decision)
    if isinstance(permission, Suppress):
        return [*_may_it(message, person.preferences, permission.rule, Part.DECIDES), *_not_evaluated(_WHEN)]
    part = Part.ALLOWS if decision.rule in _WHEN else Part.DECIDES
    rules = NO_RULES if person.preferences is None else person.preferences.rules
    may_it = _may_it(message, person.preferences, permission.send.rule, part)
    cap = cap_in_words(message, person, now, uses)
    return [*may_it, *_when(message, person, rules, now, decision, permission.frequency, cap)]


def _unreadable(message: Message, preferences: Preferences | None, decision: Decision) -> list[Step]:
    """The rules if that of the user is unreadable: no later rule is evaluated."""
    *before, _ = _may_it(message, preferences, Rule.USER_RULE, Part.NONE)[: _MAY_IT.index(Rule.USER_RULE) + 1]
    decides = Step(Rule.USER_RULE, decision.reason.sentence(message.channel), Part.DECIDES)
    return [*before, decides, *_not_evaluated((*_MAY_IT[len(before) + 1 :], *_WHEN))]


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
    preference = rules.frequencies.get(category.name, {}).get(channel)
    default = category.default.get(channel)
    switch = "on" if preferences is not None and channel in preferences.opted_in else "off"
    results = {
        Rule.CHANNEL_SWITCH: "all consent was withdrawn" if preferences is None else f"{channel} is switched {switch}",
        Rule.CATEGORY_REQUIRED: f"{category.name} is {'required' if category.required else 'not required'}",
        Rule.OPT_IN_CONFIRMATION: "the user has not confirmed it"
        if winner is Rule.OPT_IN_CONFIRMATION
        else "the user need not confirm it any more",
        Rule.USER_RULE: f"the user set {preference}"
        if preference
        else f"the user set nothing for {category.name} by {channel}",
        Rule.CATEGORY_DEFAULT: f"{category.name} has {default}" if default else f"{category.name} has no default",
        Rule.SERVICE_DEFAULT: "a channel that is switched on sends at once",
    }
    every = _rules_for(category)
    evaluated = every[: every.index(winner) + 1]
    steps = [Step(rule, results[rule], part if rule is winner else Part.NONE) for rule in evaluated]
    return [*steps, *_not_evaluated(every[len(evaluated) :])]


def _rules_for(category: Category) -> tuple[Rule, ...]:
    """The rules that permit a message; most categories demand no confirmation."""
    if not category.confirm_opt_in:
        return _MAY_IT
    before = _MAY_IT.index(Rule.USER_RULE)
    return (*_MAY_IT[:before], Rule.OPT_IN_CONFIRMATION, *_MAY_IT[before:])


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
        return [Step(Rule.URGENT, "urgent and transactional: sent at once", Part.DECIDES), *_not_evaluated(_WHEN[1:])]
    kind = message.category.kind
    results = {
        Rule.URGENT: f"urgent, but {kind}" if message.urgent else "not urgent",
        Rule.FREQUENCY: frequency.value,
        Rule.LEGAL_WINDOW: _legal_window(message, person, rules, now),
        Rule.QUIET_HOURS: _quiet_hours(message, person, rules, now),
        Rule.CAP: cap,
    }
    if decision.rule in results:
        results[decision.rule] = decision.reason.sentence(message.channel)
    return [Step(rule, results[rule], Part.DECIDES if rule is decision.rule else Part.NONE) for rule in _WHEN]


def _legal_window(message: Message, person: Person, rules: PersonalRules, now: datetime) -> str:
    """The result of the legal windows without the quiet hours."""
    if not current.windows().limit(message.channel, message.category.kind):
        return f"no law limits {message.category.kind} {message.channel}"
    undisturbed = Preferences(frozenset(), rules._replace(quiet_hours=()))
    return _in_words(message, person._replace(preferences=undisturbed), now, current.windows())


def _quiet_hours(message: Message, person: Person, rules: PersonalRules, now: datetime) -> str:
    """The result of the quiet hours without the legal windows."""
    return _in_words(message, person, now, NO_WINDOWS) if rules.quiet_hours else "none"


def _in_words(message: Message, person: Person, now: datetime, windows: LegalWindows) -> str:
    kind, default = message.category.kind, current.default_time_zone()
    held = hold(message.channel, kind, message.address, person, now, windows, default)
    return "allowed at this hour" if held is None else held.reason.sentence(message.channel)


def _not_evaluated(rules: tuple[Rule, ...]) -> list[Step]:
    return [Step(rule, NOT_EVALUATED) for rule in rules]
