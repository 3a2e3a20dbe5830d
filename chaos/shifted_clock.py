"""Runs the service's command on a machine whose clock is wrong: `python -m chaos.shifted_clock 3600 worker`.

What asks the kernel for the time is replaced in this process; the seconds that a machine counts for itself go on.
"""

import sys
import time

from property_alert_notification.cli import main


def shift(seconds: float) -> None:
    """Set the clock of this process ahead, or back when below zero."""
    right = time.time_ns
    vars(time)["time_ns"] = lambda: right() + round(seconds * 1e9)


if __name__ == "__main__":
    shift(float(sys.argv.pop(1)))
    main()
