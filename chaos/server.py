"""A process of the service, as an operator starts it, that can be killed and started again."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.services.process import ServiceFailed, end, wait_until
from tests.services.program import environment

COMMAND = (sys.executable, "-m", "property_alert_notification.cli")

LAST_WORDS = 2_000
"""Characters of a failed process's errors that are shown."""


class Server:
    """One process, in a folder of its own."""

    def __init__(self, name: str, *arguments: str, ready: str, folder: Path, settings: Mapping[str, str]) -> None:
        """Nothing runs yet; `ready` is what it prints when it works."""
        self.name = name
        self._arguments = arguments
        self._ready = ready
        self._folder = folder / name
        self._folder.mkdir()
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, also again after `kill`; returns when it works.

        Raises:
            ServiceFailed: it ended, or did not come to work.
        """
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, *self._arguments],
                cwd=self._folder,
                env=environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for the one who started it, who then ends it in order
            )
        wait_until(self._is_ready, process=self._process, log=self._last_words)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it finish what it has in hand, and end."""
        self._end(signal.SIGTERM)

    def raise_if_ended(self) -> None:
        """Raises ServiceFailed when it ended by itself."""
        process = self._process
        if process is not None and process.poll() not in (None, -signal.SIGKILL):
            raise ServiceFailed(f"{self.name} ended by itself with code {process.returncode}:\n{self._last_words()}")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            end(self._process, how)
            self._process = None

    @property
    def _output(self) -> Path:
        return self._folder / "output"

    @property
    def _errors(self) -> Path:
        return self._folder / "errors"

    def _is_ready(self) -> bool:
        return self._ready in self._output.read_text() + self._errors.read_text()

    def _last_words(self) -> str:
        return self._errors.read_text(errors="replace")[-LAST_WORDS:]


def run(*arguments: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Run one command to its end, and return what it printed.

    Raises:
        ServiceFailed: it failed; the text is what it said.
    """
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ServiceFailed(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()
