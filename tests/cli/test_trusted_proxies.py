"""Whose forwarding headers are believed: only those of the proxies in TRUSTED_PROXIES."""

from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.cli.server import proxy_options
from tests.cli.command import complaint, run, running
from tests.services.nginx import nginx
from tests.services.process import PATIENCE, free_port, wait_until

PROXY = "10.0.0.5"
CALLER = "203.0.113.5"
SINGLE = "10.0.0.5"
BOTH = "10.0.0.5,192.168.0.0/16,2001:db8::5"


async def seen(trusted: str, peer: str, *headers: tuple[str, str]) -> tuple[str, str]:
    """The caller's address and scheme as an application meets them behind uvicorn's own middleware."""
    scope: dict[str, Any] = {
        "type": "http",
        "client": (peer, 40_000),
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    met: list[Any] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        met.append(scope)

    trusted = Settings(trusted_proxies=trusted).trusted_proxies
    config = uvicorn.Config(application, lifespan="off", log_config=None, **proxy_options(trusted))
    config.load()
    await config.loaded_app(scope, None, None)  # type: ignore[arg-type]
    return met[0]["client"][0], met[0]["scheme"]


FORWARDED = (("X-Forwarded-For", CALLER), ("X-Forwarded-Proto", "https"))


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [
        (SINGLE, PROXY),
        (SINGLE, f"::ffff:{PROXY}"),  # on a socket that takes both kinds
        ("10.0.0.0/8", PROXY),
        ("10.0.0.0/8", f"::ffff:{PROXY}"),
        (BOTH, "192.168.7.7"),
        (BOTH, "2001:db8::5"),
        (" 10.0.0.5 , 2001:0DB8:0::5", "2001:db8::5"),
        ("2001:db8::/32", "2001:db8:1::1"),
        ("::1", "::1"),
    ],
)
async def test_a_trusted_proxy_is_believed(trusted: str, peer: str) -> None:
    assert await seen(trusted, peer, *FORWARDED) == (CALLER, "https")


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [
        ("", PROXY),
        ("", "127.0.0.1"),
        (SINGLE, "10.0.0.6"),
        (SINGLE, "::ffff:10.0.0.6"),
        (SINGLE, "::1"),
        (BOTH, "127.0.0.1"),
        ("2001:db8::/32", "2001:db9::1"),
        ("::1", "127.0.0.1"),
    ],
)
async def test_headers_of_other_proxies_are_ignored(trusted: str, peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable has no say

    assert await seen(trusted, peer, *FORWARDED) == (peer, "http")


@pytest.mark.parametrize(
    ("values", "client"),
    [
        (["198.51.100.9, 203.0.113.5"], CALLER),  # the first one is the caller's own invention
        (["203.0.113.5, 192.168.7.7"], CALLER),  # two proxies, both trusted
        (["198.51.100.9, 203.0.113.5, 192.168.7.7, 10.0.0.5"], CALLER),
        (["198.51.100.9", "203.0.113.5"], CALLER),  # as two headers
        (["192.168.7.7, 10.0.0.5"], "192.168.7.7"),  # only proxies
        (["2001:db8:9::1"], "2001:db8:9::1"),
        (["[2001:db8:9::1]:4711"], "2001:db8:9::1"),
        (["203.0.113.5:4711"], CALLER),
        ([""], PROXY),
        ([], PROXY),
    ],
)
async def test_of_several_hops_the_last_that_is_no_proxy_is_the_caller(values: list[str], client: str) -> None:
    assert (await seen(BOTH, PROXY, *(("X-Forwarded-For", value) for value in values)))[0] == client


@pytest.mark.parametrize(
    ("proto", "scheme"), [("https", "https"), ("http", "http"), ("", "http"), ("javascript", "http"), ("a, b", "http")]
)
async def test_a_scheme_is_http_or_https(proto: str, scheme: str) -> None:
    assert (await seen(SINGLE, PROXY, ("X-Forwarded-Proto", proto)))[1] == scheme


@pytest.mark.parametrize(
    "value",
    ["*", "localhost", "proxy.example.com", "10.0.0.5:8000", "10.0.0.5/33", "10.0.0.5/8", "10.0.0", "[::1]", "a;b"],
)
def test_an_invalid_address_is_refused_by_its_field(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", value)

    with pytest.raises(ConfigurationError) as refused:
        load(Settings)

    assert str(refused.value).startswith("TRUSTED_PROXIES: must be addresses or networks, as 10.1.0.0/16")


def test_a_wrong_value_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "api", TRUSTED_PROXIES="localhost")

    assert done.returncode == 2
    assert complaint(done).startswith("error: TRUSTED_PROXIES: ")


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_behind_nginx_the_log_names_the_caller_and_a_forger_is_not_believed(tmp_path: Path) -> None:
    port = free_port()
    settings = {"TRUSTED_PROXIES": "127.0.0.1"}
    with running(tmp_path, "api", "--port", str(port), ready="answers at", port=port, settings=settings) as api:
        with nginx([port]) as proxy:
            _ask(proxy, {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Host": "evil.example.com"})
        wait_until(lambda: "/health/live" in api.output() + api.errors(), process=api.process, log=api.errors)
        said = api.output() + api.errors()

    assert "127.0.0.2:0" in said  # whom nginx saw
    assert "198.51.100.9" not in said
    assert "evil.example.com" not in said


def _ask(url: str, headers: dict[str, str]) -> None:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE, source_address=("127.0.0.2", 0))
    connection.request("GET", "/health/live", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
