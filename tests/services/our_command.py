"""`property-alerts` for the shells of tests: a prepared process with the folder and the streams of its caller."""

import os
import sys
from pathlib import Path

from tests.services.prepared import Prepared

if __name__ == "__main__":
    command = ["-m", "property_alert_notification.cli", *sys.argv[1:]]
    process = Prepared(command, cwd=Path.cwd(), env=os.environ, streams=(0, 1, 2))
    sys.exit(process.wait())
