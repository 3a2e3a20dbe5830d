"""What `/metrics` shows: on the API's port and on a worker's, while all is well and while the store is frozen."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import isnan
from pathlib import Path

import httpx2
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families as parse

from property_alert_notification import __version__, wiring
from property_alert_notification.app import create_app
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings
from property_alert_notification.deliveries import gauges
from property_alert_notification.notification_worker.telemetry import telemetry
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.operators import health
from tests.api.conftest import NOTIFICATION, PREFERENCES, accept
from tests.pipeline.world import eventually
from tests.services.callers import a_caller
from tests.services.clock import SameDay
from tests.services.postgres import Postgres
from tests.services.process import free_port
from tests.services.serving import serving

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"


@asynccontextmanager
async def both(store_url: str) -> AsyncIterator[Sequence[httpx2.AsyncClient]]:
    """Callers of an API and of a worker's port, on one store."""
    settings = Settings(database_url=store_url, store_timeout=30, worker_metrics_port=free_port())
    app = create_app(settings, with_worker=False, clock=SameDay())
    async with (
        serving(app) as url,
        wiring.assemble(settings, clock=SameDay()) as parts,
        telemetry(parts),
        Worker(parts),
    ):
        worker_url = f"http://127.0.0.1:{settings.worker_metrics_port}"
        async with a_caller(url) as api, a_caller(worker_url) as worker:
            yield api, worker


async def test_figures_are_what_prometheus_expects(migrated_sqlite_url: str) -> None:
    async with both(migrated_sqlite_url) as (api, worker):
        await api.put("/api/v1/preferences/1", json=PREFERENCES)
        notification = (await api.post("/api/v1/notifications", json=NOTIFICATION)).json()["id"]
        await eventually(lambda: _is_sent(api, notification))
        of_api, of_worker = [(await client.get("/metrics")).text for client in (api, worker)]

    for text in (of_api, of_worker):
        _check("metrics", stdin=text)
        assert _value(text, "property_alerts_store_up") == 1
        assert _value(text, "property_alerts_broker_up") == 1
        assert _value(text, "process_open_fds") > 0
        assert _value(text, "property_alerts_build_info", version=__version__) == 1
        assert _value(text, "property_alerts_deliveries_waiting", channel="sms") == 0
    answered = {"method": "POST", "route": "/api/v1/notifications"}
    assert _value(of_api, "property_alerts_http_requests_total", **answered, status="200") == 1
    assert _value(of_api, "property_alerts_http_request_seconds_count", **answered, status="2xx") == 1
    for channel in ("email", "sms"):
        assert _value(of_worker, "property_alerts_handover_seconds_count", channel=channel) == 1
        closed = {"channel": channel, "provider": "mailbox", "property_alerts_provider_breaker": "closed"}
        assert _value(of_worker, "property_alerts_provider_breaker", **closed) == 1


async def _is_sent(api: httpx2.AsyncClient, notification: str) -> bool:
    return bool((await api.get(f"/api/v1/notifications/{notification}")).json()["status"] == "sent")


async def test_every_figure_is_described_with_an_alert_that_prometheus_understands(
    tmp_path: Path, migrated_sqlite_url: str
) -> None:
    described = dict(_DESCRIBED.findall(OPERATIONS.read_text()))
    async with both(migrated_sqlite_url) as clients:
        texts = [(await client.get("/metrics")).text for client in clients]

    assert set(described) == {_name(family) for text in texts for family in parse(text)}
    rules = [{"alert": f"Alert{number}", "expr": alert} for number, alert in enumerate(described.values())]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "examples", "rules": rules}]}))
    _check("rules", str(tmp_path / "rules.yml"))
    for name, alert in described.items():
        assert name in alert


async def test_figures_and_readiness_are_answered_while_the_store_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST_CHECK", 2)
    monkeypatch.setattr(gauges, "PATIENCE", 0.5)
    with Postgres() as server:
        url = server.create_database()
        async with both(url) as clients:
            for client in clients:
                await _is_up(client)
            server.freeze()
            try:
                # Twice: the second scrape finds the question of the first one unanswered.
                for client in clients:
                    async with asyncio.timeout(_FAR_BELOW_THE_STORES_OWN_LIMIT):
                        await client.get("/metrics")
                        text = (await client.get("/metrics")).text
                        ready = await client.get("/health/ready")
                    assert _value(text, "property_alerts_store_up") == 0
                    assert isnan(_value(text, "property_alerts_queue_age_seconds", channel="email"))
                    assert isnan(_value(text, "property_alerts_deliveries_waiting", channel="sms"))
                    assert (ready.status_code, ready.json()["store"]["up"]) == (503, False)
            finally:
                server.thaw()
            for client in clients:
                await _is_up(client)


_FAR_BELOW_THE_STORES_OWN_LIMIT = 20


async def _is_up(client: httpx2.AsyncClient) -> None:
    while True:
        text = (await client.get("/metrics")).text
        if _value(text, "property_alerts_store_up") == 1:
            assert _value(text, "property_alerts_queue_age_seconds", channel="email") == 0
            return


async def test_waiting_deliveries_are_counted_with_their_age_up_to_a_bound(client: httpx2.AsyncClient) -> None:
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    for fields in ({"urgent": True}, {"channels": ["email"]}, {"send_at": "2100-01-01T00:00:00Z"}):
        await accept(client, **fields)
    text = (await client.get("/metrics")).text

    assert _value(text, "property_alerts_deliveries_waiting", channel="email") == 2
    assert _value(text, "property_alerts_deliveries_waiting", channel="sms") == 1
    assert _value(text, "property_alerts_queue_age_seconds", channel="email") > 0


def test_times_of_requests_fall_into_their_buckets() -> None:
    metrics = Metrics()
    for status, seconds in ((200, 0.001), (201, 0.0011), (204, 99.0), (404, 0.3)):
        metrics.requests.series("GET", "/x", status).observe(seconds)
    text = metrics.render().decode()

    labels = {"method": "GET", "route": "/x", "status": "2xx"}
    name = "property_alerts_http_request_seconds"
    counted = [_value(text, f"{name}_bucket", **labels, le=bound) for bound in ("0.001", "0.0025", "10.0", "+Inf")]
    assert counted == [1, 2, 2, 3]
    assert _value(text, f"{name}_sum", **labels) == pytest.approx(99.0021)
    assert _value(text, f"{name}_count", **(labels | {"status": "4xx"})) == 1
    assert _value(text, "property_alerts_http_requests_total", method="GET", route="/x", status="201") == 1


_DESCRIBED = re.compile(r"^\| `((?:property_alerts|process)_[a-z_]+)` \|.*\| `([^`]+)` \|$", re.MULTILINE)


def _check(what: str, *arguments: str, stdin: str | None = None) -> None:
    command = ["promtool", "check", what, *arguments]
    checked = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stderr == ""


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _value(text: str, name: str, **labels: str) -> float:
    (value,) = [
        sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return value
