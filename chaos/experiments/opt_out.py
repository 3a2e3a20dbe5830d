"""Users take their consent back while their messages are on the way."""

import asyncio
from datetime import UTC, datetime

import httpx2

from chaos import store_reader
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.refusals import claimed_after
from chaos.trial import Trial

SHARE = 0.5
"""Of the users, who say no to email."""


async def _disturb(trial: Trial) -> None:
    said: dict[str, datetime] = {}
    headers = {"Authorization": f"Bearer {trial.cluster.api_key}"}
    chosen = [reference for reference in trial.bodies if trial.random.random() < SHARE]
    waits = [trial.random_seconds(0, 0.1) for _ in chosen]
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=10) as client:

        async def opt_out(reference: str, wait: float) -> None:
            while reference not in trial.call_log.ids:  # noqa: ASYNC110 - many wait for many
                await asyncio.sleep(0.005)
            await asyncio.sleep(wait)
            user, url = trial.bodies[reference]["user_id"], trial.random.choice(trial.cluster.urls)
            preferences = {"email_enabled": False, "sms_enabled": True}
            (await client.put(f"{url}/api/v1/preferences/{user}", json=preferences)).raise_for_status()
            said[reference] = datetime.now(UTC)

        await asyncio.gather(*(opt_out(*one) for one in zip(chosen, waits, strict=True)))
    trial.faults += len(chosen)
    await trial.until_accepted(1.0)
    await store_reader.wait_until_ended(trial.cluster.database_url, patience=60)
    stored = [
        one
        for one in await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
        if one.channel == "email"
    ]
    trial.note_problem("claimed after the user had said no", claimed_after(stored, said))


EXPERIMENT = Experiment(
    id="B24",
    question="Users say no to email while theirs is on the way: is it claimed after the answer to that?",
    disturb=_disturb,
    trials=40,
    load=Load(count=300, rate=150),
    ends=frozenset({"sent", "suppressed"}),
)
