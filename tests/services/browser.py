"""A real Chromium without a window: the machine's own, or the one that Playwright downloads."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright

from tests.services.process import ServiceMissing

NAMES = ("chromium", "chromium-browser", "google-chrome")
# It shall talk to the page under test and to nobody else.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start a browser for the block.

    Raises:
        ServiceMissing: there is none.
    """
    # Its own sandbox refuses to work for root.
    flags = (*FLAGS, "--no-sandbox") if os.geteuid() == 0 else FLAGS
    async with async_playwright() as playwright:
        program = find_browser(playwright)
        browser = await playwright.chromium.launch(executable_path=program, headless=True, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


def find_browser(playwright: Playwright) -> str:
    """The path of the browser to use.

    Raises:
        ServiceMissing: there is none.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    downloaded = playwright.chromium.executable_path
    if not Path(downloaded).exists():
        raise ServiceMissing("Chromium")
    return downloaded
