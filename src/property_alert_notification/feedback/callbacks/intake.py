"""Takes callbacks of providers: verifies each, and has its reports applied."""

from collections.abc import Mapping, Sequence
from inspect import isawaitable

import structlog

from property_alert_notification.base.errors import ForgedCallback, RequestError, ServiceError, UnreadableCallback
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.callback import (
    Callback,
    InboundMessage,
    ProviderCallbacks,
    Reported,
    ReportedEvent,
    SubscriptionEnded,
    UnreadableEvent,
    UsedToken,
)
from property_alert_notification.feedback.replies.take import ReplyIntake
from property_alert_notification.feedback.reports.intake import ReportIntake

log = structlog.get_logger()

Providers = Mapping[tuple[str, str], ProviderCallbacks]
"""The providers with callbacks, by channel and name."""


class CallbackIntake:
    """Takes the callbacks of all providers of one process."""

    def __init__(self, reports: ReportIntake, replies: ReplyIntake, metrics: Metrics, *, providers: Providers) -> None:
        self._replies = replies
        self.providers = providers
        self._reports = reports
        self._metrics = metrics

    async def take(self, channel: Channel, provider: str, callback: Callback) -> tuple[str, bytes] | None:
        """Verify a callback and apply its reports; returns after the commit.

        The result is the media type and the body of an answer by which the provider confirms a STOP or START, or None.

        Raises:
            ForgedCallback: its signature is not valid.
            UnreadableCallback: it is signed, and cannot be read.
            StoreUnavailable: the reports may be lost unless the provider repeats the callback.
        """
        events = await self._read(channel, provider, callback)
        self._count_unreadable(channel, provider, [event for event in events if isinstance(event, UnreadableEvent)])
        reported = [event for event in events if isinstance(event, (ReportedEvent, UsedToken))]
        await self._reports.take(channel, provider, reported, callback.body)
        messages = [event for event in events if isinstance(event, InboundMessage)]
        answers = [await self._replies.take(channel, provider, message) for message in messages]
        confirm = self.providers[channel, provider].confirm
        # One answer has room for one confirmation.
        said = next((answer for answer in answers if answer is not None), None)
        return confirm(said) if confirm is not None and said is not None and len(messages) == 1 else None

    def _count_unreadable(self, channel: Channel, provider: str, events: Sequence[UnreadableEvent]) -> None:
        if events:
            log.warning(
                "callback.events_unreadable",
                channel=channel,
                provider=provider,
                number=len(events),
                **events[0].origin,
            )
            self._metrics.reports.labels("unreadable").inc(len(events))

    async def _read(self, channel: Channel, provider: str, callback: Callback) -> Sequence[Reported]:
        outcome = "unreadable"
        try:
            read = self.providers[channel, provider].read(callback)
            events = await read if isawaitable(read) else read
            outcome = "read"
            for ended in [event for event in events if isinstance(event, SubscriptionEnded)]:
                outcome = "subscription_ended"
                log.error("callback.subscription_ended", channel=channel, provider=provider, name=ended.name)
        except ForgedCallback:
            outcome = "forged"
            log.warning("callback.forged", channel=channel, provider=provider)
            raise
        except (RequestError, ServiceError):
            raise
        except Exception as error:
            # Its text may contain personal data.
            log.error("callback.unreadable", channel=channel, provider=provider, **origin(error))  # noqa: TRY400
            raise UnreadableCallback from None
        finally:
            self._metrics.callbacks.labels(channel, provider, outcome).inc()
        return events
