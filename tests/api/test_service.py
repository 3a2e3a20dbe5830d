"""What holds for every call: request ids, health, figures, and what happens when a part is down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging.config import dictConfig

import asyncpg
import httpx2
import pytest
from fastapi.responses import StreamingResponse
from uvicorn.config import LOGGING_CONFIG

from property_alert_notification.app import create_app
from property_alert_notification.base import output
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.wiring import assemble
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, until_the_store_answers
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.postgres import Postgres
from tests.services.process import PATIENCE, free_port
from tests.services.serving import serving


async def test_a_request_id_is_returned_and_an_invalid_one_is_replaced(lite: httpx2.AsyncClient) -> None:
    given = await lite.get("/health/live", headers={"X-Request-ID": "caller-7"})
    bad = await lite.get("/health/live", headers={"X-Request-ID": "a b<script>"})

    assert given.headers["X-Request-ID"] == "caller-7"
    assert bad.headers["X-Request-ID"] not in ("", "a b<script>")


async def test_a_working_service_is_alive_and_ready(lite: httpx2.AsyncClient) -> None:
    live, ready = await lite.get("/health/live"), await lite.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_figures_count_what_was_accepted_and_carry_no_address(lite: httpx2.AsyncClient) -> None:
    await lite.post("/api/v1/notifications/", json=NOTIFICATION)

    figures = (await lite.get("/metrics")).text

    assert "property_alerts_notifications_accepted_total 1.0" in figures
    assert 'property_alerts_queue_age_seconds{channel="email"}' in figures
    assert 'property_alerts_stage_seconds_count{stage="accept"} 1.0' in figures
    assert 'http_requests_total{method="POST",route="/api/v1/notifications/",status="200"} 1.0' in figures
    assert "user@test.com" not in figures


async def test_unknown_paths_and_methods_are_problems_too(lite: httpx2.AsyncClient) -> None:
    missing, wrong = await lite.get("/api/v1/nothing"), await lite.delete("/api/v1/notifications/")

    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert (wrong.status_code, wrong.json()["status"]) == (405, 405)


async def test_an_unexpected_error_is_a_500_with_an_id_and_without_its_text(
    migrated_sqlite_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    app = create_app(Settings(database_url=migrated_sqlite_url, log_format="json"), with_worker=False)

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("canary.address@example.com")

    async with serving(app) as url, a_caller(url) as client:
        answer = await client.get("/broken", headers={"X-Request-ID": "caller-8"})
        figures = (await client.get("/metrics")).text

    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "caller-8")
    assert answer.json()["detail"] == "Something broke on our side. The log says what."
    assert 'route="/broken",status="500"} 1.0' in figures
    output.flush(within=PATIENCE)
    logged = "".join(capfd.readouterr())
    assert '"event": "request.broke"' in logged
    assert '"request_id": "caller-8"' in logged
    assert "canary" not in logged + answer.text


async def test_the_fast_path_breaks_as_any_route_does(
    migrated_sqlite_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It answers before FastAPI, so what it does not foresee never reaches FastAPI's handlers."""
    app = create_app(Settings(database_url=migrated_sqlite_url, log_format="json"), with_worker=False)

    async def broken(*_: object) -> None:
        raise ValueError("canary.address@example.com")

    async with serving(app) as url, a_caller(url) as client:
        app.state.acceptance.accept = broken
        answer = await client.post("/api/v1/notifications", json=NOTIFICATION)
        figures = (await client.get("/metrics")).text

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert 'route="/api/v1/notifications",status="500"} 1.0' in figures
    output.flush(within=PATIENCE)
    logged = "".join(capfd.readouterr())
    assert '"event": "request.broke"' in logged
    assert "canary" not in logged + answer.text


