"""A process of the service, as an operator starts it, that can be killed and started again."""

import re
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.services.prepared import start
from tests.services.process import Process, ServiceFailed, end, wait_until

SERVICE = "property_alert_notification.cli"
WRONG_CLOCK = "chaos.shifted_clock"

LAST_WORDS = 2_000
"""Characters of a failed process's errors that are shown."""


class Server:
    """One process, in a folder of its own."""

    def __init__(
        self,
        name: str,
        *arguments: str,
        ready: str,
        folder: Path,
        settings: Mapping[str, str],
        module: str = SERVICE,
        ahead: float | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            name: of its folder.
            arguments: of its command.
            ready: what it prints when it works.
            folder: gets a folder of its own for it.
            settings: its environment.
            module: what Python runs.
            ahead: the seconds by which the clock of its machine is wrong; None is right.
        """
        self.name = name
        self._module = module if ahead is None else WRONG_CLOCK
        self._arguments = arguments if ahead is None else (str(ahead), *arguments)
        self._ready = ready
        self._folder = folder / name
        self._folder.mkdir()
        self._settings = settings
        self._process: Process | None = None
        self._begins = [0, 0]

    def start(self) -> None:
        """Start, also again after `kill`; returns when it works.

        Raises:
            ServiceFailed: it ended, or did not come to work.
        """
        self._begins = [_size(path) for path in (self._output, self._errors)]
        with self._output.open("ab") as output, self._errors.open("ab") as errors:
            streams = (subprocess.DEVNULL, output, errors)
            command = ["-m", self._module, *self._arguments]
            self._process = start(command, cwd=self._folder, settings=self._settings, streams=streams)
        wait_until(self._is_ready, process=self._process, log=self._last_words)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Let it finish its claims, and end; returns its exit code, None when it was not running."""
        return self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it in its tracks by SIGSTOP, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on; does nothing to one that is not frozen."""
        self._signal(signal.SIGCONT)

    def limit_files(self, size: int | None) -> None:
        """Let no file that it writes grow beyond so many bytes, as on a disk that is full; None lifts that."""
        if self._process is not None:
            limit = resource.RLIM_INFINITY if size is None else size
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def forget_peak(self) -> None:
        """Count the most memory it ever had from now on."""
        if self._process is not None:
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")  # proc(5)

    def memory(self, *, peak: bool = False) -> int:
        """Bytes of it in memory; 0 when it does not run."""
        if self._process is None:
            return 0
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else 0

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """It was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_failed(self) -> bool:
        """It ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def log(self) -> str:
        """Everything it logged, over all its lives."""
        return self._errors.read_text(errors="replace") if self._errors.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        end(process, how)
        return process.wait()

    @property
    def _output(self) -> Path:
        return self._folder / "output"

    @property
    def _errors(self) -> Path:
        return self._folder / "errors"

    def _is_ready(self) -> bool:
        texts = [path.read_bytes() for path in (self._output, self._errors)]
        return any(self._ready.encode() in text[start:] for text, start in zip(texts, self._begins, strict=True))

    def _last_words(self) -> str:
        return self._errors.read_text(errors="replace")[-LAST_WORDS:]


def run(*arguments: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Run one command to its end, and return what it printed.

    Raises:
        ServiceFailed: it failed; the text is what it said.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        streams = (subprocess.DEVNULL, output, errors)
        code = start(["-m", SERVICE, *arguments], cwd=folder, settings=settings, streams=streams).wait()
        for stream in (output, errors):
            stream.seek(0)
        if code != 0:
            raise ServiceFailed(f"{' '.join(arguments)}: {errors.read().decode()}")
        return output.read().decode().strip()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
