import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.errors import InvalidImage
from packager.oci.manifest import (
    OCI_EMPTY,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    describe,
)

LAYER = describe(b"layer", OCI_LAYER)
CONFIG = describe(b"{}", OCI_EMPTY)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
descriptors = st.builds(
    describe,
    st.binary(max_size=8),
    words,
    platform=st.none() | st.builds(Platform, os=words, architecture=words, variant=words | st.just("")),
    artifact_type=words | st.just(""),
)
tables = st.dictionaries(words, words, max_size=3)


@given(
    st.builds(
        Manifest,
        config=descriptors,
        layers=st.lists(descriptors, max_size=3).map(tuple),
        annotations=tables,
        subject=st.none() | descriptors,
        artifact_type=words | st.just(""),
    )
)
def test_a_manifest_is_read_as_it_was_written(manifest):
    assert Manifest.parse(manifest.to_bytes(), "it") == manifest


@given(st.builds(Index, manifests=st.lists(descriptors, max_size=3).map(tuple), annotations=tables))
def test_an_index_is_read_as_it_was_written(index):
    assert Index.parse(index.to_bytes(), "it") == index


def test_a_configuration_is_read_as_it_was_written():
    config = ImageConfig(
        platform=Platform(architecture="arm64", variant="v8"),
        settings={"Env": ["PATH=/bin", "A=b=c"], "Labels": {"x": "1"}},
        diff_ids=(LAYER.digest,),
        history=({"created_by": "me"},),
        created="2020-01-01T00:00:00Z",
    )

    assert ImageConfig.parse(config.to_bytes(), "it") == config
    assert config.environment == {"PATH": "/bin", "A": "b=c"}
    assert config.labels == {"x": "1"}


def test_bytes_do_not_depend_on_the_order_of_annotations():
    first = Manifest(config=CONFIG, layers=[LAYER], annotations={"a": "1", "b": "2"})
    second = Manifest(config=CONFIG, layers=[LAYER], annotations={"b": "2", "a": "1"})

    assert first.to_bytes() == second.to_bytes()
    assert b" " not in first.to_bytes()
    assert json.loads(first.to_bytes())["mediaType"] == OCI_MANIFEST


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>", "It is no JSON"),
        (b"[]", "It should be a JSON object"),
        (b"{}", "It is no image manifest"),
        (b'{"config":{"mediaType":"m","digest":"d","size":1},"layers":[]}', "'d' is not a digest"),
        (b'{"config":{"mediaType":"m","digest":"d","size":"1"},"layers":[]}', "'size' is '1'"),
        (b'{"config":{"mediaType":"m","size":1},"layers":[]}', "without 'digest'"),
        (b'{"config":[],"layers":[]}', "a descriptor in It should be a JSON object"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(data, said):
    with pytest.raises(InvalidImage, match=said):
        Manifest.parse(data, "It")


def test_a_size_below_nothing_is_refused():
    with pytest.raises(InvalidImage, match="impossible size -1"):
        Descriptor(media_type="m", digest=LAYER.digest, size=-1)


@pytest.mark.parametrize("text", ["linux/amd64", "linux/arm/v7", "windows/amd64"])
def test_a_platform_is_written_as_it_was_read(text):
    assert str(Platform.of(text)) == text


@pytest.mark.parametrize("text", ["", "linux", "linux/", "a/b/c/d"])
def test_what_is_no_platform_is_refused(text):
    with pytest.raises(InvalidImage, match="is not a platform"):
        Platform.of(text)


def test_the_variant_counts_where_it_says_something():
    assert Platform.of("linux/arm64").fits(Platform.of("linux/arm64/v8"))
    assert Platform.of("linux/arm").fits(Platform.of("linux/arm/v7"))
    assert not Platform.of("linux/arm/v6").fits(Platform.of("linux/arm/v7"))
    assert not Platform.of("linux/amd64").fits(Platform.of("windows/amd64"))


def test_an_index_without_the_platform_names_those_it_has():
    index = Index(manifests=[describe(b"x", OCI_MANIFEST, platform=Platform.of("linux/arm64"))])

    assert index.for_platform(Platform.of("linux/arm64/v8"), "It").digest == index.manifests[0].digest
    with pytest.raises(InvalidImage, match="It has no image for linux/amd64; it has linux/arm64"):
        index.for_platform(Platform.of("linux/amd64"), "It")