async def test_an_answer_that_breaks_half_way_ends_there_and_its_error_is_logged_without_its_text(
    migrated_sqlite_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also by a server that had set its own logging up, as `fastapi dev` and `uvicorn` do before they import `main`."""
    dictConfig(LOGGING_CONFIG)
    app = create_app(Settings(database_url=migrated_sqlite_url, log_format="json"), with_worker=False)

    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise ValueError("canary.address@example.com")

    @app.get("/half")
    async def halves() -> StreamingResponse:
        return StreamingResponse(half())

    async with serving(app) as url, a_caller(url) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get("/half")

    output.flush(within=PATIENCE)
    logged = "".join(capfd.readouterr())
    assert "ValueError" in logged
    assert "canary" not in logged


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "192.168.1.7:8000"},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Origin": "null"},
    ],
)
async def test_a_foreign_web_page_gets_nothing_from_a_local_service(
    lite: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    read = await lite.get("/api/mailbox/messages", headers=headers)
    sent = await lite.post("/api/v1/notifications/", json=NOTIFICATION, headers=headers)

    assert (read.status_code, sent.status_code) == (403, 403)
    assert "ALLOW_REMOTE=true" in read.json()["detail"]


async def test_a_page_of_this_service_may_hide_its_origin(lite: httpx2.AsyncClient) -> None:
    hidden = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}

    assert (await lite.post("/api/v1/notifications/", json=NOTIFICATION, headers=hidden)).status_code == 200


async def test_a_link_in_a_captured_email_may_open_a_page(lite: httpx2.AsyncClient) -> None:
    by_a_link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    followed = await lite.get("/", headers=by_a_link)
    sent = await lite.post("/api/v1/notifications/", json=NOTIFICATION, headers=by_a_link)

    assert (followed.status_code, sent.status_code) == (200, 403)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "alerts.localhost"])
async def test_a_local_service_answers_to_the_names_of_this_machine(lite: httpx2.AsyncClient, host: str) -> None:
    answer = await lite.get("/health/live", headers={"Host": host, "Origin": f"http://{host}"})

    assert answer.status_code == 200


async def test_a_client_in_the_same_process_needs_no_network_name(migrated_sqlite_url: str) -> None:
    app = create_app(Settings(database_url=migrated_sqlite_url), with_worker=False)
    transport = httpx2.ASGITransport(app)

    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        assert (await client.get("/health/live")).status_code == 200


async def test_a_database_that_does_not_exist_stops_the_start(postgres: Postgres) -> None:
    url = f"postgresql://postgres@127.0.0.1:{postgres.port}/nowhere"

    with pytest.raises(ConfigurationError, match=r'DATABASE_URL: .*database "nowhere" does not exist'):
        async with assemble(Settings(database_url=url)):
            pass


async def test_a_provider_that_does_not_exist_stops_the_api_too(migrated_sqlite_url: str) -> None:
    settings = Settings(database_url=migrated_sqlite_url, email_provider="acme")

    with pytest.raises(ConfigurationError, match="EMAIL_PROVIDER: no provider is called 'acme'"):
        async with assemble(settings):
            pass


async def test_a_dead_broker_degrades_but_accepting_goes_on(store_url: str) -> None:
    closed_port = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    async with a_client(database_url=store_url, queue_broker_url=closed_port) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        accepted = await client.post("/api/v1/notifications/", json=NOTIFICATION)
        ready = await client.get("/health/ready")

    assert accepted.status_code == 200
    assert (ready.status_code, ready.json()["status"], ready.json()["broker"]["up"]) == (200, "degraded", False)
    assert "guest:" not in ready.text


async def test_a_store_that_dies_is_answered_503_and_used_again_when_it_is_back(
    postgres: Postgres, postgres_url: str
) -> None:
    async with a_client(database_url=postgres_url, store_timeout=1) as client:
        await until_the_store_answers(client, "PUT", "/api/v1/preferences/1", PREFERENCES)
        postgres.kill()
        try:
            refused = await client.post("/api/v1/notifications/", json=NOTIFICATION)
            ready = await client.get("/health/ready")
            page = await client.get(f"/preferences/{Tokens(Settings().link_keys).make(Purpose.PREFERENCES, Link(1))}")
        finally:
            postgres.start()

        async def accepted() -> bool:
            return (await client.post("/api/v1/notifications/", json=NOTIFICATION)).status_code == 200

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert (ready.status_code, ready.json()["store"]["up"]) == (503, False)
        assert ready.json()["store"]["problem"]
        assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
        assert "Please try again" in page.text
        await eventually(accepted)


async def test_a_store_that_hangs_is_answered_503_and_not_waited_for(migrated_postgres_url: str) -> None:
    async with a_client(database_url=migrated_postgres_url, store_timeout=1) as client:
        await until_the_store_answers(client, "PUT", "/api/v1/preferences/1", PREFERENCES)
        async with _locked(migrated_postgres_url, "preferences"):
            answers = [
                await client.get("/api/v1/preferences/1"),
                await client.put("/api/v1/preferences/1", json=PREFERENCES),
                await client.post("/api/v1/notifications/", json=NOTIFICATION),
            ]
            live = await client.get("/health/live")

        assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "1")] * 3
        assert live.status_code == 200

        async def answered() -> bool:
            return (await client.get("/api/v1/preferences/1")).status_code == 200

        await eventually(answered)


async def test_a_store_that_was_dead_at_the_start_is_migrated_and_used_when_it_is_there(
    postgres: Postgres, postgres_url: str
) -> None:
    postgres.stop()
    async with a_client(database_url=postgres_url, store_timeout=1) as client:
        try:
            refused = await client.put("/api/v1/preferences/1", json=PREFERENCES)
        finally:
            postgres.start()

        async def answered() -> bool:
            return (await client.put("/api/v1/preferences/1", json=PREFERENCES)).status_code == 200

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        await eventually(answered)


async def test_an_old_schema_stops_the_start_outside_local(empty_store_url: str) -> None:
    settings = Settings(
        database_url=empty_store_url,
        environment="production",
        email_provider="smtp",
        sms_provider="http",
        secret_keys="a-secret-of-tests-with-32-characters",
        signing_keys="a-signing-key-of-tests-with-32-characters",
        public_url="https://alerts.example.com",
    )

    with pytest.raises(ConfigurationError, match="property-alerts migrate"):
        async with assemble(settings):
            pass


@asynccontextmanager
async def _locked(url: str, table: str) -> AsyncIterator[None]:
    """No other transaction can read or write the table."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()
