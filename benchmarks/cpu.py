"""How much of the processors a process took: unlike its speed, hardly a matter of what else the machine does."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pid: int) -> float:
    """CPU seconds of a process and of all its children, also of those that have ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in _children_of(task)]
    except (FileNotFoundError, ProcessLookupError):  # it has just ended, and its parent has the figure
        return 0.0
    # proc(5): utime, stime, cutime and cstime are the fields 14 to 17, and the third is the first here.
    return sum(map(int, after_name[11:15])) / _TICKS + sum(map(seconds_of, children))


def _children_of(task: Path) -> list[int]:
    return list(map(int, (task / "children").read_text().split()))
