"""Keeps the file of an SQLite store, which has addresses and messages, readable by its owner only."""

import os
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger()

_BESIDE = ("", "-wal", "-shm", "-journal")
"""The files that SQLite creates next to it, with the same permissions."""

_OTHERS = 0o077


def keep_private(path: str) -> None:
    """Create the file for its owner alone; remove the permissions of others from an existing file."""
    if path.startswith((":memory:", "file:")) or not path:
        return
    with suppress(OSError):  # it exists; or it cannot be created, and SQLite's error is better
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for file in (Path(f"{path}{end}") for end in _BESIDE):
        try:
            mode = file.stat().st_mode
            if mode & _OTHERS:
                file.chmod(mode & 0o777 & ~_OTHERS)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("store.open_to_others", file=str(file), cause=error.strerror, repair="chmod 600")
