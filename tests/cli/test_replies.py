"""`replies`: what people wrote to our numbers, on the command line."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.base.clock import Clock
from property_alert_notification.cli import app
from property_alert_notification.database import Database
from property_alert_notification.feedback.replies import queries
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.feedback.replies.words import Word, looks_like_refusal, read
from tests.cli.command import words

Call = Callable[..., Result]
SENT = ("please stop\x1b[2J texting me", "When can I see it?" * 20, "STOP")


@pytest.fixture
def call(tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> Call:
    url = migrated_sqlite(tmp_path / "app.db")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "220")

    async def receive() -> None:
        database, clock = Database(url, wait=30), Clock()
        async with database.transaction() as connection:
            for text in SENT:
                await queries.add(connection, a_reply(text, clock))
        await database.close()

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, prog_name="property-alerts")

    asyncio.run(receive())
    return invoke


def a_reply(text: str, clock: Clock) -> InboundReply:
    return InboundReply(
        id=(id_ := clock.new_id()),
        key=id_.hex,
        channel="sms",
        provider="twilio",
        sender="+14155552671",
        text=text,
        word=read(text),
        is_refusal=looks_like_refusal(text) and read(text) is Word.OTHER,
        received_at=clock.now(),
    )


def test_what_waits_is_listed_until_it_is_handled(call: Call) -> None:
    listed = call("replies", "list")
    (refusal,) = json.loads(call("replies", "list", "--refusals", "--json").stdout)

    assert "+14155552671 sms other refusal" in words(listed.stdout)
    assert "please stop [2J texting me" in words(listed.stdout)
    assert "When can I see it?When" in words(listed.stdout)
    assert "…" in listed.stdout
    assert "STOP" not in listed.stdout
    assert "\x1b" not in listed.stdout
    assert (refusal["word"], refusal["handled_at"], "key" in refusal) == ("other", None, False)

    assert call("replies", "handle", refusal["id"]).stdout == f"Handled: {refusal['id']}\n"
    assert "There are none." in call("replies", "list", "--refusals").stdout
    every = json.loads(call("replies", "list", "--all", "--json").stdout)
    assert [one["text"] for one in every] == [SENT[2], SENT[1], SENT[0]]
    assert every[2]["handled_by"].startswith("cli:")
    assert "reply.handled" in call("audit").stdout
    assert call("replies", "handle", refusal["id"], "--again").stdout == f"Waits again: {refusal['id']}\n"
    assert json.loads(call("replies", "list", "--refusals", "--json").stdout) == [refusal]
    assert len(json.loads(call("replies", "list", "--limit", "1", "--json").stdout)) == 1


def test_an_unknown_message_is_named(call: Call) -> None:
    done = call("replies", "handle", "01900000-0000-7000-8000-000000000000")

    assert (done.exit_code, str(done.exception)) == (1, "Reply not found")
