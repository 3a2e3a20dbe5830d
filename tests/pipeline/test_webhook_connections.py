"""A webhook goes to exactly the address that was checked, under the name of its host, and follows nothing."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import trustme

from property_alert_notification.feedback.webhooks.sending.connections import (
    CallResult,
    EndpointConnections,
    Resolve,
    resolve,
)
from tests.services.clock import SameDay
from tests.services.receiver import Call, Receiver, a_receiver, reply

HOST = "hooks.example.com"
ENDPOINT = UUID(int=1)


def resolving(*answers: Sequence[str]) -> Resolve:
    """A resolver with these answers in turn, as of a name that is bound anew."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        assert host == HOST
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def call(
    receiver: Receiver, *, is_local: bool = True, authority: trustme.CA | None = None, resolve: Resolve
) -> CallResult:
    verify = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(verify)
    connections = EndpointConnections(SameDay(), timeout=5, is_local=is_local, verify=verify, resolve_host=resolve)
    scheme = "http" if authority is None else "https"
    try:
        return await connections.call(
            ENDPOINT, f"{scheme}://{HOST}:{receiver.port}/hook?a=b", b"{}", {"webhook-id": "1"}
        )
    finally:
        connections.close()


def tls_of(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_the_certificate_and_the_host_are_those_of_the_name() -> None:
    authority = trustme.CA()
    async with a_receiver(tls_of(authority, HOST)) as receiver:
        result = await call(receiver, authority=authority, resolve=resolving(["127.0.0.1"]))

    assert result == CallResult(204, None)
    (arrived,) = receiver.calls
    assert (arrived.headers["host"], arrived.target) == (f"{HOST}:{receiver.port}", "/hook?a=b")


async def test_a_certificate_of_another_name_is_refused() -> None:
    authority = trustme.CA()
    async with a_receiver(tls_of(authority, "other.example.com", "127.0.0.1")) as receiver:
        result = await call(receiver, authority=authority, resolve=resolving(["127.0.0.1"]))

    assert (result, receiver.calls) == (CallResult(None, "unreachable"), [])


async def test_one_address_inside_is_enough_to_refuse_and_nothing_is_connected() -> None:
    async with a_receiver() as receiver:
        for addresses in (
            ["169.254.169.254"],
            ["127.0.0.1", "169.254.1.1"],
            ["127.0.0.1", "::ffff:169.254.169.254"],
            [],
        ):
            result = await call(receiver, resolve=resolving(addresses))
            assert result == CallResult(None, "address_refused"), addresses
        outside_local = await call(receiver, is_local=False, authority=trustme.CA(), resolve=resolving(["127.0.0.1"]))

    assert outside_local == CallResult(None, "address_refused")
    assert receiver.connections == 0


async def test_a_name_that_is_bound_anew_is_not_resolved_again_for_the_connection() -> None:
    async with a_receiver() as receiver:
        result = await call(receiver, resolve=resolving(["127.0.0.1"], ["169.254.169.254"]))

    assert result == CallResult(204, None)


async def test_redirects_are_not_followed_and_silence_ends() -> None:
    async def redirect(_: Call) -> bytes:
        return reply(307, "Location: http://169.254.169.254/latest/meta-data")

    async with a_receiver() as receiver:
        receiver.answer = redirect
        assert await call(receiver, resolve=resolving(["127.0.0.1"])) == CallResult(307, None)
        assert len(receiver.calls) == 1


async def test_what_cannot_be_resolved_is_no_answer() -> None:
    async def fail(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such host")

    async def hang(_host: str, _port: int) -> Sequence[str]:
        raise TimeoutError

    async with a_receiver() as receiver:
        for resolve in (fail, hang):
            assert await call(receiver, resolve=resolve) == CallResult(None, "dns")


async def test_a_host_that_takes_long_is_looked_up_once_and_keeps_no_other_waiting() -> None:
    asked: list[str] = []
    answers = asyncio.Event()

    async def slow(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        if host == HOST:
            await answers.wait()
        return ["127.0.0.1"]

    async with a_receiver() as receiver:
        connections = EndpointConnections(SameDay(), timeout=0.05, is_local=True, resolve_host=slow)
        url = f"http://{HOST}:{receiver.port}/"
        waiting = [connections.call(ENDPOINT, url, b"{}", {}) for _ in range(20)]
        assert {result.error for result in await asyncio.gather(*waiting)} == {"dns"}
        assert asked == [HOST]
        answers.set()
        connections.close()


async def test_the_resolver_of_the_system_answers_and_refuses_in_its_own_thread() -> None:
    assert await resolve("127.0.0.1", 443) == ["127.0.0.1"]
    for name in ("a..b", "a" * 64 + ".example"):
        with pytest.raises(OSError):  # noqa: PT011 - its text is the system's
            await resolve(name, 443)


async def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_replaced() -> None:
    async with a_receiver() as receiver:
        connections = EndpointConnections(SameDay(), timeout=5, is_local=True, resolve_host=resolving(["127.0.0.1"]))
        url = f"http://{HOST}:{receiver.port}/hook"
        try:
            results = [await connections.call(ENDPOINT, url, b"{}", {}) for _ in range(3)]
            assert receiver.connections == 1
            receiver.hang_up_after = 1
            results += [await connections.call(ENDPOINT, url, b"{}", {}) for _ in range(3)]
        finally:
            connections.close()

    assert results == [CallResult(204, None)] * 6
    assert len(receiver.calls) == 6


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", CallResult(200, None)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut off", CallResult(200, None)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", CallResult(200, None)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999, CallResult(200, None)),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", CallResult(204, None)),
        (b"HTTP/1.1 503 No\r\nretry-AFTER: 7\r\n\r\n", CallResult(503, None, timedelta(seconds=7))),
        (b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 9_999, CallResult(None, "no_answer")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", CallResult(None, "no_answer")),
        (b"HTTP/1.1 20", CallResult(None, "no_answer")),
        (b"", CallResult(None, "no_answer")),
    ],
)
async def test_every_answer_has_one_result(answer: bytes, result: CallResult) -> None:
    async def give(_: Call) -> bytes:
        return answer

    async with a_receiver() as receiver:
        receiver.answer, receiver.hang_up_after = give, 1
        assert await call(receiver, resolve=resolving(["127.0.0.1"])) == result
        assert len(receiver.calls) == 1
