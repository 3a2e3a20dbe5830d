"""A real Chromium without a window: the machine's own, or the one that Playwright downloads."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from playwright.async_api import Browser, async_playwright
from playwright.sync_api import sync_playwright

from tests.services.process import Service, ServiceMissing, end, wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome")
# It shall talk to the page under test and to nothing else, and never slow down a page that is not visible.
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--password-store=basic",
    "--remote-debugging-port=0",
)


class Chromium(Service):
    """One browser process. Each test opens windows of its own in it, which share nothing: see `open_browser`."""

    def __init__(self) -> None:
        """Nothing runs yet.

        Raises:
            ServiceMissing: there is none.
        """
        self._program = find_browser()
        self._folder = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it takes commands (the DevTools protocol), once it has started."""
        port, _, path = self._port_file.read_text().partition("\n")
        return f"ws://127.0.0.1:{port}{path.strip()}"

    def start(self) -> Self:
        """Returns when it takes commands."""
        # Its own sandbox refuses to work for root.
        flags = (*FLAGS, "--no-sandbox") if os.geteuid() == 0 else FLAGS
        log = self._folder / "output"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, *flags, f"--user-data-dir={self._folder}/profile", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the one who started it, who then stops it in order
            )
        wait_until(
            lambda: self._port_file.exists() and self._port_file.read_text().count("\n") > 0,
            process=self._process,
            log=log.read_text,
        )
        return self

    def close(self) -> None:
        """Stop it for good and remove its files."""
        if self._process is not None:
            end(self._process, signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _port_file(self) -> Path:
        return self._folder / "profile" / "DevToolsActivePort"


@asynccontextmanager
async def open_browser(address: str) -> AsyncIterator[Browser]:
    """Use a running browser for the block, at whose end the windows that it opened are closed."""
    async with async_playwright() as playwright:
        # Playwright takes the windows of other tests for the browser's own, and would undo what those tests set there.
        browser = await playwright.chromium.connect_over_cdp(address, no_defaults=True)
        try:
            yield browser
        finally:
            await browser.close()


def find_browser() -> str:
    """The path of the browser to use.

    Raises:
        ServiceMissing: there is none.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with ThreadPoolExecutor() as thread:  # Playwright's blocking side refuses to work inside an event loop
        downloaded = thread.submit(_find_download).result()
    if not Path(downloaded).exists():
        raise ServiceMissing("Chromium")
    return downloaded


def _find_download() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path
