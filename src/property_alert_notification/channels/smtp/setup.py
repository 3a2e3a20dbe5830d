"""Sets a connection up: connect, EHLO, STARTTLS and AUTH. No failure here is about a message."""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable
from functools import cache

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from property_alert_notification.base.errors import ProviderDown, SendError
from property_alert_notification.channels.smtp.faults import NoConnection, fault
from property_alert_notification.channels.smtp.settings import SmtpSettings, full_name
from property_alert_notification.channels.smtp.wire import Reply

_NO_EHLO = frozenset({500, 501, 502, 503, 504})
"""Replies with which a server that knows only HELO answers EHLO (RFC 5321, 3.2 and 4.2.2)."""

_NOT_LOCAL = re.compile(r"(^|\.)(localhost|localdomain|localhost6|localdomain6)$", re.IGNORECASE)


async def set_up(smtp: SMTP, settings: SmtpSettings) -> str:
    """Prepare the connection for the first message; returns a description of its encryption and login.

    Raises:
        NoConnection: the server does not take the connection.
        ProviderDown: it does not take us.
    """
    await _step("the greeting", smtp.connect())
    name = settings.helo_name or await asyncio.to_thread(own_name) or _address_literal(smtp)
    await _greet(smtp, name)
    encrypted = settings.tls
    if not settings.tls and settings.starttls != "off":
        encrypted = await _encrypt(smtp, settings, name)
    if settings.username:
        await _log_in(smtp, settings.username, settings.password.get_secret_value())
    login = "logged in" if settings.username else "no login"
    return f"{'encrypted' if encrypted else 'not encrypted'}, {login}"


@cache
def own_name() -> str | None:
    """This machine's full name, if it has one that means anything to others."""
    try:
        name = full_name(socket.getfqdn())
    except ValueError:
        return None
    return None if _NOT_LOCAL.search(name) else name


def _address_literal(smtp: SMTP) -> str:
    """The address literal of a machine without a full name (RFC 5321, 4.1.4)."""
    address = ipaddress.ip_address(smtp.get_transport_info("sockname")[0].partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


async def _greet(smtp: SMTP, name: str) -> None:
    try:
        await smtp.ehlo(hostname=name)
    except SMTPHeloError as error:
        if error.code not in _NO_EHLO:
            raise fault(Reply(error.code, error.message), "EHLO") from None
        await _step("HELO", smtp.helo(hostname=name))
    except (SMTPException, OSError) as error:
        raise _broken("EHLO", error) from None


async def _encrypt(smtp: SMTP, settings: SmtpSettings, name: str) -> bool:
    if not smtp.supports_extension("starttls"):
        if settings.starttls == "required":
            raise ProviderDown("the SMTP server offers no STARTTLS, and SMTP_STARTTLS is required")
        return False
    await _step("STARTTLS", smtp.starttls())
    await _greet(smtp, name)
    return True


async def _log_in(smtp: SMTP, username: str, password: str) -> None:
    """One method only: a server that refused the password by one would count a second try as an attack."""
    if "plain" in smtp.server_auth_methods:
        await _step("AUTH", smtp.auth_plain(username, password))
    elif "login" in smtp.server_auth_methods:
        await _step("AUTH", smtp.auth_login(username, password))
    elif "cram-md5" in smtp.server_auth_methods:
        await _step("AUTH", smtp.auth_crammd5(username, password))
    else:
        raise ProviderDown("the SMTP server offers no login we know on this connection, and SMTP_USERNAME is set")


async def _step(verb: str, step: Awaitable[object]) -> None:
    try:
        await step
    except SMTPResponseException as error:
        raise fault(Reply(error.code, error.message), verb) from None
    except ssl.SSLCertVerificationError as error:
        raise ProviderDown(
            f"the SMTP server's certificate is not trusted: {error.verify_message}. Check SMTP_HOST and SMTP_CA_FILE"
        ) from None
    except (SMTPException, OSError) as error:
        raise _broken(verb, error) from None


def _broken(verb: str, error: Exception) -> SendError:
    """No reply: a server that takes no more connections may refuse or close one without a word."""
    return NoConnection(f"the SMTP server did not get past {verb} ({_kind(error)})")


def _kind(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return type(error.__cause__ if isinstance(error.__cause__, OSError) else error).__name__
