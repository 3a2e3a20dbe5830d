"""The servers that other tests rely on keep their word, and no test is passed over."""

import asyncio
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import aio_pika
import aiosmtplib
import asyncpg
import pytest

from tests.costs import Costs
from tests.services.postfix import Postfix
from tests.services.postfix_helpers import LoginServer, PolicyServer
from tests.services.postgres import Postgres
from tests.services.rabbitmq import RabbitMQ
from tests.services.shared import SharedServers
from tests.services.smtp import SmtpServer

ROOT = Path(__file__).parents[2]


async def test_a_killed_postgres_comes_back_with_what_was_committed() -> None:
    with Postgres() as server:
        url = server.create_database()
        await _execute(url, "CREATE TABLE kept (number int); INSERT INTO kept VALUES (7)")

        server.kill()
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(_plain(url))
        server.start()

        assert await _number(url) == 7


async def test_a_database_can_be_the_copy_of_another(postgres: Postgres) -> None:
    original = postgres.create_database()
    await _execute(original, "CREATE TABLE kept (number int); INSERT INTO kept VALUES (8)")

    copy = postgres.create_database(template=original)

    assert await _number(copy) == 8


async def test_a_database_is_emptied_for_the_next_test_unless_its_schema_was_changed() -> None:
    servers = SharedServers()
    try:
        url = servers.migrated_database()
        await _execute(url, "INSERT INTO listing_positions (name, last) VALUES ('of a test', 1)")
        servers.drop_database(url)
        assert servers.migrated_database() == url
        assert await _number(url, "SELECT count(*) FROM listing_positions WHERE name = 'of a test'") == 0

        await _execute(url, "DROP TABLE listing_positions")
        servers.drop_database(url)
        assert servers.migrated_database() != url
    finally:
        servers.close()


async def test_a_killed_rabbitmq_comes_back_with_what_it_confirmed() -> None:
    with RabbitMQ() as node:
        async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
            await _declare(channel)
            await channel.default_exchange.publish(aio_pika.Message(b"kept", delivery_mode=2), "messages")

        node.keep_new_queues()
        node.kill()
        with pytest.raises(aio_pika.exceptions.AMQPConnectionError):
            await aio_pika.connect(node.url)
        node.start()

        async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
            queue = await _declare(channel)
            async with queue.iterator(timeout=30) as messages:
                message = await anext(messages)
            assert message.body == b"kept"


async def test_the_mail_server_keeps_what_it_took_and_nothing_else(smtp_server: SmtpServer) -> None:
    await _send(smtp_server, b"Subject: one\r\n\r\ntaken\r\n")
    smtp_server.answer = lambda mail: "550 5.7.1 no"
    with pytest.raises(aiosmtplib.SMTPDataError):
        await _send(smtp_server, b"Subject: two\r\n\r\nrefused\r\n")

    (mail,) = await smtp_server.wait_for(1)
    assert mail.content == b"Subject: one\r\n\r\ntaken\r\n"
    assert (mail.sender, mail.recipients) == ("from@example.com", ("to@example.com",))


async def test_a_killed_postfix_comes_back_with_what_it_took(tmp_path: Path) -> None:
    async with PolicyServer() as policy, LoginServer("alerts", "secret") as login:
        policy.asked["to@example.com"] = 1  # no stranger any more
        postfix = Postfix(policy=policy.port, login=login.port, connections=2, messages=10, window=1)
        try:
            await asyncio.to_thread(postfix.start)
            context = ssl.create_default_context(cafile=postfix.ca_file)
            await aiosmtplib.send(
                b"Subject: kept\r\n\r\nhello\r\n",
                sender="from@example.com",
                recipients=["to@example.com"],
                hostname="localhost",
                port=postfix.port,
                start_tls=True,
                tls_context=context,
                username="alerts",
                password="secret",
                local_hostname="alerts.example.com",
            )
            await asyncio.to_thread(postfix.kill)
            await asyncio.to_thread(postfix.start)
            assert await asyncio.to_thread(postfix.held) == ["to@example.com"]
        finally:
            await asyncio.to_thread(postfix.close)


def test_a_run_that_passes_over_tests_fails(tmp_path: Path) -> None:
    """One that is skipped, and one that is expected to fail: both count."""
    bodies = (
        "def test_one() -> None:\n    pytest.skip('not today')",
        "def test_two() -> None:\n    pytest.xfail('no')",
    )
    (tmp_path / "test_one.py").write_text("\n\n\n".join(["import pytest", *bodies]))

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_one.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout
    assert "2 tests were skipped or expected to fail: nothing here may be" in run.stdout
    assert re.search(r"^tests +[0-2] +\S+ +[\d.]+$", run.stdout, re.MULTILINE), "what the suite cost"


def test_what_suites_cost_is_told_also_when_a_worker_died() -> None:
    """Its report is made by the process that directs the run, which does not know what the test used."""
    costs = Costs()

    costs.pytest_runtest_logreport(
        pytest.TestReport("tests/api/test_one.py::test_one", ("", None, ""), {}, "failed", "", "???")
    )

    assert [line.split()[0] for line in costs.table({})] == ["suite", "api", "start", "all"]


async def _send(server: SmtpServer, content: bytes) -> None:
    await aiosmtplib.send(
        content, sender="from@example.com", recipients=["to@example.com"], hostname=server.host, port=server.port
    )


async def _declare(channel: aio_pika.abc.AbstractChannel) -> aio_pika.abc.AbstractQueue:
    return await channel.declare_queue("messages", durable=True, arguments={"x-queue-type": "quorum"})


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(_plain(url))
    await connection.execute(statements)
    await connection.close()


async def _number(url: str, query: str = "SELECT number FROM kept") -> int:
    connection = await asyncpg.connect(_plain(url))
    number: int = await connection.fetchval(query)
    await connection.close()
    return number
