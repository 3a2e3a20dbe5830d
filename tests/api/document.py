"""The OpenAPI document of the service, for all tests that read it."""

import json
from pathlib import Path
from typing import Any

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())
"""As it was written: building it takes a second in each worker of a run. tests/cli/test_generated.py compares both."""
