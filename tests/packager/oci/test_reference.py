import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager import InvalidPackageRequest
from packager.oci.reference import ImageReference

COMPONENTS = st.from_regex(r"[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}", fullmatch=True)
HOSTS = st.sampled_from(["", "localhost/", "localhost:5000/", "127.0.0.1:5000/", "registry.example.com/", "HOST/"])
TAGS = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}", fullmatch=True))
DIGESTS = st.one_of(st.just(""), st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True))
REFERENCES = st.builds(
    lambda host, parts, tag, digest: ImageReference(repository=host + "/".join(parts), tag=tag, digest=digest),
    HOSTS,
    st.lists(COMPONENTS, min_size=1, max_size=4),
    TAGS,
    DIGESTS,
)
DIGEST = "sha256:" + "a" * 64


@given(REFERENCES)
def test_what_is_written_is_read_again(reference):
    assert ImageReference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "registry", "path", "wanted"),
    [
        ("python:3.11-slim", "docker.io", "library/python", "3.11-slim"),
        ("team/diabetes", "docker.io", "team/diabetes", "latest"),
        ("docker.io/python", "docker.io", "library/python", "latest"),
        ("localhost:5000/x", "localhost:5000", "x", "latest"),
        ("localhost/x:1", "localhost", "x", "1"),
        ("registry.example.com/team/x:1", "registry.example.com", "team/x", "1"),
        (f"registry.example.com/team/x:1@{DIGEST}", "registry.example.com", "team/x", DIGEST),
        (f"python@{DIGEST}", "docker.io", "library/python", DIGEST),
    ],
)
def test_where_a_name_points(text, registry, path, wanted):
    reference = ImageReference.parse(text)

    assert (reference.registry, reference.path, reference.wanted) == (registry, path, wanted)


def test_a_digest_replaces_the_tag():
    assert str(ImageReference.parse("localhost:5000/m:1").at(DIGEST)) == f"localhost:5000/m@{DIGEST}"


@pytest.mark.parametrize(
    "text", ["", "Python", "x@sha256:1", "x@", "x:", "a//b", "x:1:2", "x y", f"x@{DIGEST}@{DIGEST}"]
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(InvalidPackageRequest, match="is not an image name"):
        ImageReference.parse(text)
