"""How much is tried: little and always the same in a run of all tests, much and always new by `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

FEW = 12
"""Examples of each property in a run of all tests."""

PHASES = (Phase.explicit, Phase.generate, *(() if "MUTANT_UNDER_TEST" in os.environ else (Phase.shrink,)))
"""Without `explain`, which runs a failing example many times over HTTP only to comment it. `make mutants` asks only
whether an example fails, and not for the smallest one."""

_WANTED = os.environ.get("FUZZ_EXAMPLES")


def budget(*, share: float = 1.0) -> settings:
    """The settings of one property; `share` is of the examples that others get."""
    return settings(
        max_examples=max(1, round(int(_WANTED or FEW) * share)),
        # The same examples on every machine: what fails in CI fails on a desk too.
        derandomize=_WANTED is None,
        database=None,
        deadline=None,
        print_blob=True,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )


def cases(*, few: int, whole: int) -> int:
    """How many cases of a test that makes its own: `few` in a run of all tests, `whole` by `make fuzz`."""
    return few if _WANTED is None else whole


def seed() -> int | None:
    """Where random cases begin: always at the same in a run of all tests; None is somewhere new."""
    return 11 if _WANTED is None else None
