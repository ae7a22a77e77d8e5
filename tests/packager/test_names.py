"""What `import packager` offers is there, and the parts that bring much along come on use only."""

import subprocess
import sys

import pytest

import packager


@pytest.mark.parametrize("name", packager.__all__)
def test_every_public_name_is_there(name):
    assert getattr(packager, name) is not None


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = packager.nothing


@pytest.mark.process
def test_the_import_brings_no_http_client_along():
    script = "import sys, packager; print([name for name in ('urllib3', 'cryptography') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
