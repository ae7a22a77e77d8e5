"""A host that runs nothing, for tests that need one to ask."""

from collections.abc import Iterator

import pytest

from tests.support.fake_host import FakeHost, serving


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with serving() as host:
        yield host
