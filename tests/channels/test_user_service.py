"""The User service over a real HTTP server: sane, insane, slow, and not there at all."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from property_alert_notification.base.breaker import DOWN_IN_A_ROW, IN_DOUBT
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import OutcomeUnknown, ProviderDown, RetryLater, SendError, Throttled
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import BreakerState
from property_alert_notification.people.directory.client import LARGEST_PROFILE, UserService
from property_alert_notification.people.directory.look_up import Answer, ProfileLookUp
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.directory.settings import UserServiceSettings
from tests.channels import http_server
from tests.channels.conftest import CLOCK
from tests.channels.http_server import Exchange, HttpServer, answering
from tests.pipeline.world import eventually

ADA = {"email": "ada@example.com", "phone_number": "+14155552671", "name": "Ada"}
SAID = answering(200, json.dumps(ADA).encode(), ETag='"7"')
KNOWN = Profile(1, *ADA.values())


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as running:
        running.behaviour = SAID
        yield running


def a_service(server: HttpServer, **fields: Any) -> UserService:
    url = f"{server.url}/users/{{user_id}}?full=1"
    settings = UserServiceSettings(**{"url": url, "token": "t0ken", "timeout": 20} | fields)
    return UserService(settings, url, CLOCK, lambda _field, address: address)


@pytest.fixture
async def service(server: HttpServer) -> AsyncIterator[UserService]:
    built = a_service(server)
    yield built
    await built.close()


async def test_a_request_for_a_user_has_the_token(service: UserService, server: HttpServer) -> None:
    before = CLOCK.now()

    entry = await service.ask(1, None)

    assert (entry.profile, entry.etag, entry.pushed) == (KNOWN, '"7"', False)
    assert before <= entry.known_at <= CLOCK.now()
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/users/1?full=1")
    assert request.headers["authorization"] == "Bearer t0ken"
    assert "if-none-match" not in request.headers


async def test_a_token_may_be_in_a_header_of_its_own(server: HttpServer) -> None:
    service = a_service(server, auth_header="X-Api-Key")
    await service.ask(1, None)
    await service.close()

    assert server.requests[0].headers["x-api-key"] == "t0ken"
    assert "authorization" not in server.requests[0].headers


async def test_an_unchanged_profile_is_answered_304(service: UserService, server: HttpServer) -> None:
    held = await service.ask(1, None)
    server.behaviour = answering(304, b"", ETag='"7"')

    again = await service.ask(1, held)

    assert (again.profile, again.etag) == (KNOWN, '"7"')
    assert again.known_at > held.known_at
    assert server.requests[1].headers["if-none-match"] == '"7"'


@pytest.mark.parametrize("status", [404, 410])
async def test_a_user_may_not_exist(service: UserService, server: HttpServer, status: int) -> None:
    server.behaviour = answering(status, b"<html>not here</html>")

    assert (await service.ask(1, None)).profile is None


async def _half_a_body(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + json.dumps(ADA).encode())
    exchange.writer.close()


NONSENSE: dict[str, tuple[http_server.Behaviour, type[SendError]]] = {
    "no JSON": (answering(200, b"<html>hello</html>"), RetryLater),
    "wrong types": (answering(200, b'{"email": 7}'), RetryLater),
    "another user": (answering(200, json.dumps(ADA | {"id": 2}).encode()), RetryLater),
    "an error with 200": (answering(200, b'{"detail": "oops"}'), RetryLater),
    "nothing": (answering(204, b""), RetryLater),
    "a part": (answering(206, json.dumps(ADA).encode()), RetryLater),
    "not modified, unasked": (answering(304, b""), RetryLater),
    "a redirect": (answering(302, b"", Location="http://127.0.0.1:1/"), ProviderDown),
    "credentials": (answering(401), ProviderDown),
    "an error": (answering(500), RetryLater),
    "a bad gateway": (answering(502), SendError),
    "too many": (answering(429, Retry_After="7"), Throttled),
    "huge": (answering(200, json.dumps(ADA | {"name": "x" * LARGEST_PROFILE}).encode()), RetryLater),
    "endless": (http_server.huge_body, RetryLater),
    "half a body": (_half_a_body, RetryLater),
    "no HTTP": (http_server.garbage, SendError),
    "a reset": (http_server.reset, OutcomeUnknown),
    "compressed, unasked": (answering(200, gzip.compress(b"[]" * 10_000), Content_Encoding="gzip"), RetryLater),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_nonsense_is_no_answer_and_names_nobody(service: UserService, server: HttpServer, what: str) -> None:
    server.behaviour, kind = NONSENSE[what]

    with pytest.raises(SendError) as fault:
        await service.ask(1, None)

    assert isinstance(fault.value, kind)
    assert "ada" not in fault.value.reason.lower()
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [http_server.hang, http_server.drip, http_server.drip_body])
async def test_an_answer_that_never_ends_is_given_up(server: HttpServer, behaviour: http_server.Behaviour) -> None:
    server.behaviour = behaviour
    service = a_service(server, timeout=0.2)

    with pytest.raises(SendError):
        await service.ask(1, None)
    await service.close()


async def test_one_bulk_request_has_several_users(server: HttpServer) -> None:
    service = a_service(server, bulk_url=f"{server.url}/users?ids={{user_ids}}")
    answered = [ADA | {"id": 1}, ADA | {"id": 3}, ADA | {"id": 9}, {"id": 2}]
    server.behaviour = answering(200, json.dumps(answered).encode())

    entries = await service.ask_many([1, 2, 3])
    await service.close()

    assert {user_id: entry.profile for user_id, entry in entries.items()} == {
        1: KNOWN,
        3: Profile(3, *ADA.values()),
    }
    assert server.requests[0].path == "/users?ids=1,2,3"


async def test_check_prints_the_cause(service: UserService, server: HttpServer) -> None:
    server.behaviour = answering(404)
    assert await service.check() == "the User service answers (HTTP 404)"
    server.behaviour = answering(200, b"<html>")
    with pytest.raises(RetryLater, match="check USER_SERVICE_URL and USER_SERVICE_FIELDS"):
        await service.check()


class StillClock(Clock):
    """All happens within the same second."""

    def monotonic(self) -> float:
        return 0.0


class Answers:
    """What a look-up came to."""

    def __init__(self, service: UserService, *, connections: int = 4, clock: Clock = CLOCK) -> None:
        self.look_up = ProfileLookUp(service, clock, Metrics(), connections=connections)
        self.found: dict[int, Answer] = {}

    async def until(self, *users: int) -> dict[int, Answer]:
        async def are_there() -> bool:
            self.found |= self.look_up.take_answers(1_000)
            return self.found.keys() >= set(users)

        await eventually(are_there)
        return {user_id: self.found.pop(user_id) for user_id in users}


async def test_a_user_has_one_open_request_at_a_time(service: UserService, server: HttpServer) -> None:
    answers = Answers(service)
    for _ in range(5):
        answers.look_up.ask({1: None, 2: None})
    assert answers.look_up.is_asked(1)

    found = await answers.until(1, 2)

    assert sorted(request.path for request in server.requests) == ["/users/1?full=1", "/users/2?full=1"]
    assert [isinstance(answer, Entry) for answer in found.values()] == [True, True]
    assert not answers.look_up.is_asked(1)
    await answers.look_up.close()


async def test_a_user_whose_result_was_not_taken_is_not_requested_again(
    service: UserService, server: HttpServer
) -> None:
    answers, answered = Answers(service), asyncio.Event()
    answers.look_up.when_answered = answered.set
    answers.look_up.ask({1: None})
    await answered.wait()

    answers.look_up.ask({1: None})

    assert answers.look_up.is_asked(1)
    assert answers.look_up.take_answers(10).keys() == {1}
    assert not answers.look_up.is_asked(1)
    assert len(server.requests) == 1
    await answers.look_up.close()


async def test_a_user_missing_in_a_bulk_answer_is_requested_alone(server: HttpServer) -> None:
    async def answer(exchange: Exchange) -> None:
        if "ids=" in exchange.request.path:
            await answering(200, json.dumps([ADA | {"id": n} for n in range(2, 50)]).encode())(exchange)
        else:
            await (SAID if exchange.request.path.startswith("/users/1?") else answering(404))(exchange)

    server.behaviour = answer
    answers = Answers(a_service(server, bulk_url=f"{server.url}/users?ids={{user_ids}}"))
    answers.look_up.ask({100: None})
    await answers.until(100)  # from here on it is known to be well

    answers.look_up.ask(dict.fromkeys(range(1, 51)))
    found = await answers.until(*range(1, 51))

    known = [entry.profile for entry in found.values() if isinstance(entry, Entry)]
    assert [profile.user_id for profile in known if profile] == list(range(1, 50))
    assert known[-1] is None
    assert [request.path.count(",") for request in server.requests] == [0, 49, 0, 0]
    await answers.look_up.close()


@pytest.mark.parametrize(
    "refusal",
    [answering(500), answering(404), answering(400), answering(414), answering(200, b"<html>"), answering(200, b"{}")],
    ids=["500", "404", "400", "414", "nonsense", "no list"],
)
async def test_users_of_whom_one_spoils_the_answer_for_all_are_asked_for_one_by_one(
    server: HttpServer, refusal: http_server.Behaviour
) -> None:
    async def answer(exchange: Exchange) -> None:
        spoils = "ids=" in exchange.request.path or exchange.request.path.startswith("/users/13?")
        await (refusal if spoils else SAID)(exchange)

    server.behaviour = answer
    answers = Answers(a_service(server, bulk_url=f"{server.url}/users?ids={{user_ids}}"))
    answers.look_up.ask({100: None})
    await answers.until(100)  # from here on it is known to be well

    answers.look_up.ask(dict.fromkeys(range(50)))
    found = await answers.until(*range(50))

    known = {user_id for user_id, one in found.items() if isinstance(one, Entry) and one.profile}
    assert known == set(range(50)) - {13}
    assert not answers.look_up.is_away
    assert len(server.requests) == 1 + 1 + 50
    await answers.look_up.close()


async def test_a_service_that_fails_is_left_alone_and_tried_out_by_one_question(
    service: UserService, server: HttpServer
) -> None:
    answers, told = Answers(service), []
    look_up = answers.look_up
    look_up.when_changed.append(lambda: told.append(look_up.breaker.state))
    server.behaviour = answering(503)
    assert look_up.room() == IN_DOUBT
    look_up.ask(dict.fromkeys(range(DOWN_IN_A_ROW)))
    await answers.until(*range(DOWN_IN_A_ROW))

    assert (look_up.is_away, look_up.room()) == (True, 0)
    assert look_up.reason == "HTTP 503"
    server.behaviour = SAID

    async def may_ask() -> int:
        return look_up.room()

    assert await eventually(may_ask) == 1
    look_up.ask({1: None})
    assert look_up.room() == 0
    await answers.until(1)

    assert not look_up.is_away
    assert look_up.room() > IN_DOUBT
    assert told == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    await look_up.close()


async def test_requests_that_wait_for_a_connection_are_dropped_when_the_service_fails(
    service: UserService, server: HttpServer
) -> None:
    answers = Answers(service, connections=1)
    server.behaviour = answering(503)
    answers.look_up.ask(dict.fromkeys(range(50)))

    found = await answers.until(*range(50))

    assert {type(answer) for answer in found.values()} == {ProviderDown}
    assert len(server.requests) == DOWN_IN_A_ROW
    await answers.look_up.close()


async def test_a_fast_user_service_gets_more_requests_at_a_time(service: UserService, server: HttpServer) -> None:
    answers = Answers(service, clock=StillClock())
    answers.look_up.ask({1: None})
    await answers.until(1)
    few = answers.look_up.room()

    answers.look_up.ask(dict.fromkeys(range(100)))
    await answers.until(*range(100))
    many = answers.look_up.room()

    assert few < many
    server.behaviour = http_server.hang
    answers.look_up.ask(dict.fromkeys(range(many)))
    await asyncio.sleep(0)
    assert answers.look_up.room() == 0
    await answers.look_up.close()


def test_an_entry_has_an_age() -> None:
    now = CLOCK.now()
    entry = Entry(KNOWN, now - timedelta(seconds=10))

    assert entry.is_younger(timedelta(seconds=11), now)
    assert not entry.is_younger(timedelta(seconds=10), now)
