"""Every file and folder that a page names exists: those in backticks, and those that links lead to."""

import re
from pathlib import Path

import pytest

from tests.services.program import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.md")]
PACKAGE = ROOT / "src/property_alert_notification"
MADE_LATER = {
    "src/property_alert_notification/channels/sms_acme.py",
    "chaos-evidence/",
    "docs/operations.md:openapi.json",
    "docs/adding-a-provider.md:push_acme.py",
    "docs/adding-a-provider.md:push_channel.py",
    "docs/adding-a-provider.md:email_acme.py",
    "docs/adding-a-provider.md:sms_acme.py",
}
"""Files that a reader or a command writes; with a page before it, only that page may name it."""

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_BACKTICKED = re.compile(r"`([^`\s]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")
_FILE = re.compile(r"[\w.-]+(/[\w.-]+)*\.(py|md|svg|png|json|jsonl|toml|yml|lock|service)|[\w-]+(/[\w.-]+)+/|[\w-]+/")


def paths_in(text: str) -> set[str]:
    """The paths that the prose of a page has in backticks: names of files, and of folders with a slash at the end."""
    prose = _FENCED.sub("", text)
    return {name for name in _BACKTICKED.findall(prose) if _FILE.fullmatch(name)}


def links_in(text: str) -> set[str]:
    """The targets of a page's links that are not on another site, without the heading behind `#`."""
    targets = (target.partition("#")[0] for target in _LINK.findall(_FENCED.sub("", text)))
    return {target for target in targets if target and "://" not in target}


def exists(path: str) -> bool:
    """Whether the path leads from the repository or the package to a file, or a file of this name is in the package."""
    if (ROOT / path).exists() or (PACKAGE / path).exists():
        return True
    return "/" not in path.rstrip("/") and any(PACKAGE.rglob(path.rstrip("/")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_a_page_exists(page: Path) -> None:
    name, text = str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")
    named = {path for path in paths_in(text) if not {path, f"{name}:{path}"} & MADE_LATER}

    assert {path for path in named if not exists(path)} == set()
    assert {link for link in links_in(text) if not (page.parent / link).exists()} == set()


def test_a_path_that_does_not_exist_is_found() -> None:
    text = "See `gone/away.py`, `gone/`, [a page](gone.md#there), [a site](https://example.com/a.md).\n```\n`fenced.py`\n```\n"

    assert paths_in(text) == {"gone/away.py", "gone/"}
    assert links_in(text) == {"gone.md"}
    assert not any(exists(path) for path in ("gone/away.py", "gone/", "gone.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_heading_that_a_page_links_to_exists(page: Path) -> None:
    targets = _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    missing = set()
    for file, hash_, anchor in (target.partition("#") for target in targets if "://" not in target):
        linked = page.parent / file if file else page
        if hash_ and anchor not in anchors_in(linked.read_text(encoding="utf-8")):
            missing.add(f"{file}#{anchor}")

    assert missing == set()


def anchors_in(text: str) -> set[str]:
    """The anchors that a page's headings get: small letters, a dash for each blank, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
