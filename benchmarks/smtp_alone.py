"""A child that hands messages to an SMTP server as fast as its library can: the limit of every drain by SMTP.

The messages are those that the service would send, written before the clock starts.
"""

import argparse
import asyncio
from collections.abc import Iterator

from aiosmtplib import SMTP

from benchmarks.children import say
from benchmarks.workload import alerts
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import load
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.mime import Composer, EmailSettings, Mail
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import render_email

CONNECTIONS = 8


async def send_all(port: int, messages: int) -> None:
    """Hand so many messages over on connections that are opened before."""
    mails = iter(_mails(messages))
    connections = [SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(smtp.connect() for smtp in connections))
    await asyncio.gather(*(_send(smtp, mails) for smtp in connections))
    await asyncio.gather(*(smtp.quit() for smtp in connections))
    say(messages=messages)


async def _send(smtp: SMTP, mails: Iterator[Mail]) -> None:
    for mail in mails:
        await smtp.sendmail(mail.sender.text, [mail.recipient.text], mail.content)


def _mails(count: int) -> list[Mail]:
    clock, composer = Clock(), Composer(load(EmailSettings))
    written = []
    for body in alerts(count):
        rendered = render_email(MessageContent(body["title"], body["message"]))
        message = OutgoingMessage(
            clock.new_id(), body["user_email"], rendered.subject, rendered.text, rendered.html, rendered.headers
        )
        written.append(composer.compose(message, now=clock.now()))
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("messages", type=int)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(send_all(**vars(parser.parse_args())))
