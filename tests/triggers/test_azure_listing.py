from datetime import UTC, datetime

import pytest

from triggers.azure_listing import http_date, read_listing

PAGE = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="https://account/" ContainerName="input"><MaxResults>2</MaxResults><Blobs>
<Blob><Name>a &amp; ü 漢%41.json</Name><Properties><Creation-Time>Sun, 06 Nov 1994 08:49:37 GMT</Creation-Time>
<Last-Modified>Mon, 07 Nov 1994 08:49:37 GMT</Last-Modified><Etag>0x8D1</Etag></Properties><OrMetadata /></Blob>
<Blob><Name Encoded="true">odd%EF%BF%BE%01</Name><Properties>
<Last-Modified>Sat, 29 Feb 2020 23:59:59 GMT</Last-Modified><Etag>"0x8D2"</Etag></Properties></Blob>
</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"""


@pytest.mark.parametrize("marker", ["", "2!72!MDAw"])
def test_a_page_of_blobs(marker):
    blobs, following = read_listing(PAGE.format(marker=marker).encode(), "input")
    assert following == marker
    assert [(blob.path, blob.etag, blob.last_modified) for blob in blobs] == [
        ("input/a & ü 漢%41.json", '"0x8D1"', datetime(1994, 11, 7, 8, 49, 37, tzinfo=UTC)),
        ("input/odd\ufffe\x01", '"0x8D2"', datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC)),
    ]


def test_no_blobs():
    assert read_listing(b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>", "input") == ([], "")


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<html>no",
        b"<r><Blobs><Blob /></Blobs></r>",
        b"<r><Blobs><Blob><Name>a</Name><Properties /></Blob></Blobs></r>",
    ],
)
def test_what_is_no_listing(xml):
    with pytest.raises(ValueError):  # noqa: PT011 - every reader of XML and of numbers has words of its own
        read_listing(xml, "input")


def test_a_time():
    assert http_date("Sun, 06 Nov 1994 08:49:37 GMT") == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
