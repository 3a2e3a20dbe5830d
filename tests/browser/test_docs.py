"""The API documentation and the first page, on a machine without internet access."""

import re
from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from tests.services.pages import Pages, serve_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def pages(migrated_sqlite_url: str) -> AsyncIterator[Pages]:
    async with serve_pages(migrated_sqlite_url) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def outside(page: Page) -> list[str]:
    """Every request that did not stay on this machine; none of them gets through."""
    tried: list[str] = []

    async def stay_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            tried.append(route.request.url)
            await route.abort()

    await page.context.route("**/*", stay_here)
    return tried


async def test_the_documentation_shows_every_operation_without_internet(
    pages: Pages, page: Page, outside: list[str]
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    await page.goto(f"{pages.url}/docs", wait_until="networkidle")

    await expect(page.get_by_text("List captured messages")).to_be_visible()
    described = (await (await page.request.get(f"{pages.url}/openapi.json")).json())["paths"]
    await expect(page.locator(".opblock")).to_have_count(sum(len(operations) for operations in described.values()))
    await page.get_by_text("List captured messages").click()
    await page.get_by_role("button", name="Try it out").click()
    await page.get_by_role("button", name="Execute").click()
    await expect(page.locator(".live-responses-table .response .response-col_status")).to_have_text("200")
    assert outside == []
    assert complaints == []


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
async def test_the_documentation_is_as_bright_as_the_browser_wants(
    pages: Pages, page: Page, scheme: Literal["light", "dark"], bright: bool
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{pages.url}/docs")

    await expect(page.locator(".opblock").first).to_be_visible()
    ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    ink = await page.evaluate("getComputedStyle(document.querySelector('.info .title')).color")
    assert (_brightness(ink) < 128) is bright
    assert ground == "rgba(0, 0, 0, 0)" if bright else _brightness(ground) < 128


def _brightness(colour: str) -> float:
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


async def test_the_first_page_leads_to_the_others(pages: Pages, page: Page, outside: list[str]) -> None:
    await page.goto(pages.url)

    links = page.get_by_role("navigation").get_by_role("link")
    targets = [await link.get_attribute("href") for link in await links.all()]
    assert targets == ["/mailbox", "/docs", "/health/ready", "/metrics"]
    await links.first.click()
    await expect(page.get_by_role("heading", name="Mailbox")).to_be_visible()
    assert outside == []


async def test_the_watch_over_the_outside_sees_what_leaves(page: Page, outside: list[str]) -> None:
    await page.set_content('<img src="http://pictures.test/house.png">')

    assert outside == ["http://pictures.test/house.png"]
