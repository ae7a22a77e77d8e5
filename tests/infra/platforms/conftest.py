"""Azure as the platform meets it in these tests."""

from collections.abc import Iterator

import pytest

from tests.support import arm_platform
from tests.support.arm_platform import Azure


@pytest.fixture
def azure(monkeypatch) -> Iterator[Azure]:
    """A fake with the group `shared` and in it the registry `teamimages`."""
    with arm_platform.azure(monkeypatch) as found:
        yield found
