"""The mailbox page, as a person meets it in a real browser."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Dialog, Error, Frame, Locator, Page, Route, expect

from property_alert_notification.channels.mailbox.queries import Captured
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import render_email
from tests.services.pages import Pages, serve_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest_asyncio.fixture(loop_scope="session")
async def pages(migrated_sqlite_url: str) -> AsyncIterator[Pages]:
    async with serve_pages(migrated_sqlite_url) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox(pages: Pages, page: Page) -> Page:
    """A wide window, which has not gone anywhere yet."""
    await page.set_viewport_size(WIDE)
    return page


async def visit(mailbox: Page, pages: Pages) -> None:
    await mailbox.goto(f"{pages.url}/mailbox")


def rows(mailbox: Page) -> Locator:
    return mailbox.get_by_role("region", name="Messages").get_by_role("link")


def live(mailbox: Page) -> Locator:
    return mailbox.get_by_role("status")


def heading(mailbox: Page) -> Locator:
    return mailbox.get_by_role("article").get_by_role("heading")


async def test_an_empty_mailbox_teaches_how_a_message_appears(pages: Pages, mailbox: Page) -> None:
    await visit(mailbox, pages)

    await expect(mailbox.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    await expect(mailbox.locator("#command")).to_contain_text(f"curl -X POST {pages.url}/api/v1/notifications/")
    await expect(mailbox.get_by_role("button", name="Clear")).to_be_disabled()


async def test_an_email_is_shown_as_it_renders_as_text_and_raw(pages: Pages, mailbox: Page) -> None:
    rendered = render_email(MessageContent("Three bedrooms in Ballard", "On the market since today."))
    await pages.keep({"subject": rendered.subject, "text": rendered.text, "html": rendered.html, "raw": "X-Way: wire"})

    await visit(mailbox, pages)

    await expect(heading(mailbox)).to_have_text("Three bedrooms in Ballard")
    await expect(mailbox.frame_locator("iframe").get_by_text("On the market since today.")).to_be_visible()
    await mailbox.get_by_role("tab", name="Text").click()
    await expect(mailbox.get_by_role("tabpanel")).to_have_text("On the market since today.")
    await mailbox.keyboard.press("ArrowRight")
    await expect(mailbox.get_by_role("tab", name="Raw")).to_be_focused()
    await expect(mailbox.get_by_role("tabpanel")).to_have_text("X-Way: wire")


async def test_an_email_without_html_is_shown_as_text(pages: Pages, mailbox: Page) -> None:
    await pages.keep({"text": "Only words."})

    await visit(mailbox, pages)

    await expect(mailbox.get_by_role("tabpanel")).to_have_text("Only words.")
    await expect(mailbox.get_by_role("tab", name="HTML")).to_be_hidden()


async def test_an_sms_is_shown_as_a_phone_shows_it(pages: Pages, mailbox: Page) -> None:
    await pages.keep(
        {"channel": "sms", "sender": "+12065550199", "address": "1231233", "text": "Price drop\n€ 450,000"}
    )

    await visit(mailbox, pages)

    await expect(heading(mailbox)).to_have_text("SMS to 1231233")
    await expect(mailbox.locator("#caller")).to_have_text("+12065550199")
    await expect(mailbox.locator("#bubble")).to_have_text("Price drop\n€ 450,000")
    await expect(mailbox.get_by_text("20 characters · 1 segment · GSM-7")).to_be_visible()
    await expect(mailbox.get_by_role("tab")).to_have_count(0)


async def test_a_new_message_appears_by_itself_and_moves_nothing(pages: Pages, mailbox: Page) -> None:
    await pages.keep({"subject": "The one being read"})
    await visit(mailbox, pages)
    await expect(heading(mailbox)).to_have_text("The one being read")

    await pages.keep({"subject": "The new one"})

    await expect(rows(mailbox).first).to_contain_text("The new one")
    await expect(mailbox.get_by_text("2 messages")).to_be_visible()
    await expect(heading(mailbox)).to_have_text("The one being read")


async def test_more_messages_at_once_than_a_page_holds_all_appear(pages: Pages, mailbox: Page) -> None:
    await pages.keep({"subject": "old"})
    await visit(mailbox, pages)
    await expect(rows(mailbox)).to_have_count(1)

    await pages.keep(*[{"subject": f"Flood {number}"} for number in range(70)])

    await expect(rows(mailbox)).to_have_count(50)
    await expect(rows(mailbox).first).to_contain_text("Flood 69")
    await mailbox.get_by_role("button", name="Load older").click()
    await expect(rows(mailbox)).to_have_count(71)
    await expect(rows(mailbox).last).to_contain_text("old")
    await expect(mailbox.get_by_role("button", name="Load older")).to_be_hidden()


async def test_search_and_channel_narrow_the_list(pages: Pages, mailbox: Page) -> None:
    await pages.keep(
        {"subject": "Viewing", "address": "anna@example.test"},
        {"subject": "Offer", "text": "Anna accepts"},
        {"subject": "Listing"},
        {"channel": "sms", "subject": "", "text": "Hello Anna", "address": "+12065550100"},
    )
    await visit(mailbox, pages)
    await expect(rows(mailbox)).to_have_count(4)

    await mailbox.get_by_role("searchbox", name="Search messages").fill("ANNA")
    await expect(rows(mailbox)).to_have_count(3)
    await expect(mailbox.get_by_text("3 of 4 messages")).to_be_visible()
    await mailbox.get_by_role("radio", name="Email").check()
    await expect(rows(mailbox)).to_have_text([re.compile("Offer"), re.compile("Viewing")])
    await expect(mailbox.get_by_text("2 of 3 messages")).to_be_visible()
    await expect(mailbox.get_by_role("article")).to_be_visible()
    await mailbox.get_by_role("searchbox").fill("nobody wrote this")
    await expect(mailbox.get_by_text("No message matches.")).to_be_visible()
    await expect(mailbox.get_by_role("article")).to_be_hidden()
    await mailbox.get_by_role("button", name="Show all").click()
    await expect(rows(mailbox)).to_have_count(4)


async def test_clearing_asks_first(pages: Pages, mailbox: Page) -> None:
    await pages.keep({}, {})
    await visit(mailbox, pages)
    confirm = mailbox.get_by_role("dialog", name="Clear the mailbox?")

    await mailbox.get_by_role("button", name="Clear the mailbox").click()
    await expect(confirm).to_contain_text("2 messages will be removed")
    await confirm.get_by_role("button", name="Keep").click()
    await expect(rows(mailbox)).to_have_count(2)
    await mailbox.get_by_role("button", name="Clear the mailbox").click()
    await confirm.get_by_role("button", name="Clear").click()

    await expect(mailbox.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    await mailbox.reload()
    await expect(mailbox.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()


async def test_the_page_follows_when_another_page_clears(pages: Pages, mailbox: Page) -> None:
    await pages.keep({})
    await visit(mailbox, pages)
    await expect(rows(mailbox)).to_have_count(1)

    await mailbox.request.delete(f"{pages.url}/api/mailbox/messages")

    await expect(mailbox.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()


async def test_the_keyboard_is_enough(pages: Pages, mailbox: Page) -> None:
    await pages.keep({"subject": "third"}, {"subject": "second"}, {"subject": "first"})
    await visit(mailbox, pages)
    await expect(heading(mailbox)).to_have_text("first")

    await mailbox.keyboard.press("ArrowDown")
    await expect(heading(mailbox)).to_have_text("second")
    await expect(rows(mailbox).nth(1)).to_be_focused()
    await mailbox.keyboard.press("ArrowDown")
    await mailbox.keyboard.press("ArrowDown")
    await expect(heading(mailbox)).to_have_text("third")
    await mailbox.keyboard.press("ArrowUp")
    await expect(heading(mailbox)).to_have_text("second")
    await mailbox.keyboard.press("/")
    await expect(mailbox.get_by_role("searchbox")).to_be_focused()
    await mailbox.keyboard.type("first")
    await expect(rows(mailbox)).to_have_count(1)
    await mailbox.keyboard.press("ArrowDown")
    await expect(heading(mailbox)).to_have_text("first")


async def test_a_narrow_window_shows_the_list_and_then_the_message(pages: Pages, mailbox: Page) -> None:
    await pages.keep({"subject": "On the phone", "text": "Small screen."})
    await mailbox.set_viewport_size(NARROW)
    await visit(mailbox, pages)
    await expect(mailbox.get_by_role("article")).to_be_hidden()

    await rows(mailbox).first.click()
    await expect(mailbox.get_by_role("tabpanel")).to_have_text("Small screen.")
    await expect(rows(mailbox)).to_have_count(0)  # not visible, so not in the accessibility tree
    await mailbox.get_by_role("link", name="All messages").click()

    await expect(rows(mailbox)).to_have_count(1)
    await expect(mailbox.get_by_role("article")).to_be_hidden()
    assert await mailbox.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


async def test_a_link_to_one_message_opens_it(pages: Pages, mailbox: Page) -> None:
    wanted, _newer = await pages.keep({"subject": "wanted"}, {"subject": "newer"})

    await mailbox.goto(f"{pages.url}/mailbox#{wanted.id}")
    await expect(heading(mailbox)).to_have_text("wanted")
    await mailbox.goto(f"{pages.url}/mailbox#{pages.clock.new_id()}")

    await expect(mailbox.get_by_role("heading", name="This message is gone")).to_be_visible()


async def test_a_hidden_tab_asks_nothing(pages: Pages, mailbox: Page) -> None:
    await mailbox.clock.install()
    await visit(mailbox, pages)
    await expect(live(mailbox)).to_have_text("Live")

    await mailbox.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    await mailbox.clock.run_for(3_000)
    await expect(live(mailbox)).to_have_text("Paused")
    asked = len(pages.requests)
    await mailbox.clock.run_for(600_000)
    assert len(pages.requests) == asked

    await pages.keep({"subject": "Came meanwhile"})
    await mailbox.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(rows(mailbox)).to_have_count(1)


async def test_a_lost_connection_is_shown_and_found_again(pages: Pages, mailbox: Page) -> None:
    async def cut(route: Route) -> None:
        await route.abort()

    await visit(mailbox, pages)
    await expect(live(mailbox)).to_have_text("Live")

    await mailbox.route("**/api/mailbox/**", cut)
    await expect(live(mailbox)).to_have_text("No connection")
    await mailbox.unroute("**/api/mailbox/**")

    await expect(live(mailbox)).to_have_text("Live")


HOSTILE = [
    "<script>alert(1)</script>",
    "</title></textarea></style></script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    '<svg><script href="data:text/javascript,alert(1)"></script></svg>',
    '<svg><animate onbegin="alert(1)" attributeName="x" dur="1s"></animate></svg>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>parent.parent.alert(1)</script>"></iframe>',
    '<object data="data:text/html,<script>alert(1)</script>"></object>',
    '<embed src="/mailbox/called-out">',
    '<a href="javascript:alert(1)">press</a>',
    '<a href="javascript:alert(1)" target="_top">press</a>',
    '<a href="data:text/html,<script>alert(1)</script>">press</a>',
    '<form action="/mailbox/called-out" target="_top"><button>press</button></form>',
    '<form><button formaction="javascript:alert(1)">press</button></form>',
    '<meta http-equiv="refresh" content="0;url=/mailbox/called-out">',
    '<meta http-equiv="Content-Security-Policy" content="script-src \'unsafe-inline\'"><script>alert(1)</script>',
    '<link rel="stylesheet" href="/mailbox/called-out"><style>@import "/mailbox/called-out";</style>',
    '<base href="http://127.0.0.1:1/"><script src="evil.js"></script>',
    "<body onload=alert(1) onpageshow=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<video src=x onerror=alert(1)></video>",
    "<style>@keyframes x{}</style><b style='animation:x 1s' onanimationstart=alert(1)>x</b>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<script>fetch('/mailbox/called-out')</script><script>top.location='/mailbox/called-out'</script>",
    "<img src=/mailbox/called-out>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include 'mailbox.html' %}${alert(1)}",
]


class Watch:
    """Notes whatever a page must not do."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.context.on("dialog", self._dialog)
        page.context.on("request", lambda request: self._request(request.url))

    async def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        with suppress(Error):  # a page that is closed takes its dialog with it
            await dialog.dismiss()

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.hostname != "127.0.0.1":
            self.seen.append(f"request {url}")


