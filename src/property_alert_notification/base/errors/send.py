"""A provider did not confirm a message."""

from datetime import timedelta

from property_alert_notification.base.errors.service_error import ServiceError


class SendError(ServiceError):
    """A provider did not confirm a message; the text is its reason, without address or message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(SendError):
    """The message was not taken; `retry_after` is the wait that the provider asks for, if any.

    `cause` is the reason to suppress the address if the message fails by this, when it is about the address.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None, cause: str | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.cause = cause


class Deferred(RetryLater):
    """The provider does not take this message yet, as with greylisting; it takes others."""


class ProviderDown(RetryLater):
    """The provider takes no message now, or none from us; a message does not use up an attempt."""


class Throttled(ProviderDown):
    """The provider's rate or quota is used up: the worker pauses it or sends more slowly."""


class OutcomeUnknown(SendError):
    """The message may have been taken; the provider did not confirm it."""


class Refused(SendError):
    """The provider will never take the message; `cause` is the reason to suppress the address, if it is about that."""

    def __init__(self, reason: str, *, cause: str | None = None) -> None:
        super().__init__(reason)
        self.cause = cause
