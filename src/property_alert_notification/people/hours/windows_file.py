"""Reads the file that `LEGAL_WINDOWS_FILE` names, at start and whenever it changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.supervise import Loop, Supervisor, end
from property_alert_notification.people.hours import current
from property_alert_notification.people.hours.legal import LegalWindows, built_in, read

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two checks of the file."""

_LARGEST = 1024 * 1024
"""Bytes."""

_Version = tuple[int, int, int]
"""The file attributes that change when a file is replaced or written."""


def configured_windows(file: str | None) -> LegalWindows:
    """The windows of the file, or the built-in ones without a file.

    Raises:
        ConfigurationError: the file is invalid; the text names the window and the problem.
    """
    return built_in() if file is None else _read(Path(file))


@asynccontextmanager
async def hours_of(settings: Settings, supervisor: Supervisor) -> AsyncIterator[None]:
    """Set the legal windows and the default time zone from the settings, and follow changes of the windows file.

    Raises:
        ConfigurationError: the file is invalid; the text names the window and the problem.
    """
    file = settings.legal_windows_file
    before = current.windows(), current.default_time_zone()
    current.use(configured_windows(file), settings.default_time_zone)
    watching = [supervisor.start("legal_windows", WindowsWatch(file).run)] if file else []
    try:
        yield
    finally:
        await end(*watching)
        current.use(*before)


class WindowsWatch:
    """Reloads the file when it changes. If the new file is invalid, the previous windows stay in force."""

    def __init__(self, file: str) -> None:
        self._path = Path(file)
        self._used = self._seen = _version(self._path)

    async def run(self, loop: Loop) -> None:
        """Read until cancelled."""
        await loop.repeat(self._reload_in_turn)

    async def _reload_in_turn(self) -> float:
        self.reload()
        return POLL

    def reload(self) -> bool:
        """Load the file if it has changed and is complete; returns whether its windows are now in force."""
        before, self._seen = self._seen, _version(self._path)
        # A file that is still being written changes between two checks.
        if self._seen == self._used or self._seen != before:
            return False
        self._used = self._seen
        try:
            windows = _read(self._path)
        except ConfigurationError as error:
            log.warning("legal_windows.refused", detail=f"{error}. The previous windows stay in force")
            return False
        current.use(windows, current.default_time_zone())
        log.info("legal_windows.changed", windows=len(windows.windows))
        return True


def _version(path: Path) -> _Version | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> LegalWindows:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror}). Make it a file that this user may read") from None
    if len(content) > _LARGEST:
        raise _refused(path, f"is larger than {_LARGEST // 1024} kB")
    try:
        return read(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise _refused(path, "is not UTF-8 text. Save it in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise _refused(path, str(error) or "nests brackets too deeply") from None


def _refused(path: Path, words: str) -> ConfigurationError:
    return ConfigurationError(f"LEGAL_WINDOWS_FILE: {path}: {words}")
