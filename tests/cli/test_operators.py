"""`pause`, `resume`, `pauses` and `quarantine`: what an operator does about sending, and what is written down."""

import getpass
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, accept
from tests.cli.command import complaint, run, running, running_dev, words
from tests.pipeline.world import eventually
from tests.services.callers import a_caller

UNKNOWN_ID = "01900000-0000-7000-8000-000000000000"


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_pause_and_resume_are_in_the_audit_record_with_their_author(tmp_path: Path) -> None:
    nothing = run(tmp_path, "pauses")
    email, category, everything = (run(tmp_path, "pause", *name) for name in (("email",), ("listing_alert",), ()))
    shown, machine = run(tmp_path, "pauses"), json.loads(run(tmp_path, "pauses", "--json").stdout)
    ended, twice = run(tmp_path, "resume"), run(tmp_path, "resume")

    me = f"cli:{getpass.getuser()}"
    assert nothing.stdout == "Nothing is paused.\n"
    assert email.stdout.startswith("Sending of the channel email is paused, since ")
    assert category.stdout.startswith("Sending of the category listing_alert is paused, since ")
    assert everything.stdout.startswith("All sending is paused, since ")
    assert [(one["name"], one["paused_by"]) for one in machine] == [
        (name, me) for name in ("email", "everything", "listing_alert")
    ]
    assert f"{me} everything" in words(shown.stdout)
    assert ended.stdout == "All sending goes on.\nStill paused: email, listing_alert.\n"
    assert (twice.returncode, complaint(twice)) == (1, "error: Sending of everything is not paused.")
    record = json.loads(run(tmp_path, "audit", "--json").stdout)
    assert [(one["actor"], one["action"], one["subject"]) for one in record] == [
        (me, "sending.resumed", "everything"),
        (me, "sending.paused", "everything"),
        (me, "sending.paused", "listing_alert"),
        (me, "sending.paused", "email"),
    ]


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_an_invalid_pause_is_reported_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "pause", "Two Words")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "property-alerts pause email" in done.stderr


async def test_every_process_stops_and_goes_on(tmp_path: Path, migrated_sqlite_url: str) -> None:
    """`dev` is one worker, and another one shares its store."""
    folder = tmp_path / "worker"
    folder.mkdir()
    with running_dev(tmp_path) as service:
        settings = {"DATABASE_URL": migrated_sqlite_url}
        with running(folder, "worker", ready="worker.started", settings=settings) as other:
            assert run(tmp_path, "pause").returncode == 0

            async def both_know() -> bool:
                return all("pauses.changed" in one.errors() for one in (service, other))

            await eventually(both_know)
            async with a_caller(service.url) as client:
                await client.put("/api/v1/preferences/1", json=PREFERENCES)
                body = NOTIFICATION | {"channels": ["email"]}
                id_ = (await client.post("/api/v1/notifications/", json=body)).json()["id"]

                async def state() -> str:
                    detail = (await client.get(f"/api/v1/notifications/{id_}")).json()
                    return str(detail["deliveries"][0]["state"])

                async def is_held() -> bool:
                    return await state() == "held"

                async def is_sent() -> bool:
                    return await state() == "sent"

                await eventually(is_held)
                assert run(tmp_path, "resume").returncode == 0
                await eventually(is_sent)


@pytest.fixture
async def stuck(tmp_path: Path, migrated_sqlite_url: str) -> str:
    """A store with one delivery that five workers broke on; its id."""
    async with a_client(database_url=migrated_sqlite_url) as client:
        await client.put("/api/v1/preferences/1", json=PREFERENCES)
        await accept(client, channels=["email"])
    with closing(sqlite3.connect(tmp_path / "app.db")) as store:
        store.execute(
            "UPDATE deliveries SET state = 'quarantined', due_at = NULL, attempts = 5, "
            """reason_code = 'other', reason_parameters = '{"text":"it broke [red]"}'"""
        )
        store.commit()
    (case,) = json.loads(run(tmp_path, "quarantine", "list", "--json").stdout)
    return str(case["id"])


def test_the_quarantine_is_listed_and_shown_without_anything_personal(tmp_path: Path, stuck: str) -> None:
    listed, shown = run(tmp_path, "quarantine", "list"), run(tmp_path, "quarantine", "show", stuck)
    machine = run(tmp_path, "quarantine", "show", stuck, "--json")

    assert f"{stuck} email general 1" in words(listed.stdout)
    assert "it broke [red]" in listed.stdout
    assert "why it broke [red]" in words(shown.stdout)
    assert json.loads(machine.stdout)["tried"] == []
    for private in ("user@test.com", "notification title", "notification message"):
        assert private not in listed.stdout + shown.stdout + machine.stdout


def test_a_replay_is_made_once_and_written_down(tmp_path: Path, stuck: str) -> None:
    replayed, twice = run(tmp_path, "quarantine", "replay", stuck), run(tmp_path, "quarantine", "replay", stuck)

    assert (replayed.returncode, replayed.stdout.startswith("1 tried again.")) == (0, True)
    assert (twice.returncode, complaint(twice)) == (1, "error: It is not quarantined: it is queued.")
    assert run(tmp_path, "quarantine", "list").stdout == "There are none.\n"
    assert f"delivery.replayed {stuck}" in words(run(tmp_path, "audit").stdout)


def test_several_are_discarded_all_or_none(tmp_path: Path, stuck: str) -> None:
    none = run(tmp_path, "quarantine", "discard", stuck, UNKNOWN_ID)
    one = run(tmp_path, "quarantine", "discard", stuck)

    assert (none.returncode, complaint(none)) == (1, "error: Delivery not found")
    assert one.stdout == "1 discarded.\n"
    assert f"delivery.discarded {stuck}" in words(run(tmp_path, "audit").stdout)
    assert complaint(run(tmp_path, "quarantine", "show", stuck)) == "error: No such delivery is quarantined"
