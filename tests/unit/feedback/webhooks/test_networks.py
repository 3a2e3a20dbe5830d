"""No webhook reaches what only this service can reach."""

from ipaddress import ip_network

import pytest

from property_alert_notification.feedback.webhooks.networks import is_allowed, why_not_url

# fmt: off
INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:0:53aa:64c::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "ff0e::1",
]
# fmt: on
OUTSIDE = ["1.1.1.1", "9.255.255.255", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize(
    "host", ["a..b", ".example.com", f"{'a' * 64}.example.com", "a-.example", "-a.example", "a" * 255]
)
def test_what_can_be_no_host_name_is_refused(host: str) -> None:
    assert why_not_url(f"https://{host}/", is_local=False) is not None


@pytest.mark.parametrize("host", ["hooks.example.com", "hooks.example.com.", "a_b.example", f"{'a' * 63}.example"])
def test_host_names_are_accepted(host: str) -> None:
    assert why_not_url(f"https://{host}/", is_local=False) is None


def test_addresses_inside_are_refused() -> None:
    for address in INSIDE:
        assert not is_allowed(address, is_local=False), address
        host = f"[{address}]" if ":" in address else address
        assert why_not_url(f"https://{host}/hook", is_local=False) is not None, address


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, is_local=False)


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "1.2.3.4.5", "0x7f000001", "2130706433", "[::1]"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_allowed(address, is_local=False)
    assert not is_allowed(address, is_local=True)


def test_a_local_service_reaches_its_machine_but_no_metadata() -> None:
    assert is_allowed("127.0.0.1", is_local=True)
    assert is_allowed("192.168.1.7", is_local=True)
    assert [
        one for one in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254") if is_allowed(one, is_local=True)
    ] == []


def test_networks_that_operators_trust_are_allowed_and_no_others() -> None:
    trusted = [ip_network("10.20.0.0/16")]
    assert is_allowed("10.20.3.4", is_local=False, allowed=trusted)
    assert is_allowed("::ffff:10.20.3.4", is_local=False, allowed=trusted)
    assert not is_allowed("10.21.0.1", is_local=False, allowed=trusted)
    assert why_not_url("https://10.20.3.4:9000/hook", is_local=False, allowed=trusted) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://example.com@127.0.0.1/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com\\@127.0.0.1/",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://example.com:25/",
        "https:///hook",
        "//example.com/hook",
        "http://example.com/",
        "gopher://example.com/",
        "https://exämple.com/",
        "https://[::1/",
    ],
)
def test_urls_in_other_clothes_are_refused(url: str) -> None:
    assert why_not_url(url, is_local=False) is not None


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c", "https://xn--exmple-cua.com/"]
)
def test_usual_urls_are_allowed(url: str) -> None:
    assert why_not_url(url, is_local=False) is None


def test_only_a_local_service_sends_without_tls() -> None:
    assert why_not_url("http://127.0.0.1:9000/hook", is_local=True) is None
    assert why_not_url("http://localhost:9000/hook", is_local=True) is None
    assert why_not_url("http://169.254.169.254/", is_local=True) is not None
