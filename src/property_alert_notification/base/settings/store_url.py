"""What `DATABASE_URL` means: a file of SQLite, or servers of PostgreSQL with the parameters that libpq knows.

Source: https://www.postgresql.org/docs/current/libpq-connect.html
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from property_alert_notification.base.settings.server_url import Server, host_and_port, take_apart

POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
PORT = 5432

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_FILES = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"})
_PLACES = frozenset({"host", "port", "user", "password", "dbname", "database"})
# Passed on to asyncpg, which means the same by them.
_DRIVERS = _FILES | {"sslmode", "sslpassword", "ssl_min_protocol_version", "ssl_max_protocol_version", "sslnegotiation"}
_ONE_OF: dict[str, tuple[str, ...]] = {
    "sslmode": _SSL_MODES,
    "target_session_attrs": ("any", "read-write", "primary"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "pgbouncer": ("true", "false"),
    # What the driver does anyway; any other value asks for something that it cannot do.
    "channel_binding": ("prefer", "disable"),
    "gssencmode": ("prefer", "disable"),
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "load_balance_hosts": ("disable",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
_KNOWN = _PLACES | _DRIVERS | _ONE_OF.keys() | {"ssl", "connect_timeout", "application_name", "options"}
_REPEATED = frozenset({"host", "port"})


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """Servers to try in their order, and how to connect to them."""

    servers: tuple[Server, ...]
    user: str | None
    password: str | None
    database: str | None
    parameters: dict[str, str]
    """By their names; none of `_PLACES`."""

    @property
    def pooled(self) -> bool:
        """Whether the URL leads to PgBouncer."""
        return self.parameters.get("pgbouncer") == "true"

    def connect_arguments(self) -> dict[str, Any]:
        """What asyncpg's `connect` takes."""
        passed = {name: value for name, value in self.parameters.items() if name in _DRIVERS}
        arguments: dict[str, Any] = {
            # asyncpg has no arguments for the files of TLS: only its own reading of a URL knows them.
            "dsn": f"postgresql://?{urlencode(passed, quote_via=quote, safe='/')}" if passed else None,
            "host": [server.host for server in self.servers],
            "port": [server.port or PORT for server in self.servers],
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "target_session_attrs": self.parameters.get("target_session_attrs"),
        }
        return {name: value for name, value in arguments.items() if value is not None}

    @property
    def server_settings(self) -> dict[str, str]:
        """The settings of each PostgreSQL session."""
        return {name: self.parameters[name] for name in ("application_name", "options") if name in self.parameters}

    @property
    def connect_timeout(self) -> float | None:
        """Seconds for one connection; None when it is not set, or libpq's 0, which is no limit."""
        return float(self.parameters.get("connect_timeout", "0")) or None


def sqlite_file(url: str) -> Path:
    """The file of a SQLite URL.

    Raises:
        ValueError: it names none that several connections can share; the text fits behind the name of a variable.
    """
    rest = url.partition("://")[2]
    path, _, query = rest.partition("?")
    if not path.startswith("/"):
        if path:
            raise ValueError("needs three slashes before a relative path, and four before an absolute one")
        raise ValueError("names no file: a store in memory would be empty in each connection and lost at the end")
    name = path[1:]
    if name in {"", ":memory:"} or name.startswith("file:"):
        raise ValueError("must be the path of a file: neither a store in memory nor a file: URI is shared by processes")
    if query:
        raise ValueError("has parameters, and SQLite takes none here")
    if not name.isprintable() or "\0" in name:
        raise ValueError("has a character that cannot be printed")
    return Path(name)


def sqlite_problem(file: Path) -> str | None:
    """Why a file can neither be used as a store nor made one; None when it can."""
    folder = file.absolute().parent
    if file.is_dir():
        return f"{file} is a folder"
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this user may not write in {folder}, where SQLite keeps files beside its own"
    if file.exists() and not os.access(file, os.R_OK | os.W_OK):
        return f"this user may not write {file}"
    return None


