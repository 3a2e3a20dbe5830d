"""`demo` against a running service."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from property_alert_notification.cli.demo.digests import digest_time
from property_alert_notification.cli.demo.homes import batches
from property_alert_notification.cli.demo.listings import read_listings
from property_alert_notification.cli.demo.notifications import notifications
from property_alert_notification.cli.demo.searches import searches
from property_alert_notification.cli.demo.users import preferences
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.reso_server.sales import read_sales
from property_alert_notification.reso_server.timeline import Step
from tests.cli.command import run, running_dev, words
from tests.cli.conftest import ALERTS, Shown
from tests.services.callers import a_blocking_caller
from tests.services.process import free_port


def _wanted(channel: str) -> int:
    sample = notifications(read_listings(), ALERTS, run="demo")
    return sum(preferences(alert["user_id"])[f"{channel}_enabled"] for alert in sample)


def test_it_counts_sent_and_suppressed_messages(shown: Shown) -> None:
    email, sms = _wanted("email"), _wanted("sms")

    assert shown.demo.returncode == 0, shown.demo.stderr
    assert f"email {email} 0 {ALERTS - email} 0 0" in words(shown.demo.stdout)
    assert f"sms {sms} 0 {ALERTS - sms} 0 0" in words(shown.demo.stdout)
    assert f"{shown.service.url}/mailbox" in shown.demo.stdout


def test_every_alert_that_was_wanted_is_in_the_mailbox_once(shown: Shown) -> None:
    with a_blocking_caller(shown.service.url) as client:
        messages = client.get("/api/mailbox/messages", params={"limit": 200}).json()["messages"]
    arrived = [(message["channel"], message["text"].rpartition("Reference ")[2].strip()) for message in messages]

    assert len(arrived) == len(set(arrived)) == _wanted("email") + _wanted("sms")


def test_the_sample_holds_a_thousand_different_homes() -> None:
    assert len({listing.listing_id for listing in read_listings()}) == 1000


def test_more_alerts_than_homes_differ_all_the_same() -> None:
    printed = [alert["message"] for alert in notifications(read_listings(), 2500, run="demo")]

    assert len(set(printed)) == 2500


def test_prices_are_given_in_whole_dollars() -> None:
    printed = " ".join(
        f"{alert['title']} {alert['message']}" for alert in notifications(read_listings(), 100, run="demo")
    )

    assert re.findall(r"It was \$[\d,]+ before\.", printed)
    assert not re.findall(r"\$[\d,]+\.\d", printed)


def test_without_a_service_the_demo_prints_the_command_that_starts_one(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", "--url", f"http://127.0.0.1:{free_port()}")

    assert done.returncode == 1
    assert "make run" in done.stderr
    assert done.stderr.count("\n") == 1


def test_every_search_of_the_demo_is_understood() -> None:
    sales = list(islice(read_sales(), 50))
    made = list(searches(sales, 100))

    assert len({user for user, _ in made}) == 100
    assert all(read_criteria(search["Criteria"], "USD") for _, search in made)


def test_the_searches_of_one_user_differ() -> None:
    made = list(searches(list(islice(read_sales(), 300)), 2_000))
    first = [search for user, search in made if user == made[0][0]]

    assert len({str(search["Criteria"]) for search in first}) == len(first) == 10
    assert {search["ScheduleType"] for search in first} == {"Daily", "ASAP"}


def test_a_listing_has_one_record_in_a_batch_of_a_week() -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    days = [("a", 0), ("b", 1), ("a", 2), ("c", 8), ("d", 9), ("e", 15)]
    steps = [Step(began + timedelta(days=day), key, {}) for key, day in days]

    assert ["".join(step.listing_key for step in batch) for batch in batches(steps)] == ["ab", "ac", "de"]
    assert list(batches([])) == []


def test_a_digest_comes_after_the_homes_were_played() -> None:
    now = datetime(2026, 11, 30, 7, 59, 50, tzinfo=UTC)
    zone = ZoneInfo("America/Los_Angeles")

    assert digest_time(now, zone).isoformat() == "2026-11-30T00:00:00-08:00"
    assert digest_time(now + timedelta(seconds=6), zone).isoformat() == "2026-11-30T00:01:00-08:00"


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("migrated_sqlite_url")
def test_digests_arrive_while_the_demo_is_running(tmp_path: Path) -> None:
    with running_dev(tmp_path) as service:
        options = ("--count", "1", "--homes", "40", "--searches", "600", "--digests", "100")
        done = run(tmp_path, "demo", "--url", service.url, *options, patience=300)

    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ digests carried \d+ alerts", " ".join(done.stdout.split()))


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_homes_are_replayed_and_alerts_of_what_matches_arrive(tmp_path: Path) -> None:
    with running_dev(tmp_path) as service:
        options = ("--count", "1", "--homes", "2", "--searches", "8", "--digests", "0")
        done = run(tmp_path, "demo", "--url", service.url, *options)
        with a_blocking_caller(service.url) as client:
            messages = client.get("/api/mailbox/messages", params={"limit": 200}).json()["messages"]

    assert done.returncode == 0, done.stderr
    assert re.search(r"New Listing\s+2\b", done.stdout)
    told = re.search(r"searches made (\d+) alerts", " ".join(done.stdout.split()))
    assert told is not None
    assert int(told[1]) >= 4
    assert "One alert, to user" in done.stdout
    assert "the user was told" in done.stdout
    assert any(message["channel"] == "email" for message in messages)
