"""Requests profiles from the User service over HTTP.

- 200: a profile. 304: the stored profile has not changed. 404, 410: the user does not exist.
- Any other status is a failure, and so is a body that is not a profile, incomplete or too large: it changes nothing.

As with every provider, no redirect is followed and no proxy of the environment is used. The URL comes from the
settings; only ids, which are numbers, are filled in.
"""

from collections.abc import Collection, Mapping

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Refused, RetryLater
from property_alert_notification.base.http import Answer, HttpCaller, raise_unless_taken
from property_alert_notification.people.directory.answers import (
    FieldPaths,
    Normalise,
    NotAProfile,
    read_document,
    read_many,
    read_profile,
)
from property_alert_notification.people.directory.profile import Entry
from property_alert_notification.people.directory.settings import USER_ID, USER_IDS, UserServiceSettings

AT_ONCE = 100
"""How many users one bulk request may name."""

LARGEST_PROFILE = 65_536
LARGEST_LIST = 1_048_576
"""The largest answer about one user, and about several, in bytes. A larger answer is a failure."""

LONGEST_ETAG = 255

_UNCHANGED, _NO_SUCH_USER = 304, frozenset({404, 410})


class UserService:
    """The HTTP client of the User service."""

    def __init__(self, settings: UserServiceSettings, url: str, clock: Clock, normalise: Normalise) -> None:
        """`url` is the URL of a single user. No connection is opened yet."""
        self._url = url
        self._bulk_url = settings.bulk_url
        self._paths = FieldPaths.read(settings.fields)
        self._headers = {"Accept": "application/json", **_authentication(settings)}
        self._clock = clock
        self._normalise = normalise
        self._http = HttpCaller(clock, connections=settings.connections, deadline=settings.timeout)

    @property
    def users_at_once(self) -> int:
        """How many users one request may name."""
        return AT_ONCE if self._bulk_url else 1

    async def ask(self, user_id: int, held: Entry | None) -> Entry:
        """Request the profile of a user; `held` is the entry that the directory has.

        Raises:
            SendError: the request failed; the reason contains no personal data.
        """
        asked_at = self._clock.now()
        etag = held.etag if held is not None and held.profile is not None else None
        answer = await self._get(self._url.replace(USER_ID, str(user_id)), LARGEST_PROFILE, etag)
        if answer.status in _NO_SUCH_USER:
            return Entry(None, asked_at)
        if answer.status == _UNCHANGED and held is not None and etag is not None:
            return Entry(held.profile, asked_at, etag=etag)
        try:
            profile = read_profile(self._document(answer), user_id, self._paths, self._normalise)
        except NotAProfile as fault:
            raise RetryLater(f"its answer {fault}") from None
        return Entry(profile, asked_at, etag=_etag(answer))

    async def ask_many(self, users: Collection[int]) -> dict[int, Entry]:
        """Request the profiles of several users; users who are missing in the answer are left out.

        Raises:
            SendError: the request failed; the reason contains no personal data.
        """
        asked_at = self._clock.now()
        url = str(self._bulk_url).replace(USER_IDS, ",".join(map(str, users)))
        try:
            found = read_many(self._document(await self._get(url, LARGEST_LIST)), self._paths, self._normalise)
        except NotAProfile as fault:
            raise RetryLater(f"its answer about several users {fault}") from None
        return {user_id: Entry(profile, asked_at) for user_id, profile in found.items() if user_id in set(users)}

    async def check(self) -> str:
        """Request user 0, whom hardly any service has, so that the check reads no personal data.

        Raises:
            SendError: the request failed.
        """
        try:
            answer = await self._get(self._url.replace(USER_ID, "0"), LARGEST_PROFILE)
        except Refused as refusal:  # ids begin with 1 in most services
            return f"the User service answers ({refusal.reason})"
        if answer.status not in _NO_SUCH_USER:
            try:
                read_profile(self._document(answer), 0, self._paths, self._normalise)
            except NotAProfile as fault:
                raise RetryLater(f"its answer {fault}: check USER_SERVICE_URL and USER_SERVICE_FIELDS") from None
        return f"the User service answers (HTTP {answer.status})"

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close()

    async def _get(self, url: str, largest: int, etag: str | None = None) -> Answer:
        condition = {} if etag is None else {"If-None-Match": etag}
        answer = await self._http.get(url, headers=self._headers | condition, largest=largest)
        if answer.status not in _NO_SUCH_USER and answer.status != _UNCHANGED:
            raise_unless_taken(answer, now=self._clock.now())
        return answer

    def _document(self, answer: Answer) -> object:
        if answer.status != 200:
            raise NotAProfile(f"is a failure (HTTP {answer.status})")
        if not answer.is_whole:
            raise NotAProfile("is incomplete or too large")
        return read_document(answer.body)


def _authentication(settings: UserServiceSettings) -> Mapping[str, str]:
    if settings.token is None:
        return {}
    token = settings.token.get_secret_value()
    return {settings.auth_header: f"Bearer {token}" if settings.auth_header.lower() == "authorization" else token}


def _etag(answer: Answer) -> str | None:
    etag = answer.headers.get("ETag")
    return etag if etag and len(etag) <= LONGEST_ETAG and etag.isprintable() and etag.isascii() else None
