"""function_host.blob_stream"""

import tempfile

from azure.functions.blob import InputStream

from function_host.blob_stream import SpooledInputStream
from triggers.http_body import SpooledBody

LIKE = InputStream(
    data=b"", name="input/a", uri="memory:///input/a", length=6, blob_properties={"ETag": '"1"'}, metadata={"k": "v"}
)


def test_it_reads_from_disk_and_tells_what_the_other_tells():
    with tempfile.TemporaryFile() as file:
        file.write(b"abcdef")
        body = SpooledBody(file)
        stream, again = SpooledInputStream(body, LIKE), SpooledInputStream(body, LIKE)
        assert (stream.read(2), stream.read1(1), stream.read()) == (b"ab", b"c", b"def")
        assert again.read() == b"abcdef"
        assert stream.read() == b""
    assert isinstance(stream, InputStream)
    assert (stream.name, stream.uri, stream.length) == (LIKE.name, LIKE.uri, 6)
    assert (stream.blob_properties, stream.metadata) == (LIKE.blob_properties, LIKE.metadata)
