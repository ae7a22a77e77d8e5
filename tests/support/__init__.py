"""Real parts for tests: started on demand, checked before use, stopped again."""

import os

import pytest

__all__ = ["require"]


def require(condition: object, reason: str) -> None:
    """Go on when `condition` holds; otherwise skip the test with `reason`, or fail it under CI=true."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} Under CI=true every real part must be there.", pytrace=False)
    pytest.skip(reason)
