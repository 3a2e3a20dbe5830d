"""A package index in a folder (PEP 503), with tiny wheels that say about themselves what the real packages say."""

import base64
import hashlib
import re
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_PIN = re.compile(r"^([\w.-]+)(\[[\w,.-]+\])?==([\w.!+-]+)(.*?)\s*\\?$", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One line of a lock."""

    name: str
    extras: str
    version: str
    marker: str

    def line(self, sha256: str) -> str:
        return f"{self.name}{self.extras}=={self.version}{self.marker} --hash=sha256:{sha256}\n"


def pins_of(lock: str) -> list[Pin]:
    """Every pin of a lock's text."""
    return [Pin(*found) for found in _PIN.findall(lock)]


class PackageIndex:
    """Has the pinned version of each package, and a newer one, which no lock knows."""

    def __init__(self, folder: Path, pins: list[Pin]) -> None:
        self.url = (folder / "simple").as_uri()
        self._wheels = folder / "wheels"
        self._wheels.mkdir(parents=True)
        self._hashes = {pin: self._publish(pin, folder / "simple") for pin in pins}

    def lock(self, *, without: str = "") -> str:
        """The text of a lock with all its packages, or with all but one."""
        return "".join(pin.line(sha256) for pin, sha256 in self._hashes.items() if pin.name != without)

    def _publish(self, pin: Pin, simple: Path) -> str:
        """Returns the hash of the pinned version's wheel."""
        said = _said_by(pin.name)
        pinned, newer = (self._wheel(pin.name, version, said) for version in (pin.version, f"{pin.version}.post99"))
        page = simple / re.sub(r"[-_.]+", "-", pin.name).lower() / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)  # a package may have a pin for each of several Pythons
        with page.open("a") as links:
            links.writelines(f'<a href="{wheel.as_uri()}">{wheel.name}</a>\n' for wheel in (pinned, newer))
        return hashlib.sha256(pinned.read_bytes()).hexdigest()

    def _wheel(self, name: str, version: str, said: list[str]) -> Path:
        stem = f"{re.sub(r'[-.]+', '_', name)}-{version}"
        wheel = self._wheels / f"{stem}-py3-none-any.whl"
        write_wheel(wheel, stem, [f"Name: {name}", f"Version: {version}", *said])
        return wheel


def write_wheel(wheel: Path, stem: str, said: list[str], **files: str) -> None:
    """Write a wheel with this metadata and these files, and no code."""
    contents = {
        **files,
        f"{stem}.dist-info/METADATA": "\n".join(["Metadata-Version: 2.1", *said, ""]),
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in contents.items()]
    contents[f"{stem}.dist-info/RECORD"] = "\n".join([*record, f"{stem}.dist-info/RECORD,,", ""])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in contents.items():
            archive.writestr(name, text)


def _said_by(name: str) -> list[str]:
    """What the installed package requires and offers; of one for another system nothing is known."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    fields = ("Requires-Dist", "Provides-Extra", "Requires-Python")
    return [f"{field}: {value}" for field in fields for value in said.get_all(field) or ()]


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
