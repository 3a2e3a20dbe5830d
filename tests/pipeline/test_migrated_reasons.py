"""A store of the version before reasons were codes keeps every reason, and what its pauses held comes back."""

from sqlalchemy import text

from property_alert_notification.base.reasons import Reason
from property_alert_notification.database import Database, migrations
from property_alert_notification.operators.pauses import queries as pauses
from tests.pipeline.test_migrations import empty
from tests.services.clock import SameDay

__all__ = ["empty"]

LOST = "its worker stopped before it could say what happened"
ROW = "its row in the store cannot be worked on"
BROKE = "the worker broke on it (KeyError)"
# State, sentence, code.
DELIVERIES = (
    ("queued", "the user wants email", "user_opted_in"),
    ("suppressed", "the user does not want email", "user_opted_out"),
    ("suppressed", "the user's preferences were deleted, and with them the consent", "no_preferences"),
    ("suppressed", "email is not used here (EMAIL_PROVIDER=none)", "channel_not_used"),
    ("expired", "it expired before it could be sent", "expired"),
    ("expired", "it could not be sent while it was of use", "too_old"),
    ("cancelled", "its caller took it back", "cancelled"),
    ("cancelled", "ops (live key pa_live_12345678) took it back", "cancelled"),
    ("held", "sending of everything is paused", "paused"),
    ("held", "sending of listing_alert is paused", "paused"),
    ("sending", "sending of email is paused", "paused"),
    ("held", "sending of sms goes on", "resumed"),
    ("sent", "the provider took it", "sent"),
    ("sent", "the provider took it; its text was cut to 2 of 3 segments", "sent_cut"),
    ("unknown", "silence after the final dot; it is sent once more", "unknown_resent"),
    ("failed", "silence; it was sent once and nobody can tell whether it arrived", "unknown_given_up"),
    ("failed", "silence; it was sent 2 times and nobody can tell whether it arrived", "unknown_given_up"),
    ("unknown", f"{LOST}; it is sent again", "worker_lost_resent"),
    ("quarantined", f"{LOST}, for the 5th time", "workers_lost"),
    ("quarantined", f"gave up after 5 attempts: {BROKE}", "attempts_used_up"),
    ("failed", f"an operator discarded it: gave up after 5 attempts: {BROKE}", "discarded"),
    ("expired", f"nobody decided over it in time: {LOST}, for the 5th time", "not_decided"),
    (
        "quarantined",
        f"{ROW} (KeyError); it may have been sent",
        "row_broken_maybe_sent",
    ),
    ("quarantined", f"{ROW} (its channel is none (that there is))", "row_broken"),
    ("failed", "550 5.1.1 no such user\nsaid {the} server", "other"),
)

CURRENT_WORDING = {
    "it could not be sent while it was of use": "it could not be sent within its time to live",
    " took it back": " cancelled it",
    "sending of sms goes on": "sending of sms was resumed",
    " and nobody can tell whether it arrived": ", and it is unknown whether it arrived",
    LOST: "its worker stopped before it reported the outcome",
    "nobody decided over it in time": "it expired before it was decided about",
    "the user's preferences were deleted, and with them the consent": (
        "the user has no preferences: none were set, or they were deleted, which withdraws all consent"
    ),
    "cannot be worked on": "cannot be processed",
    "\n": "?",
}
"""The sentence of this version for each sentence that an older version stored."""


def _now(sentence: str) -> str:
    for before, now in CURRENT_WORDING.items():
        sentence = sentence.replace(before, now)
    return sentence


async def test_the_sentences_of_an_older_store_become_codes_with_the_sentences_of_this_version(empty: Database) -> None:
    await migrations.upgrade(empty)
    await migrations.downgrade(empty, "0010")
    async with empty.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO notifications (id, user_id, category, title, message, urgent, accepted_at, test) "
                "VALUES ('00000000000000000000000000000001', 1, 'general', 't', 'm', false, CURRENT_TIMESTAMP, false)"
            )
        )
        for number, (state, reason, _) in enumerate(DELIVERIES):
            values = {"id": f"{number:032x}", "address": str(number), "state": state, "reason": reason}
            await connection.execute(_DELIVERY, values)
            await connection.execute(_ATTEMPT, {"id": values["id"], "fence": 1, "reason": reason})
            await connection.execute(_ATTEMPT, {"id": values["id"], "fence": 2, "reason": LOST})
            await connection.execute(_ATTEMPT, {"id": values["id"], "fence": 3, "reason": None})

    await migrations.upgrade(empty)

    async with empty.reading() as connection:
        found = list(await connection.execute(_DELIVERIES))
        attempts = list(await connection.execute(_ATTEMPTS))
    shown = [(row.state, Reason.read(row.reason_code, row.reason_parameters), row.reason_code) for row in found]
    assert [(state, why.sentence("email"), code) for state, why, code in shown] == [
        (state, _now(sentence), code) for state, sentence, code in DELIVERIES
    ]
    assert {row.held_by for row in found if row.state == "held"} == {"pause:everything", "pause:listing_alert", None}
    assert {row.held_by for row in found if row.state != "held"} == {None}
    assert [(row.fence, row.reason_code, bool(row.abandoned)) for row in attempts] == [
        (fence, code, fence == 2)
        for *_, kept in DELIVERIES
        for fence, code in ((1, kept), (2, "worker_lost"), (3, None))
    ]

    await migrations.downgrade(empty, "0010")
    async with empty.reading() as connection:
        held = (
            await connection.execute(text("SELECT reason FROM deliveries WHERE reason LIKE '% is paused'"))
        ).scalars()
        assert set(held) == {"sending of everything is paused", "sending of listing_alert is paused"}
    await migrations.upgrade(empty)
    async with empty.transaction() as connection:
        assert await pauses.release(connection, "everything", now=SameDay().now(), limit=10) == 1


_DELIVERY = text(
    "INSERT INTO deliveries (id, notification_id, channel, address, urgent, test, state, reason, rung_at, fence, "
    "attempts, unknowns, changed_at) VALUES (:id, '00000000000000000000000000000001', 'email', :address, false, false, "
    ":state, :reason, CURRENT_TIMESTAMP, 1, 1, 0, CURRENT_TIMESTAMP)"
)
_ATTEMPT = text(
    "INSERT INTO attempts (delivery_id, fence, provider, started_at, reason) "
    "VALUES (:id, :fence, 'smtp', CURRENT_TIMESTAMP, :reason)"
)
_DELIVERIES = text("SELECT state, reason_code, reason_parameters, held_by FROM deliveries ORDER BY id")
_ATTEMPTS = text("SELECT fence, reason_code, abandoned FROM attempts ORDER BY delivery_id, fence")
