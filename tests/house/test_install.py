"""A lock is installed as it is on any later day, whatever newer versions there are; an incomplete one is refused."""

import os
import re
import subprocess
import tomllib
import venv
from importlib import metadata, util
from pathlib import Path

import pytest

from tests.house.package_index import PackageIndex, Pin, pins_of

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Builds the editable wheel of a project as hatchling would, without hatchling, which is a tiny wheel here.
BACKEND = """
from pathlib import Path
from tests.house.package_index import write_wheel

def build_editable(folder, config_settings=None, metadata_directory=None):
    said = Path("said").read_text().splitlines()
    write_wheel(Path(folder, "project-1-py3-none-any.whl"), "project-1", said)
    return "project-1-py3-none-any.whl"
"""


class Machine:
    """A virtual environment, an index, and a project that needs what this one needs."""

    def __init__(self, folder: Path, pins: list[Pin], requires: list[str]) -> None:
        self._index = PackageIndex(folder / "index", pins)
        self._venv = folder / "venv"
        self._project = folder / "project"
        venv.create(self._venv, symlinks=True)
        self._packages = next(self._venv.glob("lib/python*/site-packages"))
        pip = util.find_spec("pip")
        assert pip is not None
        assert pip.origin is not None
        # The same pip, which need not be unpacked anew.
        (self._packages / "pip").symlink_to(Path(pip.origin).parent)
        self._project.mkdir()
        (self._project / "said").write_text(
            "\n".join(["Name: project", "Version: 1", *(f"Requires-Dist: {one}" for one in requires)])
        )
        (self._project / "backend.py").write_text(BACKEND)
        (self._project / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )

    def install(self, *, without: str = "") -> subprocess.CompletedProcess[str]:
        """Run scripts/install on a lock of all that the index has, or of all but one package."""
        (self._project / "requirements.lock").write_text(self._index.lock(without=without))
        settings = {"PIP_INDEX_URL": self._index.url, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
        return subprocess.run(
            [ROOT / "scripts/install", self._venv, "requirements.lock"],
            cwd=self._project,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> dict[str, str]:
        """Versions by name."""
        found = metadata.distributions(path=[str(self._packages)])
        return {one.name: one.version for one in found if one.name != "project"}


@pytest.mark.timeout(600)
def test_every_pin_is_installed_although_the_index_has_newer_versions_of_all(tmp_path: Path) -> None:
    pins = pins_of((ROOT / "requirements-dev.lock").read_text())
    machine = Machine(tmp_path, pins, PROJECT["dependencies"])
    assert any("coverage[toml]" in said for said in metadata.requires("pytest-cov") or ())  # pip resolved stumbles here

    done = machine.install()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No broken requirements found" in done.stdout
    installed = machine.installed()
    assert installed.items() <= {(pin.name, pin.version) for pin in pins}
    assert len(installed) > len(pins) * 0.9  # a few are for other systems


def test_a_lock_that_forgot_a_package_is_refused(tmp_path: Path) -> None:
    pins = pins_of((ROOT / "requirements.lock").read_text())
    machine = Machine(tmp_path, [pin for pin in pins if pin.name in ("jinja2", "markupsafe")], ["jinja2"])

    done = machine.install(without="markupsafe")

    assert done.returncode != 0
    assert "jinja2" in done.stdout
    assert "markupsafe, which is not installed" in done.stdout


@pytest.mark.parametrize("file", ["Dockerfile", "scripts/install", "docs/operations.md"])
def test_who_installs_a_lock_does_not_resolve_and_checks_afterwards(file: str) -> None:
    installs = re.findall(r"^.*pip install .*$", (ROOT / file).read_text(), re.MULTILINE)

    assert installs
    assert [line for line in installs if "--no-deps" not in line] == []
    assert re.search(r"pip install [^\n]*(\.|editable \.)( && |\n[^\n]*)pip check", (ROOT / file).read_text())


def test_no_other_script_installs_a_lock() -> None:
    listed = subprocess.run(["git", "grep", "-lE", r"(pip|uv) +(sync|install) .*(-r|--requirement) "],
                            cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip
    known = {"Dockerfile", "docs/operations.md", "scripts/install", "scripts/test-pythons"}

    assert set(listed.stdout.split()) == known
