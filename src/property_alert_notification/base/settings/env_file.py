"""Reads `.env`, or the file that `--env-file` names, as people save it: with a BOM, in UTF-16, with CRLF.

Values may be quoted and `export` may precede a name; `#` and `;` begin a comment at the start of a line, and `#`
after a blank. Any other line is refused, because a setting that is silently ignored is a trap.
"""

import codecs
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv.main import DotEnv
from dotenv.parser import Binding, parse_stream
from pydantic_settings import DotEnvSettingsSource
from pydantic_settings.sources.utils import parse_env_vars

from property_alert_notification.base.errors import ConfigurationError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The settings of one file."""

    values: dict[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    """Names that it holds more than once; the last one counts."""


def read_env_file(path: Path, *, required: bool = False) -> EnvFile:
    """Read a file of settings; a missing file counts as empty, unless it is required.

    Raises:
        ConfigurationError: it cannot be read; one line that names the file and repeats nothing of it.
    """
    if not required and not path.is_symlink() and not path.exists():
        return EnvFile()
    text = _text(path)
    bindings = [binding for binding in parse_stream(StringIO(text)) if not _is_comment(binding)]
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            raise ConfigurationError(
                f"{path}: line {_line(binding)} is not NAME=value. Correct it, or put a # before it"
            )
    names = Counter(binding.key for binding in bindings if binding.key is not None)
    values = DotEnv(None, stream=StringIO(text), verbose=False).dict()
    return EnvFile(
        {name: value for name, value in values.items() if value is not None},
        tuple(name for name, times in names.items() if times > 1),
    )


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror}). Make it a file that this user may read"
        ) from None
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(path, content.removeprefix(mark), encoding)
    return _decoded(path, content, _guess(content))


def _guess(content: bytes) -> str:
    """UTF-16 without a mark has a NUL in every second byte of what is ASCII."""
    if content[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if content[:1] == b"\0" else "utf-8"


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is no text in UTF-8. Save it in that encoding") from None
    if "\0" in text:
        raise ConfigurationError(f"{path}: has NUL characters. Save it as text in UTF-8")
    return text


def _is_comment(binding: Binding) -> bool:
    """Systemd begins comments with `;` too."""
    return binding.original.string.lstrip().startswith(";")


def _line(binding: Binding) -> int:
    """The line of the name: the parser counts blank lines before it in."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


_DEFAULT = Path(".env")
_chosen: list[Path] = []


def use_env_file(path: Path) -> None:
    """Read the settings of this process from this file instead of `.env`.

    Raises:
        ConfigurationError: it cannot be read.
    """
    read_env_file(path, required=True)
    _chosen[:] = [path]


def env_file() -> Path:
    """The file that the settings of this process are read from."""
    return _chosen[0] if _chosen else _DEFAULT


class EnvFileSource(DotEnvSettingsSource):
    """Hands the variables of that file to pydantic."""

    def _read_env_files(self) -> Mapping[str, str | None]:
        values: dict[str, str | None] = {**read_env_file(env_file()).values}
        return parse_env_vars(values, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str)
