import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.oci.gzip_stream import GzipStream


def packed(chunks) -> bytes:
    sink = io.BytesIO()
    with GzipStream(sink) as stream:
        for chunk in chunks:
            stream.write(chunk)
    return sink.getvalue()


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_what_goes_in_comes_out(chunks):
    assert gzip.decompress(packed(chunks)) == b"".join(chunks)


def test_the_bytes_do_not_depend_on_how_they_are_written():
    data = bytes(range(256)) * 9000

    whole = packed([data])

    assert gzip.decompress(whole) == data
    assert packed(data[start : start + 10_007] for start in range(0, len(data), 10_007)) == whole


def test_there_is_no_name_and_no_time_in_it():
    assert packed([b"x"])[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_pieces_know_the_end_of_the_one_before():
    """Otherwise each piece would cost what the first one does."""
    noise = bytes((number * 7919 >> 3) & 255 for number in range(1 << 15))

    assert len(packed([noise * 40])) < 2 * len(gzip.compress(noise * 40, 6))


def broken_off():
    with GzipStream(io.BytesIO()) as stream:
        stream.write(b"x")
        raise RuntimeError("mine")


def test_an_error_of_the_writer_is_its_own():
    with pytest.raises(RuntimeError, match="mine"):
        broken_off()
