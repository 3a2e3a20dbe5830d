"""The preference page in a real browser: without scripts, by keyboard, on a phone, in both languages and schemes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from property_alert_notification.base.settings import Settings
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from tests.services.callers import a_caller
from tests.services.pages import Pages, serve_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RUN = "axe.run(document, {resultTypes: ['violations']})"
PATH = f"/preferences/{Tokens(Settings().link_keys).make(Purpose.PREFERENCES, Link(1))}"
PREFERENCES = {
    "email_enabled": True,
    "sms_enabled": False,
    "time_zone": "America/New_York",
    "quiet_hours": [{"days": ["mon", "tue"], "from": "21:00", "to": "08:00"}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def pages(migrated_sqlite_url: str) -> AsyncIterator[Pages]:
    async with serve_pages(migrated_sqlite_url) as running, a_caller(running.url) as caller:
        await caller.put("/api/v1/preferences/1", json=PREFERENCES)
        blocked = {"user_id": 1, "channel": "sms", "reason": "stop", "scope": "promotional"}
        assert (await caller.post("/api/v1/suppressions", json=blocked)).status_code == 201
        yield running


@asynccontextmanager
async def a_window(page: Page, **options: Any) -> AsyncIterator[Page]:
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(**options)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def assert_accessible(page: Page) -> None:
    await page.evaluate(AXE)
    found = (await page.evaluate(RUN))["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("scheme", "language", "width"),
    [("light", "es", 360), ("dark", "en", 1280)],
)
async def test_every_state_of_the_page_is_accessible(
    pages: Pages, page: Page, scheme: Literal["light", "dark"], language: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    async with a_window(page, viewport=size, color_scheme=scheme, locale=language, bypass_csp=True) as window:
        await window.goto(pages.url + PATH)
        await expect(window.locator("html")).to_have_attribute("lang", language)
        await assert_accessible(window)

        await window.locator("[id='quiet.0.to']").fill("21:00")
        await window.locator("[id='quiet.1.from']").fill("21:00")
        await window.locator("button.main").click()
        await expect(window.get_by_role("alert")).to_be_focused()
        await assert_accessible(window)

        await window.locator("button.danger").click()
        await expect(window.get_by_role("status")).to_be_focused()
        await assert_accessible(window)

        await window.goto(f"{pages.url}/preferences/abc")
        await assert_accessible(window)


async def test_the_page_is_used_without_scripts_and_without_a_mouse(pages: Pages, page: Page) -> None:
    complaints: list[str] = []
    async with a_window(page, java_script_enabled=False, viewport={"width": 360, "height": 800}) as window:
        window.on("console", lambda said: complaints.append(said.text))
        await window.goto(pages.url + PATH)
        await window.keyboard.press("Tab")
        await expect(window.get_by_role("link", name="Skip to the settings")).to_be_focused()
        await window.keyboard.press("Enter")
        await window.keyboard.press("Tab")
        await expect(window.get_by_label("Send me messages by email")).to_be_focused()
        await window.keyboard.press("Tab")
        await window.keyboard.press("Space")
        await window.keyboard.press("Tab")
        await expect(window.get_by_label("Listing alerts by email")).to_be_focused()
        await window.keyboard.type("Once a d")
        await window.get_by_label("Time zone").focus()
        await window.keyboard.press("Enter")
        await window.get_by_role("button", name="Save").focus()
        await window.keyboard.press("Enter")

        saved = window.get_by_role("status").get_by_role("listitem")
        await expect(saved).to_have_text(["SMS: on", "Listing alerts by email: Once a day"])
        await expect(window.get_by_label("Listing alerts by SMS")).to_have_count(0)
        await expect(window.get_by_text("you answered a message with STOP").first).to_be_visible()

        await window.get_by_role("button", name="Stop everything").focus()
        await window.keyboard.press("Enter")
        await expect(window.get_by_label("Listing alerts by email")).to_have_value("never")
        await window.get_by_role("button", name="Undo").focus()
        await window.keyboard.press("Enter")
        await expect(window.get_by_label("Listing alerts by email")).to_have_value("daily")

        await window.get_by_role("link", name="Español").click()
        await expect(window.get_by_role("heading", name="Sus mensajes")).to_be_visible()
        assert complaints == []


async def test_a_page_of_another_origin_cannot_send_the_form(pages: Pages, page: Page) -> None:
    """The other page knows the whole form, which only the user can: the browser says where it comes from."""
    token = Tokens(Settings().link_keys).make(Purpose.PREFERENCES_FORM, Link(1))
    async with a_window(page) as window, serve_other(window, pages, token):
        await window.goto("http://other.localhost/")
        async with window.expect_response(lambda answer: PATH in answer.url) as answered:
            await window.get_by_role("button").click()
        assert (await answered.value).status == 403


@asynccontextmanager
async def serve_other(window: Page, pages: Pages, token: str) -> AsyncIterator[None]:
    form = (
        f'<form method="post" action="{pages.url}{PATH}"><input name="form" value="{token}">'
        '<input name="action" value="stop"><button>A prize</button></form>'
    )
    await window.route("http://other.localhost/", lambda route: route.fulfill(body=form, content_type="text/html"))
    yield
