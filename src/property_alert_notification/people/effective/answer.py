"""The decision about a message to a person at one moment, as the API shows it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.caps.rules import Use
from property_alert_notification.people.decide import Message
from property_alert_notification.people.decisions import Collect, Decision, Hold, Rule, Send, Suppress
from property_alert_notification.people.effective.cap import decide_with_cap
from property_alert_notification.people.person import Person

NOT_USED = Suppress(Reason(ReasonCode.CHANNEL_NOT_USED), Rule.SERVICE_DEFAULT)


class DecisionWord(StrEnum):
    """The decisions as words of the API."""

    SEND = "send"
    HOLD = "hold"
    COLLECT = "collect"
    SUPPRESS = "suppress"


_WORDS: dict[type[Decision], DecisionWord] = {
    Send: DecisionWord.SEND,
    Hold: DecisionWord.HOLD,
    Collect: DecisionWord.COLLECT,
    Suppress: DecisionWord.SUPPRESS,
}


class EffectiveDecision(BaseModel):
    """The decision about a message at one moment."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    decision: DecisionWord
    """`send` it at once, `hold` it, `collect` it for a digest, or `suppress` it."""
    reason_code: ReasonCode
    reason: str
    """The reason code as a sentence."""
    rule: Rule
    """The rule that decided: the first one that applies."""
    until: datetime | None
    """For `hold`, when the rules are evaluated again; for `collect`, when the digest is made; else null."""
    channel: Channel
    category: str
    at: datetime
    """The moment that the decision is about."""


def answer(
    message: Message,
    person: Person,
    at: datetime,
    uses: Sequence[Use],
    *,
    is_used: bool = True,
    language: str | None = None,
) -> EffectiveDecision:
    """What becomes of a message at that moment.

    `uses` are the messages of its channel that count into the person's cap. No provider carries a channel that is not
    used. `language` is that of the reason's sentence.
    """
    decision = decide_with_cap(message, person, at, uses) if is_used else NOT_USED
    return public(decision, message, at, language)


def public(decision: Decision, message: Message, at: datetime, language: str | None) -> EffectiveDecision:
    """A decision as callers see it."""
    return EffectiveDecision(
        decision=_WORDS[type(decision)],
        reason_code=decision.reason.code,
        reason=decision.reason.sentence(message.channel, language),
        rule=decision.rule,
        until=_until(decision),
        channel=message.channel,
        category=message.category.name,
        at=at,
    )


def _until(decision: Decision) -> datetime | None:
    match decision:
        case Hold(until=moment) | Collect(closes_at=moment):
            return moment
        case _:
            return None
