"""How long an audit will take yet, from what its checks took the last time, or from those that are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from latentarchive.audit.suite import Suite


def keys(suite: Suite) -> list[str]:
    """What each check of a suite is called where a report says how long it took (``run["seconds"]``), in order."""
    return [f"{number} {bound.check.name}" for number, bound in enumerate(suite.checks, start=1)]


def seconds_left(
    checks: Sequence[str], done: int, *, elapsed_s: float, running_s: float, before: Mapping[str, float]
) -> float | None:
    """Seconds until all checks are done.

    Args:
        checks: What `keys` gives.
        done: How many of them are done.
        elapsed_s: What those took together.
        running_s: Since when the next one has been running.
        before: What checks took in an earlier run over the same archive; empty if there was none.

    Returns:
        At least 0; None where nothing tells yet.
    """
    if done >= len(checks):
        return 0.0
    rest = checks[done:]
    if before and all(check in before for check in rest):
        then = sum(before.get(check, 0.0) for check in checks[:done])
        pace = elapsed_s / then if then > 1 and elapsed_s else 1.0  # a busier machine, or more works than then
        first, *others = (before[check] * pace for check in rest)
        return max(first - running_s, 0.0) + sum(others)
    if not done:
        return None
    each = elapsed_s / done
    return max(each - running_s, 0.0) + each * (len(rest) - 1)
