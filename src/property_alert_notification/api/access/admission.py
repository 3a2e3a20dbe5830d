"""A caller whose API key was accepted, and what the key allows."""

from dataclasses import dataclass

from property_alert_notification.api.access.quota import Headers
from property_alert_notification.api.access.visibility import EVERYTHING, Visibility
from property_alert_notification.base.errors import Forbidden
from property_alert_notification.base.vocabulary import Scope


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller that was admitted."""

    caller: str | None
    """The name of the API key; None when none was required."""
    owner: str
    """The owner of the idempotency keys; the same after a key is rotated. Empty without an API key."""
    test: bool
    """Their notifications never reach a real provider."""
    headers: Headers = ()
    """Headers that show the caller their rate, if they have one."""
    scopes: frozenset[Scope] = frozenset(Scope)
    """The scopes of the API key; all of them when no key was required."""
    prefix: str = ""
    """The first characters of the API key, to recognise it. Empty without a key."""

    @property
    def actor(self) -> str:
        """Their name in the record of administrative changes: the caller and the key."""
        if self.caller is None:
            return "local"
        return f"{self.caller} ({'test' if self.test else 'live'} key {self.prefix})"

    def actor_beside(self, caller: str | None, *, test: bool) -> str:
        """Their name in the timeline of a notification that `caller` submitted."""
        if (self.caller, self.test) != (caller, test):
            return self.actor
        return "its caller" if caller is None else f"its caller, {self.actor}"

    @property
    def visible(self) -> Visibility:
        """Which notifications they may see, change and cancel: their own, with `admin` all; tests with a test key."""
        if self.caller is None:
            return EVERYTHING
        return Visibility(caller=None if Scope.ADMIN in self.scopes else self.caller, test=self.test)

    def require(self, scope: Scope) -> None:
        """Return if the key has this scope too.

        Raises:
            Forbidden: the key lacks the scope.
        """
        if scope not in self.scopes:
            raise Forbidden(scope)


ANONYMOUS = Admission(caller=None, owner="", test=False)
