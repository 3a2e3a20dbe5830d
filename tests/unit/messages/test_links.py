"""Links in an email's HTML begin and end where a reader would have them."""
# ruff: noqa: RUF001 - punctuation that looks alike is what this is about

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.links import find_links
from property_alert_notification.messages.render import render_email

A, B, C = "https://example.com/a", "https://example.com/b", "https://example.com/c"

AROUND = [
    "“{}”", "‘{}’", "„{}“", "«{}»", "« {} »", "‹{}›", '"{}"', "'{}'", "`{}`", "”{}”", "“{}”, he said", "“{}.”", "“{}”.",
    "({})", "[{}]", "{{{}}}", "<{}>", "[here]({})", "(see {}).", "(see {}.)", "([{}])", "{})", "{}(see below",
    *(f"See {{}}{end}" for end in (".", ",", ";", ":", "!", "?", "...", "…", "?!", ".)", ").", '."')),
    *(f"See {{}}{end}" for end in ("),", "—", "–", "—see")),
    *(f"{{}}{end}" for end in ("。", "、", "，", "！", "？", "；b", "：b", "．", "」", "～", "\u3000b", "\u00a0b")),
    *(f"{{}}{end}" for end in ("।", "؟", "؛", "،", "։")),
    "请看{}。谢谢", "请看{}，谢谢", "请看{}谢谢", "物件は{}です", "집은 {}입니다", "ดูที่{}ครับ", "انظر {}، شكرا",
    "（{}）", "「{}」", "『{}』です", "【{}】", "《{}》", "〈{}〉", "［{}］", "〔{}〕", "｛{}｝", "＜{}＞", "“{}”这里",
    "*{}*", "**{}**", "_{}_", "__{}__", "~{}~", "~~{}~~", "_{}", "_{}._", "|{}|", "{}🏠",
    "\u200b{}\u200b", "\u202a{}\u202c", "\u2066{}\u2069", "\u200f{}\u200f", "\ufeff{}\ufeff", "javascript:{}",
]  # fmt: skip


def test_what_stands_around_an_address_is_no_part_of_it() -> None:
    assert [around for around in AROUND if _links(around.format(A)) != [A]] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "http://example.com/", "HTTPS://EXAMPLE.COM/A", "https://example.com?a=1", "https://example.com#top",
        "https://example.com:8443/a", "http://localhost:8000/a", "http://192.0.2.1/a", "http://[2001:db8::1]:8080/a",
        "https://example.com./a", "https://ex_ample.com/a", "https://example.com/a/", "https://example.com/a_",
        "https://example.com/a__b_", "https://example.com/?q=_", "https://example.com/a-", "https://example.com/?q=",
        "https://example.com/a~", "https://example.com/a#", "https://example.com/a+", "https://example.com/a$",
        "https://example.com/100%25", "https://example.com/a_(b)", "https://example.com/a(b)c", "https://example.com/a[1]",
        "https://example.com/?a[]=1&b[]=2", "https://example.com/{a}", "https://example.com/a,b;c:d!e", "https://example.com/it's",
        "https://example.com/l’appartement", "https://example.com/?x=1.5&y=a@b.example", "https://example.com/@ada/#!/a",
        "https://example.com/a?b=1&c=2#d", "https://example.com/a?b=1&amp;c=2", "https://maps.example/@47.6,-122.3,17z",
        "https://example.com/Bose–Einstein", "https://пример.рф/путь?x=да", "https://münchen.de/straße", "https://例え.jp/",
        "https://xn--mnchen-3ya.de/", "https://example.com/物件/東京", "https://example.com/スティーブ・ジョブズ", "https://example.com/🏠",
        "https://مثال.إختبار/بيت", "https://उदाहरण.परीक्षा/घर", "https://web.example/2020/https://example.com/a",
        "https://example.com/?to=https://example.org/b",
    ],
)  # fmt: skip
def test_punctuation_that_belongs_to_a_link_stays_in_it(url: str) -> None:
    assert _links(url) == [url]
    assert _links(f"See {url}, “{url}”, ({url}) and {url}.") == [url] * 4


@pytest.mark.parametrize(
    "text",
    [
        "https://bank.example@evil.example/", "https://user:secret@example.com/a", "https://user@example.com",
        "https://bank.example%40evil.example/", "javascript:alert(1)", "javascript://example.com/%0aalert(1)",
        "data:text/html,x vbscript:x ftp://example.com/ mailto:ada@example.com //example.com/a", "ada@example.com",
        "www.example.com and example.com", "http://", "https://.", "http:// example.com", "https://?", "https://)", "https://..",
        "https://a..b/", "https://example.com:port/", "https://:80/", "xhttps://example.com/a", "git+https://example.com/a",
    ],
)  # fmt: skip
def test_what_is_no_web_address_stays_text(text: str) -> None:
    assert _links(text) == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (f"{A}, {B}; and {C}.", [A, B, C]),
        (f"{A},{B};{C}", [A, B, C]),
        (f"{A}、{B}。{C}", [A, B, C]),
        (f"{A}|{B} ({A})({B})", [A, B, A, B]),
        (f"“{A}”“{B}”", [A, B]),
        (f"ada@example.com, bob@example.com: {A}", [A]),
        (f"https://user@example.com {A}", [A]),
        (f"{A}\\@evil.example", [A]),
        (f"={A}?q=", [f"{A}?q="]),
    ],
)
def test_each_address_of_a_line_is_found(text: str, links: list[str]) -> None:
    assert _links(text) == links


def test_a_link_is_escaped_where_it_leads_and_where_it_is_read() -> None:
    html = render_email(MessageContent("t", "“https://example.com/?a=1&b='2'_”")).html or ""

    assert 'href="https://example.com/?a=1&amp;b=&#39;2&#39;_"' in html
    assert ">https://example.com/?a=1&amp;b=&#39;2&#39;_</a>" in html


def test_the_text_part_is_what_the_caller_wrote() -> None:
    message = f"“{A}”（{B}）"
    assert render_email(MessageContent("t", message)).text == message


pieces = st.lists(
    st.sampled_from(
        [A, "https://", "http://b.example", "(", ")", "[", "]", "”", "。", "_", "*", ".", ",", "@", "/", "a", "京", " "]
    )
)


@given(pieces.map("".join))
def test_links_lie_behind_each_other_and_hold_a_host(text: str) -> None:
    spans = list(find_links(text))
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    for start, end in spans:
        host = text[start:end].partition("//")[2].partition("/")[0]
        assert host
        assert "@" not in host
        assert text[start:end][-1] not in ".,)]”。"


def _links(text: str) -> list[str]:
    return [text[start:end] for start, end in find_links(text)]
