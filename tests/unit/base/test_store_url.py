"""`DATABASE_URL` as people write it: it works, or is refused in words that repeat nothing of it."""

from pathlib import Path

import pytest

from property_alert_notification.base.settings.store_url import (
    check_store_url,
    postgres,
    shown,
    sqlite_file,
    sqlite_problem,
)


@pytest.mark.parametrize(
    "password",
    [
        "p#ss",
        "a/b",
        "a?b",
        "a?b=c",
        "a@b",
        "a:b",
        "100%",
        "50%zz",
        "a@b/c?d#e:f",
        "12/34",
        "5432",
        "[x]",
        "p&q=r",
        "a,b",
    ],
)
@pytest.mark.parametrize("tail", ["db.example.com/alerts", "[::1]:5433/alerts?sslmode=require", "a:1,b:2/alerts"])
def test_a_password_may_have_any_character(password: str, tail: str) -> None:
    url = postgres(f"postgresql://alerts:{password}@{tail}")

    assert (url.user, url.password, url.database) == ("alerts", password, "alerts")
    assert password not in shown(f"postgresql://alerts:{password}@{tail}")


def test_a_password_may_be_percent_encoded() -> None:
    url = postgres("postgresql://al%40rts:%23%2F%3F%40%25%3A@db/alerts")

    assert (url.user, url.password) == ("al@rts", "#/?@%:")


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("postgresql://db/x", [("db", None)]),
        ("postgresql://[::1]/x", [("::1", None)]),
        ("postgresql://[fe80::1%eth0]:5433/x", [("fe80::1%eth0", 5433)]),
        ("postgresql://a,b:5433,[::1]:5434/x", [("a", None), ("b", 5433), ("::1", 5434)]),
        ("postgresql:///x?host=a:1&host=b:2", [("a", 1), ("b", 2)]),
        ("postgresql:///x?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgresql:///x?host=a,b&port=7", [("a", 7), ("b", 7)]),
        ("postgresql:///x?host=/run/postgresql", [("/run/postgresql", None)]),
        ("postgresql://%2Frun%2Fpostgresql/x", [("/run/postgresql", None)]),
        ("postgresql:///x?host=::1", [("::1", None)]),
    ],
)
def test_hosts(url: str, servers: list[tuple[str, int | None]]) -> None:
    assert [(server.host, server.port) for server in postgres(url).servers] == servers


def test_the_driver_gets_what_libpq_would_take(tmp_path: Path) -> None:
    passwords = tmp_path / "pgpass"
    passwords.write_text("*:*:*:*:secret\n")

    url = postgres(
        f"postgresql://db/x?sslmode=verify-ca&passfile={passwords}&connect_timeout=7&application_name=crm+alerts"
        "&target_session_attrs=primary&options=-c%20jit%3Doff&user=u&password=p"
    )

    arguments = url.connect_arguments()
    assert arguments["dsn"] == f"postgresql://?sslmode=verify-ca&passfile={passwords}"
    assert (arguments["user"], arguments["password"], arguments["database"]) == ("u", "p", "x")
    assert (arguments["host"], arguments["port"]) == (["db"], [5432])
    assert arguments["target_session_attrs"] == "primary"
    assert url.connect_timeout == 7
    assert url.server_settings == {"application_name": "crm alerts", "options": "-c jit=off"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://a/b", "must start with"),
        ("app.db", "must start with"),
        ('"postgresql://a/b"', "without quotes"),
        ("postgresql:///alerts", "names no host"),
        ("postgresql://", "names no host"),
        ("postgresql://u:s3cret@/alerts", "names no host"),
        ("postgresql://u:s3cret@db:port/x", "port"),
        ("postgresql://u:s3cret@db:0/x", "port"),
        ("postgresql://u:s3cret@db:65536/x", "port"),
        ("postgresql://u:s3cret@db:-1/x", "port"),
        ("postgresql://u:s3cret@db:\u0665/x", "port"),
        ("postgresql://u:s3cret@::1/x", "brackets"),
        ("postgresql://u:s3cret@d b/x", "host"),
        ("postgresql://u:s3cret@db/x?sslmode=maybe", "sslmode, which can be disable"),
        ("postgresql://u:s3cret@db/x?sslmod=require", "sslmod, which is not known"),
        ("postgresql://u:s3cret@db/x?service=main", "service"),
        ("postgresql://u:s3cret@db/x?connect_timeout=soon", "connect_timeout"),
        ("postgresql://u:s3cret@db/x?connect_timeout=-1", "connect_timeout"),
        ("postgresql://u:s3cret@db/x?target_session_attrs=standby", "target_session_attrs"),
        ("postgresql://u:s3cret@db/x?channel_binding=require", "channel_binding"),
        ("postgresql://u:s3cret@db/x?sslrootcert=/no/such", "sslrootcert"),
        ("postgresql://u:s3cret@db/x?sslrootcert=/etc/passwd", "sslrootcert"),
        ("postgresql://u:s3cret@db/x?sslcert=/tmp", "sslcert"),
        ("postgresql://u:s3cret@db/x?sslkey=%00", "sslkey"),
        ("postgresql://u:s3cret@db/x?passfile=/no/such", "passfile"),
        ("postgresql://u:s3cret@db/x?sslmode=require&sslmode=disable", "sslmode twice"),
        ("postgresql://u:s3cret@db/x?require", "name=value"),
        ("postgresql://u:s3cret?x=1@db:port/x", "port|not known"),
        ("postgresql:///x?host=a,b&port=1,2,3", "number of ports"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "path of a file"),
        ("sqlite:///:memory:", "path of a file"),
        ("sqlite:///file:app.db?uri=true", "path of a file"),
        ("sqlite:///app.db?mode=ro", "parameters"),
        ("sqlite://app.db", "three slashes"),
    ],
)
def test_what_cannot_be_used_is_refused_without_repeating_a_secret(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_store_url(url)

    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sqlite_is_a_path() -> None:
    assert sqlite_file("sqlite:///./app.db") == Path("app.db")
    assert sqlite_file("sqlite+aiosqlite:////var/lib/a%20b@c/app.db") == Path("/var/lib/a%20b@c/app.db")


def test_a_file_of_sqlite_can_be_there_or_be_made(tmp_path: Path) -> None:
    store = tmp_path / "app.db"

    assert sqlite_problem(store) is None
    assert sqlite_problem(tmp_path) == f"{tmp_path} is a folder"
    assert sqlite_problem(tmp_path / "none" / "app.db") == f"there is no folder {tmp_path / 'none'}"
