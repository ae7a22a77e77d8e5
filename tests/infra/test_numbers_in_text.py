import pytest

from infra.errors import InvalidDeployment
from infra.numbers_in_text import bytes_in


@pytest.mark.parametrize(
    ("text", "size"), [("512Mi", 512 << 20), ("1.5GB", 1_500_000_000), ("2 gi", 2 << 30), (1024, 1024), ("7k", 7000)]
)
def test_sizes(text, size):
    assert bytes_in(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "0", "1 T", "1.2.3Gi"])
def test_no_size(text):
    with pytest.raises(InvalidDeployment, match="no amount of memory"):
        bytes_in(text)
