"""What else the canary person does and what happens to them: each function uses one more feature."""

from datetime import timedelta
from uuid import UUID

import httpx2
from sqlalchemy import select, update

from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.database import table_of
from property_alert_notification.events.models import WebhookAttempt
from property_alert_notification.feedback.bounces.event import MailOutcome, MailReader, ReceivedMail
from property_alert_notification.feedback.bounces.intake import BounceIntake
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.homes.alerts.shards.queries import add_first_shard
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life.checks import SearchChecks
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.homes.search_life.match_notes import MatchNotes
from property_alert_notification.notifications.models import Notification
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.wiring import report_intake
from tests.pipeline.canary import EMAIL_ADDRESS, IP_ADDRESS, USER
from tests.pipeline.homes import Homes, a_home
from tests.pipeline.test_callbacks import rows
from tests.pipeline.world import World, eventually

_SEARCHES = table_of(SavedSearch)


async def look_for_homes(world: World, api: httpx2.AsyncClient) -> None:
    """Searches with alerts, a digest, a first alert and a notice with a link; homes that they like or discard."""
    homes = Homes(world.parts.database, world.planner)
    async with homes.database.transaction() as connection:
        await add_first_shard(connection)
    await homes.list(*(a_home(key=key, UnparsedAddress=f"{key} Pinehurst Way NE") for key in ("1", "2")))
    searches = f"/api/v1/users/{USER}/saved-searches"
    for name, fields in (
        ("at once", {"InitialAlert": "all"}),
        ("daily", {"ScheduleType": "Daily"}),
        ("ignored", {"ScheduleType": "Daily"}),
    ):
        body = {"SavedSearchName": f"Canary {name}", "Criteria": {"ListPrice": {"max": 600_000}}, **fields}
        answer = await api.post(searches, json=body)
        assert answer.status_code == 201, answer.text
    for key, word in (("1", "Discard"), ("2", "Favorite")):
        preference = f"/api/v1/users/{USER}/listings/{key}/preference"
        assert (await api.put(preference, json={"ContactListingPreference": word})).status_code == 200
    assert await FirstAlerts(world.parts.database, world.planner, create_index=SearchIndex, wake=_nothing).make_due()
    await homes.list(a_home(key="3"), a_home(60, key="2", ListPrice=450_000))
    await homes.match()
    path = await _notice(world, homes)
    assert [(await api.get(path)).status_code, (await api.post(path)).status_code] == [200, 200]


def _nothing() -> None:
    """Nobody waits to be woken."""


async def _notice(world: World, homes: Homes) -> str:
    """They do not open the results of a search, which becomes weekly; returns the link that restores it."""
    now = homes.clock.now()
    long_ago = now - timedelta(days=100)
    ignored = {"check_at": now, "viewed_at": long_ago, "unseen_since": long_ago, "ignored": 1}
    async with homes.database.transaction() as connection:
        await connection.execute(update(_SEARCHES).where(_SEARCHES.c.name == "Canary ignored").values(**ignored))
    assert await MatchNotes(homes.database, homes.clock, wait=timedelta()).note()
    checks = SearchChecks(
        homes.database,
        homes.planner,
        Estimator(homes.database, homes.clock, too_many=1),
        Tokens(world.settings.link_keys),
        base_url="http://alerts.example.com",
        unopened=timedelta(days=30),
        wake=_nothing,
    )
    assert await checks.check_due()
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        asked = select(table.c.message).where(table.c.message.contains("http://alerts.example.com/"))
        message = str((await connection.execute(asked)).scalars().first())
    return message.partition("http://alerts.example.com")[2].split()[0]


async def bounce_by_mail(world: World, notification: UUID) -> None:
    """A mail server returns their email with a report that quotes their address and the text."""
    delivery = (await world.delivery(notification)).id
    signer = DeliverySigner(world.settings.link_keys)
    mail = (
        'Content-Type: multipart/report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe message to the canary was not delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {EMAIL_ADDRESS}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{EMAIL_ADDRESS}>: canary.person: no such user\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"To: {EMAIL_ADDRESS}\r\nSubject: Canary title\r\n"
        f"Message-ID: <{signer.message_name(delivery)}@example.com>\r\n\r\n--b--\r\n"
    )
    intake = BounceIntake(report_intake(world.parts), MailReader(signer, None, "example.com"), world.parts.metrics)
    assert await intake.take([ReceivedMail(mail.encode())]) == [MailOutcome.REPORT]


async def break_a_worker(world: World, notification: UUID) -> None:
    """A message breaks its worker again and again, and waits for an operator; the error quotes it."""
    rows_of = BrokenRows(world.parts.database, world.parts.clock, world.parts.metrics)
    delivery = await world.delivery(notification)
    await rows_of.quarantine_delivery(
        delivery.id, ValueError(f"cannot write 'A message to the canary' to {EMAIL_ADDRESS}")
    )
    assert (await world.delivery(notification)).state == "quarantined"


async def import_suppressions(api: httpx2.AsyncClient) -> None:
    """A file has their address, and a line that cannot be read has it too."""
    lines = [
        "channel,address,reason,note",
        f"email,{EMAIL_ADDRESS},imported,the canary's own wish",
        f"email,{EMAIL_ADDRESS} or canary2,imported,",
        f"carrier pigeon,{EMAIL_ADDRESS},canary,",
    ]
    answer = await api.post(
        "/api/v1/suppressions/import", content="\r\n".join(lines), headers={"Content-Type": "text/csv"}
    )
    assert (answer.status_code, answer.json()["imported"], answer.json()["refused"]) == (200, 1, 2), answer.text
    assert "canary" not in answer.text.lower()


async def change_their_mind(world: World, api: httpx2.AsyncClient) -> None:
    """They opt out by a service that says from where, and a webhook endpoint is told, which does not answer well."""
    consent = {"wording": "offers/2", "ip_address": IP_ADDRESS}
    body = {"categories": {"viewing": {"sms": "never"}}, "consent": consent}
    answer = await api.patch(f"/api/v1/preferences/{USER}", json=body)
    assert answer.status_code == 200, answer.text

    async def was_tried() -> bool:
        return bool(await rows(world, WebhookAttempt))

    await eventually(was_tried)
