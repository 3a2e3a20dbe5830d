"""Values that no caller sends by mistake: pieces of JSON text, and pieces of a URL."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

NASTY_TEXTS = (
    "",
    " ",
    "\x00",
    "before\x00after",
    "\x1b[2J",
    "\x7f\x9b",
    "\ud800",
    "\udfff\ud800",
    "\U0001f3e0 home",
    "\u202egnp.exe",
    "zero\u200bwidth\u200d\ufeff",
    "\u2066isolate\u2069",
    "line\u2028paragraph\u2029",
    "next\x85line",
    "e\u0301 is not \u00e9",
    "\ufdfa\ufffe\uffff\U0010ffff",
    "x" * 1_000_000,
    "\u20ac" * 20_000,
    "title\r\nBcc: eve@example.com",
    "title\nX-Injected: yes",
    "=?utf-8?q?Bcc=3A_eve=40example.com?=",
    "ada@ex\u0430mple.com",
    "\u0430da@example.com",
    '"<eve@example.com>, ada"@example.com',
    "ada@example.com, eve@example.com",
    "ada@[127.0.0.1]",
    "+1 415 555 2671",
    "+44 (0)20 7946 0958",
    "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff12\uff16\uff17\uff11",
    "{{ 7 * 7 }}{% for x in range(9**9) %}",
    "<script>alert(1)</script>",
    "'; DROP TABLE notifications; --",
    "%s%n%x ${jndi:ldap://x} $(id)",
    "../../etc/passwd",
    "NaN",
    "null",
    "1" * 5_000,
)

NASTY_NUMBERS = (
    *("0", "-0", "1", "-1", "1.0", "1.5", "1e0", "1e3", "1e400", "-1e400", "1E-400"),
    *(str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**64), "9007199254740993.0"),
    "1" + "0" * 400,
    "1" * 5_000,
    *("NaN", "Infinity", "-Infinity"),
)

NASTY_STRUCTURES = (
    *("null", "true", "false", "[]", "{}", '[""]', '{"$ne": null}', '{"__proto__": {}}'),
    "[" * 200 + "]" * 200,
    "[" * 50_000,
    "[" * 50_000 + "]" * 50_000,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    *('["email"]', '["sms", "sms"]', '["email", "fax"]', '["EMAIL"]', '["email", null]'),
)

NASTY_MOMENTS = (
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2090-02-30T00:00:00Z",
    "2090-06-30T23:59:60Z",
    "2090-01-01T24:00:00Z",
    "2090-01-01T00:00:00",
    "2090-01-01",
    "2090-01-01T00:00:00.123456789Z",
    "2090-01-01T00:00:00+05:45",
    "2090-01-01 00:00:00z",
    "2090-01-01T00:00:00+00:00[UTC]",
    "3786912000",
    "tomorrow",
)

texts = st.one_of(
    st.sampled_from(NASTY_TEXTS),
    st.text(max_size=300),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs", "Mn"]), max_size=30),
)

addresses = st.one_of(
    texts,
    st.builds(
        "{}@{}".format, texts, st.sampled_from(("example.com", "ex\u0430mple.com", "[127.0.0.1]", "a\u202eb.com"))
    ),
    st.from_regex(r"\A[a-z\u0430-\u044f\u200b'\".,<>()-]{1,20}@[a-z\u0430-\u044f\u00df\u3002.-]{1,20}\Z"),
    st.emails(),
)

moments = st.one_of(
    st.sampled_from(NASTY_MOMENTS),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
)

fragments: st.SearchStrategy[str] = st.one_of(
    texts.map(json.dumps),
    texts.map(lambda text: json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)),
    st.sampled_from(NASTY_NUMBERS),
    st.sampled_from(NASTY_STRUCTURES),
    moments.map(json.dumps),
    st.integers().map(str),
    st.floats().map(json.dumps),
)
"""One value as JSON text, although not everything here is JSON."""

url_parts = st.one_of(
    texts.map(lambda text: quote(text[:2_000].encode("utf-8", "surrogatepass"), safe="")),
    st.binary(max_size=50).map(lambda octets: quote_from_bytes(octets, safe="")),
    st.sampled_from(NASTY_NUMBERS),
    moments.map(lambda moment: quote(moment, safe="")),
    st.sampled_from(("%", "%zz", "%00", "%2e%2e%2f", "%c0%ae", "+1", "1_0", "%201", "%EF%BC%91", "0x1", "1;2", "%")),
)
"""One piece of a path or a query, escaped as a URL has it, or not quite."""


def json_object(fields: dict[str, str], *also: tuple[str, str]) -> bytes:
    """JSON text of an object; `also` are fields that come at its end, whether or not they were there before."""
    pairs = [*fields.items(), *also]
    return ("{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}").encode()


def as_json(fields: dict[str, Any]) -> dict[str, str]:
    """Each value as JSON text."""
    return {name: json.dumps(value) for name, value in fields.items()}


def as_number(value: Any) -> int | None:
    """The whole number that a value names; a truth value names none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        return int(value) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None


def as_truth(value: Any) -> bool | None:
    """The truth value that a value names, in the words that the documents name."""
    word = str(value).lower() if isinstance(value, str | int | float) else ""
    if word in {"true", "1", "1.0", "yes", "y", "on", "t"}:
        return True
    return False if word in {"false", "0", "0.0", "-0.0", "no", "n", "off", "f"} else None


def as_moment(value: Any) -> datetime | None:
    """The moment that a value names by RFC 3339, with an offset."""
    try:
        moment = datetime.fromisoformat(value.replace("z", "Z"))
    except (AttributeError, ValueError):
        return None
    return moment if moment.tzinfo else None