async def test_the_watch_sees_a_script_that_does_run(page: Page) -> None:
    watch = Watch(page)

    async with page.expect_event("dialog"):
        await page.set_content(HOSTILE[2])
    await page.close()

    assert watch.seen == ["dialog 1"]


@pytest.mark.timeout(600)
async def test_nothing_that_was_stored_ever_runs(pages: Pages, mailbox: Page) -> None:
    watch = Watch(mailbox)
    everywhere = [dict.fromkeys(("sender", "address", "subject", "text"), hostile) for hostile in HOSTILE]
    texts = await pages.keep(*[fields | {"channel": "sms"} for fields in everywhere])
    emails = await pages.keep(*[fields | {"html": fields["text"], "raw": fields["text"]} for fields in everywhere])
    await visit(mailbox, pages)
    for hostile, sms, email in zip(HOSTILE, texts, emails, strict=True):
        await look_at_text(mailbox, sms)
        await look_at_email(mailbox, email)
        assert await mailbox.title() == "Mailbox · Property alerts"
        assert (hostile, watch.seen) == (hostile, [])
    for hostile, email in zip(HOSTILE, emails, strict=True):
        await mailbox.goto(f"{pages.url}/mailbox/messages/{email.id}/html")
        await press_everything(mailbox)
        await mailbox.title()  # an answer comes after every dialog
        assert (hostile, watch.seen) == (hostile, [])
    assert [path for path in pages.requests if "called-out" in path] == []


