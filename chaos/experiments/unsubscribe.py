"""Users unsubscribe by one click while messages to them are on the way."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx2

from chaos import store_reader
from chaos.cluster import SETTINGS
from chaos.experiment import Experiment
from chaos.plan import Load, Plan
from chaos.refusals import claimed_after
from chaos.trial import Trial
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens

SHARE = 0.5
"""Of the users, who unsubscribe from emails of the category."""

CATEGORY = "listing_alert"

CLICKS_AT_ONCE = 32

POLL = 0.02
"""Seconds between two looks at what was accepted meanwhile."""

BUSY = 0.2
"""Seconds after which a click is repeated that the service refused."""

SETTINGS_HERE = {
    # A promotional SMS has to go at the hour at which the experiment runs, too.
    "LEGAL_WINDOWS_FILE": "/dev/null",
    # Nothing is broken here: on a machine that is short of time the short waits of other experiments would break it.
    "LEASE": "20",
    "STORE_TIMEOUT": "4",
    **dict.fromkeys(("SMTP_TIMEOUT", "SMTP_FINAL_TIMEOUT", "SMS_HTTP_TIMEOUT"), "30"),
}


def _promote(body: dict[str, Any], _number: int) -> None:
    body["category"] = CATEGORY


async def _is_taken(client: httpx2.AsyncClient, url: str) -> bool:
    """Whether the service answered a click; a mail provider repeats one that it did not answer."""
    try:
        return (await client.post(url, data={"List-Unsubscribe": "One-Click"})).status_code == HTTPStatus.OK
    except httpx2.TransportError:
        return False


async def _disturb(trial: Trial) -> None:
    said: dict[str, datetime] = {}
    tokens, slots = Tokens([SETTINGS["SIGNING_KEYS"].encode()]), asyncio.Semaphore(CLICKS_AT_ONCE)
    waiting = {reference for reference in trial.bodies if trial.random.random() < SHARE}
    waits = {reference: trial.random_seconds(0, 0.3) for reference in sorted(waiting)}
    trial.faults += len(waiting)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client, asyncio.TaskGroup() as clicks:

        async def click(reference: str) -> None:
            await asyncio.sleep(waits[reference])
            user = trial.bodies[reference]["user_id"]
            token = tokens.make(Purpose.UNSUBSCRIBE, Link(user, Channel("email"), CATEGORY))
            url = f"{trial.cluster.urls[user % len(trial.cluster.urls)]}/u/{token}"
            async with slots:
                while not await _is_taken(client, url):  # noqa: ASYNC110 - the machine is busy
                    await asyncio.sleep(BUSY)
            said[reference] = datetime.now(UTC)

        while waiting:
            accepted = waiting & trial.call_log.ids.keys()
            for reference in sorted(accepted):
                clicks.create_task(click(reference))
            waiting -= accepted
            await asyncio.sleep(POLL)
    await trial.until_accepted(1.0)
    await store_reader.wait_until_ended(trial.cluster.database_url, patience=300)
    stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
    emails = [one for one in stored if one.channel == "email"]
    unasked = [
        one for one in stored if one.state == "suppressed" and (one.channel == "sms" or one.reference not in said)
    ]
    trial.note_problem("claimed after the user had unsubscribed", claimed_after(emails, said))
    trial.note_problem("suppressed although nobody unsubscribed", len(unasked))
    trial.note_problem("no click came before its message", int(not any(one.state == "suppressed" for one in emails)))


EXPERIMENT = Experiment(
    id="B24b",
    question="Users unsubscribe by one click while their email is on the way: is it claimed after the answer?",
    disturb=_disturb,
    trials=5,
    plan=Plan(settings=SETTINGS_HERE),
    load=Load(count=5_000, rate=100, shape=_promote),
    ends=frozenset({"sent", "suppressed"}),
)
