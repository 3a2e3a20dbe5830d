"""`QUEUE_BROKER_URL` as people write it."""

import pytest
from yarl import URL

from property_alert_notification.base.settings.broker_url import broker_address, broker_urls, check_broker_url


@pytest.mark.parametrize("password", ["p#ss", "a/b", "a?b", "a@b", "a:b", "100%", "a@b/c?d#e:f", "12/34", "a,b"])
def test_a_password_may_have_any_character(password: str) -> None:
    (url,) = broker_urls(f"amqp://alerts:{password}@queue:5673/vhost?heartbeat=30")

    read = URL(url)
    assert (read.user, read.password, read.host, read.port) == ("alerts", password, "queue", 5673)
    assert read.query["heartbeat"] == "30"


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("amqp://u:p@one,two:5673,[::1]/v", ["one:5672", "two:5673", "[::1]:5672"]),
        ("amqp://u:p@one/v,amqp://u:p@two:5673/v", ["one:5672", "two:5673"]),
        ("amqps://u:p@one/v, amqp://u:p@two/v", ["one:5671", "two:5672"]),
        ("amqp://queue", ["queue:5672"]),
    ],
)
def test_several_nodes_are_tried_in_their_order(url: str, hosts: list[str]) -> None:
    assert [broker_address(node) for node in broker_urls(url)] == hosts


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("amqp://q", "/"),
        ("amqp://q/", "/"),
        ("amqp://q/%2F", "/%2F"),
        ("amqp://q//", "/%2F"),
        ("amqp://q/a b", "/a%20b"),
    ],
)
def test_the_virtual_host(url: str, path: str) -> None:
    assert URL(broker_urls(url)[0]).raw_path == path


def test_a_silent_node_is_noticed_after_the_heartbeat_of_the_url() -> None:
    assert URL(broker_urls("amqp://q")[0]).query["heartbeat"] == "10"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://u:s3cret@q", "must start with"),
        ("amqp:q", "must start with"),
        ("embedded://here", "nothing behind it"),
        ("amqp://", "names no host"),
        ("amqp://u:s3cret@q:port", "port"),
        ("amqp://u:s3cret@q:99999", "port"),
        ("amqp://u:s3cret@q/v?heartbeat=soon", "heartbeat"),
        ("amqp://u:s3cret@q/v?heartbeat=-1", "heartbeat"),
        ("amqp://u:s3cret@q/v?heartbeat=1&heartbeat=2", "twice"),
        ("amqp://u:s3cret@q/v?channel_max=9", "channel_max"),
        ("amqps://u:s3cret@q/v?cafile=/no/such", "cafile"),
        ("amqp://u:s3cret@q/v?auth=magic", "auth"),
        ("amqp://u:s3cret@one,,two/v", "names no host"),
        ("amqp://u:s3cret@one/v,amqp://u:s3cret@two:x/v", "port"),
    ],
)
def test_what_cannot_be_used_is_refused_without_repeating_a_secret(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_broker_url(url)

    assert "s3cret" not in str(caught.value)