async def look_at_text(mailbox: Page, sms: Captured) -> None:
    await mailbox.goto(f"{mailbox.url.partition('#')[0]}#{sms.id}")
    await expect(mailbox.locator("#bubble")).to_have_text(sms.text)


async def look_at_email(mailbox: Page, email: Captured) -> None:
    await mailbox.goto(f"{mailbox.url.partition('#')[0]}#{email.id}")
    await expect(heading(mailbox)).to_have_text(email.subject)
    await mailbox.get_by_role("tab", name="HTML").dispatch_event("click")
    frame = await (await mailbox.wait_for_selector(f"iframe[src*='{email.id}']")).content_frame()
    assert frame is not None
    await frame.wait_for_url("**/html")
    await press_everything(frame)
    for view in ("Text", "Raw"):
        await mailbox.get_by_role("tab", name=view).dispatch_event("click")
        await expect(mailbox.get_by_role("tabpanel")).to_have_text(email.text)


async def press_everything(place: Page | Frame) -> None:
    for press in await place.get_by_text("press").all():
        await press.click(no_wait_after=True)


async def test_a_link_in_an_email_opens_a_tab_of_its_own(pages: Pages, mailbox: Page) -> None:
    await pages.keep(
        {"html": f'<!doctype html><html><head></head><body><a href="{pages.url}/">See it</a></body></html>'}
    )
    await visit(mailbox, pages)

    async with mailbox.expect_popup() as opened:
        await mailbox.frame_locator("iframe").get_by_role("link", name="See it").click()
    tab = await opened.value

    await expect(tab.get_by_role("heading", name="Property alerts")).to_be_visible()
    assert await tab.evaluate("window.opener") is None
    await expect(heading(mailbox)).to_be_visible()
    await tab.close()
