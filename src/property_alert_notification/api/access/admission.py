"""A caller whose API key was accepted, and what the key allows."""

from dataclasses import dataclass

from property_alert_notification.api.access.quota import Headers
from property_alert_notification.api.access.visibility import EVERYTHING, Visibility
from property_alert_notification.base.errors import Forbidden
from property_alert_notification.base.vocabulary import Scope


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller whose call is admitted."""

    caller: str | None
    """The name of the API key; None when none was required."""
    owner: str
    """The owner of the caller's idempotency keys, which stays the same when the API key is rotated. Empty without an
    API key."""
    test: bool
    """Whether the key is a test key, whose notifications never reach a real provider."""
    headers: Headers = ()
    """Headers with the caller's rate, if the key has one."""
    scopes: frozenset[Scope] = frozenset(Scope)
    """The scopes of the API key; all scopes if no key was required."""
    prefix: str = ""
    """The first characters of the API key, to recognise it. Empty without a key."""

    @property
    def actor(self) -> str:
        """The name of the author in the audit record: the caller and the key."""
        if self.caller is None:
            return "local"
        return f"{self.caller} ({'test' if self.test else 'live'} key {self.prefix})"

    def actor_beside(self, caller: str | None, *, test: bool) -> str:
        """The name of the author in the timeline of a notification that `caller` submitted."""
        if (self.caller, self.test) != (caller, test):
            return self.actor
        return "its caller" if caller is None else f"its caller, {self.actor}"

    @property
    def visible(self) -> Visibility:
        """The notifications that the caller may access: its own, or all with `admin`; with a test key only tests."""
        if self.caller is None:
            return EVERYTHING
        return Visibility(caller=None if Scope.ADMIN in self.scopes else self.caller, test=self.test)

    def require(self, scope: Scope) -> None:
        """Check that the key has this scope.

        Raises:
            Forbidden: the key lacks the scope.
        """
        if scope not in self.scopes:
            raise Forbidden(scope)


ANONYMOUS = Admission(caller=None, owner="", test=False)
