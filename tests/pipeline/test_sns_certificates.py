"""Certificates of SNS are kept for the processes that start later, on each store."""

from datetime import timedelta

from property_alert_notification.channels.sns_certificates.stored import MOST, StoredCertificates
from tests.pipeline.feeds import START, Feeds


async def test_the_certificates_that_verified_messages_last_are_kept(feeds: Feeds) -> None:
    urls = [f"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{number}.pem" for number in range(MOST + 2)]
    for number, url in enumerate(urls):
        await StoredCertificates(feeds.database).keep(url, b"PEM", START + timedelta(minutes=number))
    await StoredCertificates(feeds.database).keep(urls[5], b"renewed", START + timedelta(hours=1))

    kept = await StoredCertificates(feeds.database).read()

    assert list(kept) == [urls[5], *(url for url in reversed(urls[2:]) if url != urls[5])]
    assert (kept[urls[5]], kept[urls[6]]) == (b"renewed", b"PEM")
