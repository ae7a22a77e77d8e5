"""triggers.errors"""

from triggers.errors import SourceUnavailable, is_unavailable


def test_an_outage_is_seen_through_what_it_caused():
    error = RuntimeError("output not written")
    assert not is_unavailable(error)
    error.__cause__ = SourceUnavailable("down")
    assert is_unavailable(error)