def postgres(url: str) -> PostgresUrl:
    """The parts of a PostgreSQL URL.

    Raises:
        ValueError: they cannot be used; the text fits behind the name of a variable, and repeats no value.
    """
    parts = take_apart(url, knows=lambda name: name in _KNOWN)
    given: dict[str, list[str]] = {}
    for name, value in parts.parameters:
        given.setdefault("sslmode" if name == "ssl" else name, []).append(value)
    for name, values in given.items():
        if len(values) > 1 and name not in _REPEATED:
            raise ValueError(f"has the parameter {name} twice")
        for value in values:
            _check(name, value)
    single = {name: values[0] for name, values in given.items() if name not in _REPEATED}
    return PostgresUrl(
        _servers(parts.servers, given.get("host", []), given.get("port", [])),
        single.get("user", parts.username),
        single.get("password", parts.password),
        single.get("dbname", single.get("database", parts.path)) or None,
        {name: value for name, value in single.items() if name not in _PLACES},
    )


def with_pgbouncer(url: str) -> str:
    """The same PostgreSQL URL, which says that it leads to PgBouncer."""
    has_parameters = bool(take_apart(url, knows=lambda name: name in _KNOWN).parameters)
    return f"{url}{'&' if has_parameters else '?'}pgbouncer=true"


def shown(url: str) -> str:
    """A store's URL as people write it, without its password and its parameters."""
    if url.partition("://")[0] in SQLITE:
        return f"sqlite://{url.partition('://')[2]}"
    parts = postgres(url)
    user = f"{quote(parts.user)}@" if parts.user else ""
    servers = ",".join(server.shown() for server in parts.servers)
    return f"postgresql://{user}{servers}{f'/{quote(parts.database)}' if parts.database else ''}"


def check_store_url(url: str) -> None:
    """Find out whether a URL can be used.

    Raises:
        ValueError: it cannot; the text fits behind the name of a variable, and repeats no value.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SQLITE | POSTGRES:
        quoted = ", without quotes around it" if url[:1] in {'"', "'"} else ""
        raise ValueError(f"must start with sqlite:// or postgresql://{quoted}")
    if scheme in SQLITE:
        sqlite_file(url)
    else:
        postgres(url)


def _servers(named: tuple[Server, ...], hosts: list[str], ports: list[str]) -> tuple[Server, ...]:
    """Hosts in the query count before those in front of the path, as for libpq."""
    servers = named
    if hosts:
        servers = tuple(_host_in_query(host) for each in hosts for host in each.split(","))
    if any(not server.host for server in servers):
        raise ValueError("names no host")
    all_ports = [port for each in ports for port in each.split(",")]
    if not all_ports:
        return servers
    if len(all_ports) not in {1, len(servers)}:
        raise ValueError("has another number of ports than of hosts in its parameters")
    numbers = all_ports * len(servers) if len(all_ports) == 1 else all_ports
    return tuple(
        Server(server.host, server.port or host_and_port(f"x:{port}").port)
        for server, port in zip(servers, numbers, strict=True)
    )


def _host_in_query(text: str) -> Server:
    """A host, with its port or without. A folder of sockets needs no encoding here, an IPv6 address no brackets."""
    is_bare = text.startswith("/") or (text.count(":") > 1 and "[" not in text)
    return Server(text, None) if is_bare else host_and_port(text)


def _check(name: str, value: str) -> None:
    """Refuse a value of a parameter that would break or be ignored later."""
    if name in _ONE_OF and value not in _ONE_OF[name]:
        raise ValueError(f"has the parameter {name}, which can be {', '.join(_ONE_OF[name])}")
    if name == "connect_timeout" and not (value.isascii() and value.isdigit() and len(value) < 6):
        raise ValueError("has the parameter connect_timeout, which must be whole seconds")
    if name in _FILES:
        _check_file(name, value)
    if not value.isprintable():
        raise ValueError(f"has the parameter {name}, with a character that cannot be printed")


def _check_file(name: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
        if name == "sslrootcert":
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError(f"has the parameter {name}, whose file holds no certificates in PEM") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise ValueError(f"has the parameter {name}, whose file cannot be read ({why})") from None
