"""Every page, for those who use a screen reader, a keyboard, or a language that is read from the right."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Literal
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.messages.content import Links, MessageContent
from property_alert_notification.messages.render import render_email
from tests.services.callers import a_caller
from tests.services.pages import Pages, serve_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# What lies in a frame is another page: the email is looked at by itself.
RUN = "axe.run(document, {resultTypes: ['violations'], iframes: false})"
HEBREW = "דירה חדשה בתל אביב"
LONG = "Four bedrooms and a view of the bay. " * 40


@pytest_asyncio.fixture(loop_scope="session")
async def pages(migrated_sqlite_url: str) -> AsyncIterator[Pages]:
    async with serve_pages(migrated_sqlite_url) as running:
        yield running


# An email is shown inside the page of a mail program, which has the landmarks.
FOR_PAGES_ONLY = {"landmark-one-main", "region"}


async def _violations(page: Page, *, without: Collection[str] = ()) -> list[Any]:
    await page.evaluate(AXE)
    found = (await page.evaluate(RUN))["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found if one["id"] not in without]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_stands_in_the_way_of_a_screen_reader(
    pages: Pages, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    page = await context.new_page()
    try:
        await page.goto(pages.url)
        assert await _violations(page) == []
        await page.goto(f"{pages.url}/mailbox")
        await expect(page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
        assert await _violations(page) == []
        email = render_email(MessageContent(HEBREW, f"3 חדרים, ראו https://example.com/a\n\n{LONG}"))
        sms, mail = await pages.keep(
            {"channel": "sms", "text": LONG, "address": "+14155552671"},
            {"subject": email.subject, "text": email.text, "html": email.html, "raw": "Message-ID: <a@b>"},
        )
        await page.goto(f"{pages.url}/mailbox/messages/{mail.id}/html")
        assert await _violations(page, without=FOR_PAGES_ONLY) == []
        for message, shown in ((mail, "#panel-html"), (sms, "#bubble")):
            await page.goto("about:blank")
            await page.goto(f"{pages.url}/mailbox#{message.id}")
            await expect(page.locator(shown)).to_be_visible()
            assert await _violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await _refuse_messages(page, pages)
        await _confirm_messages(page, pages)
        await _keep_a_search(page, pages)
        await page.goto(f"{pages.url}/docs")
        await expect(page.get_by_text("List captured messages")).to_be_visible()
        assert await _violations(page) == []
    finally:
        await context.close()


async def _refuse_messages(page: Page, pages: Pages) -> None:
    """An email that can be refused, and the page behind its first link."""
    token = Tokens(Settings().link_keys).make(Purpose.UNSUBSCRIBE, Link(1, Channel("email"), "listing_alert"))
    links = Links(f"{pages.url}/preferences/a", f"{pages.url}/u/{token}")
    email = render_email(MessageContent("Price drop", LONG, links))
    (mail,) = await pages.keep({"subject": email.subject, "text": email.text, "html": email.html})
    await page.goto(f"{pages.url}/mailbox/messages/{mail.id}/html")
    assert await _violations(page, without=FOR_PAGES_ONLY) == []
    await page.goto(f"{pages.url}/u/{token}")
    assert await _violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Unsubscribe").click()
    await expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert await _violations(page) == []
    await page.goto(f"{pages.url}/u/unknown")
    assert await _violations(page) == []


async def _confirm_messages(page: Page, pages: Pages) -> None:
    """The page by which a user confirms an opt-in, and the one behind a link that confirms nothing."""
    link = Link(1, Channel("email"), "listing_alert", expires_at=datetime(2100, 1, 1, tzinfo=UTC))
    await page.goto(f"{pages.url}/confirm/{Tokens(Settings().link_keys).make(Purpose.CONFIRM, link)}")
    assert await _violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button").click()
    await expect(page.get_by_role("button")).to_have_count(0)
    assert await _violations(page) == []


async def _keep_a_search(page: Page, pages: Pages) -> None:
    """The page by which a user keeps a search whose results nobody looked at, and the one behind a wrong link."""
    search = {"SavedSearchName": "x" * 200, "Criteria": {"City": ["Seattle"]}}
    async with a_caller(pages.url) as caller:
        saved = await caller.post("/api/v1/users/1/saved-searches", json=search)
    link = Link(1, category=UUID(saved.json()["SavedSearchKey"]).hex)
    await page.goto(f"{pages.url}/searches/{Tokens(Settings().link_keys).make(Purpose.SEARCH, link)}")
    assert await _violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("heading", name="Kept")).to_be_visible()
    assert await _violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.goto(f"{pages.url}/searches/unknown")
    assert await _violations(page) == []


async def test_the_mailbox_can_be_used_without_a_mouse(pages: Pages, page: Page) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    await pages.keep({"subject": "older"}, {"subject": "newer"})
    await page.goto(f"{pages.url}/mailbox")
    await expect(page.get_by_role("article").get_by_role("heading")).to_have_text("newer")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="newer")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("article").get_by_role("heading")).to_have_text("older")
    await page.get_by_role("button", name="Clear").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_role("button", name="Clear")).to_be_focused()


async def test_the_tab_key_visits_every_control_visibly_and_leaves_the_page(pages: Pages, page: Page) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    await pages.keep({"html": "<p>Three bedrooms</p>", "raw": "X: y"})
    await page.goto(f"{pages.url}/mailbox")
    await expect(page.get_by_role("article")).to_be_visible()

    visited = []
    for _ in range(30):
        await page.keyboard.press("Tab")
        stop, is_marked = await page.evaluate(_FOCUSED)
        if stop == "body":
            break
        assert is_marked, stop
        visited.append(stop)

    assert visited[:3] == ["skip", "brand", "search"]
    assert {"clear", "row", "tab-html"} <= {*visited}
    assert len(visited) == len({*visited})
    assert len(visited) < 30


# A mark may be drawn on the words beside a control.
_FOCUSED = """() => {
  const stop = document.activeElement;
  const isMarked = [stop, stop.nextElementSibling].some((one) => one && getComputedStyle(one).outlineStyle !== "none");
  return [stop.id || stop.classList[0] || stop.value || stop.localName, isMarked || stop.localName === "iframe"];
}"""


async def test_hebrew_and_arabic_are_read_from_the_right(pages: Pages, page: Page) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    email = render_email(MessageContent(HEBREW, "התקשרו +1 415 555-2671\n\nIn English"))
    sms, mail = await pages.keep(
        {"channel": "sms", "text": "شقة جديدة", "address": "+14155552671"},
        {"subject": email.subject, "text": email.text, "html": email.html},
    )
    await page.goto(f"{pages.url}/mailbox#{mail.id}")

    await expect(page.locator("#subject")).to_have_css("direction", "rtl")
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("heading")).to_have_css("direction", "rtl")
    await expect(frame.get_by_text("In English")).to_have_css("direction", "ltr")
    await expect(frame.get_by_text("+1 415 555-2671", exact=True)).to_have_css("direction", "ltr")
    await page.goto(f"{pages.url}/mailbox#{sms.id}")
    await expect(page.locator("#bubble")).to_have_css("direction", "rtl")
    await expect(page.locator("#to")).to_have_css("direction", "ltr")


async def test_the_phone_grows_with_its_sms(pages: Pages, page: Page) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    [sms] = await pages.keep({"channel": "sms", "text": LONG})
    await page.goto(f"{pages.url}/mailbox#{sms.id}")
    await expect(page.locator("#bubble")).to_be_visible()

    inside = "(it) => it.scrollHeight <= it.clientHeight + 1"
    assert await page.locator(".talk").evaluate(inside)
    phone, bubble = [await page.locator(one).bounding_box() for one in (".phone", "#bubble")]
    assert phone is not None
    assert bubble is not None
    assert phone["y"] + phone["height"] > bubble["y"] + bubble["height"]
