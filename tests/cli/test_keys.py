"""`keys` and `audit`: made, shown, exchanged, revoked, and obeyed by every process."""

import asyncio
import getpass
import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.cli.command import complaint, run, running, words
from tests.cli.test_processes import PRODUCTION
from tests.pipeline.world import eventually
from tests.services.process import PATIENCE, free_port, wait_until

KEY = re.compile(r"pa_(live|test)_[0-9A-Za-z]{35}_[0-9A-Za-z]{6}\n")


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_a_key_is_printed_alone_and_listed_without_its_secret(tmp_path: Path) -> None:
    made = run(
        tmp_path,
        *("keys", "create", "--name", "crm", "--scope", "notifications:write", "--scope", "admin"),
        *("--rate", "100/min", "--expires", "90d"),
    )
    tried = run(tmp_path, "keys", "create", "--name", "crm", "--scope", "notifications:read", "--test")
    listed, machine = run(tmp_path, "keys", "list"), run(tmp_path, "keys", "list", "--json")

    assert (made.returncode, tried.returncode) == (0, 0)
    assert KEY.fullmatch(made.stdout)
    assert KEY.fullmatch(tried.stdout)
    assert "crm pa_live_" in words(listed.stdout)
    assert "works 100/min" in words(listed.stdout)
    assert "admin notifications:write" in words(listed.stdout)
    live, test = json.loads(machine.stdout)
    assert (live["name"], live["scopes"], live["rate"], live["test"]) == (
        "crm",
        ["admin", "notifications:write"],
        "100/min",
        False,
    )
    assert (test["test"], test["rate"], test["last_used_at"], test["state"]) == (True, None, None, "works")
    for shown in (made.stderr, listed.stdout, machine.stdout):
        assert made.stdout.strip()[16:] not in shown
    assert "digest" not in machine.stdout


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_keys_are_rotated_and_revoked_with_audit_entries(tmp_path: Path) -> None:
    old = run(tmp_path, "keys", "create", "--name", "crm", "--scope", "admin").stdout

    new = run(tmp_path, "keys", "rotate", "crm", "--overlap", "30min")
    third = run(tmp_path, "keys", "create", "--name", "crm", "--scope", "admin")
    one = run(tmp_path, "keys", "revoke", old[:16])
    all_of_them = run(tmp_path, "keys", "revoke", "--name", "crm")

    assert KEY.fullmatch(new.stdout)
    assert (third.returncode, third.stdout) == (1, "")
    assert complaint(third).startswith("error: crm has 2 live keys already")
    assert f"property-alerts keys revoke {old[:16]}" in complaint(third)
    assert complaint(one) == f"Revoked {old[:16]}… of crm."
    assert complaint(all_of_them) == f"Revoked {new.stdout[:16]}… of crm."
    record = json.loads(run(tmp_path, "audit", "--json").stdout)
    assert [(entry["actor"], entry["action"]) for entry in record] == [
        (f"cli:{getpass.getuser()}", action) for action in ("key.revoked", "key.revoked", "key.rotated", "key.created")
    ]
    assert f"key.rotated crm prefix={new.stdout[:16]}" in words(run(tmp_path, "audit").stdout)
    assert len(json.loads(run(tmp_path, "audit", "--json", "--limit", "1").stdout)) == 1


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_what_cannot_be_is_reported_in_one_line(tmp_path: Path) -> None:
    for arguments, problem in (
        (("create", "--name", "two words", "--scope", "admin"), "error: --name: "),
        (("create", "--name", "crm", "--scope", "admin", "--rate", "fast"), "error: --rate: "),
        (("create", "--name", "crm", "--scope", "admin", "--expires", "soon"), "error: --expires: "),
        (("rotate", "crm"), "error: crm has no live key"),
        (("revoke", "pa_live_4fT9xQ2b"), "error: 0 valid keys begin with pa_live_4fT9xQ2b"),
        (("revoke",), "error: PREFIX or --name: "),
    ):
        done = run(tmp_path, "keys", *arguments)
        assert done.returncode in (1, 2)
        assert done.stdout == ""
        assert complaint(done).startswith(problem)
        assert done.stderr.count("error: ") == 1


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_a_store_without_keys_prints_the_command_that_creates_one(tmp_path: Path) -> None:
    assert "property-alerts keys create --name crm" in run(tmp_path, "keys", "list").stdout
    assert run(tmp_path, "audit").stdout == "Nothing was changed yet.\n"


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_two_processes_keep_one_rate_and_both_obey_a_revocation(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("migrated_sqlite_url" if store == "sqlite" else "migrated_postgres_url")
    settings = PRODUCTION | {"DATABASE_URL": url, "STORE_TIMEOUT": "30"}
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    ports = free_port(), free_port()
    with (
        running(tmp_path / "one", "api", "--port", str(ports[0]), ready="answers at", settings=settings) as api,
        running(tmp_path / "other", "api", "--port", str(ports[1]), ready="answers at", settings=settings),
    ):
        wait_until(lambda: '"event": "key.missing"' in api.errors(), process=api.process, log=api.errors)
        create = ("keys", "create", "--scope", "preferences:read")
        rated = run(tmp_path, *create, "--name", "rated", "--rate", "100/day", **settings).stdout.strip()
        free = run(tmp_path, *create, "--name", "free", **settings).stdout.strip()
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as client:

            async def ask(number: int, key: str) -> int:
                url = f"http://127.0.0.1:{ports[number % 2]}/api/v1/preferences/1"
                answer = await client.get(url, headers={"Authorization": f"Bearer {key}"})
                return answer.status_code

            answers = await asyncio.gather(*(ask(number, rated) for number in range(300)))
            known = [await ask(number, free) for number in range(2)]
            run(tmp_path, "keys", "revoke", "--name", "free", **settings)

            async def is_refused_by_both() -> bool:
                return [await ask(number, free) for number in range(2)] == [401, 401]

            await eventually(is_refused_by_both)

    assert (answers.count(404), answers.count(429)) == (100, 200)
    assert known == [404, 404]
