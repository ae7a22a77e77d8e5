"""Small images with labels, whose layers are tars of texts."""

from collections.abc import Mapping, Sequence

from packager.oci.layout import ImageLayout
from packager.oci.manifest import (
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    ImageConfig,
    Manifest,
    Platform,
    digest_of,
)
from tests.packager.oci.images import packed, tar_of

Files = Mapping[str, str]
AMD64 = Platform.of("linux/amd64")
CREATED = "2024-01-02T03:04:05Z"

METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}\n"
SITE = "opt/venv/lib/python3.11/site-packages"
MODEL_LIST = f"{'a' * 64}  1/model.joblib\n{'b' * 64}  1/labels.txt\n"


def layered(
    layout: ImageLayout,
    layers: Sequence[Files],
    labels: Mapping[str, str] | None = None,
    platform: Platform = AMD64,
    **settings: object,
) -> Descriptor:
    """An image of those layers, the lowest first; its manifest."""
    tars = [tar_of({name: text.encode() for name, text in files.items()}) for files in layers]
    blobs = [layout.add_bytes(packed(each), OCI_LAYER) for each in tars]
    config = ImageConfig(
        platform=platform,
        settings={"Labels": dict(labels or {}), **settings},
        diff_ids=[digest_of(each) for each in tars],
        created=CREATED,
    )
    described = layout.add_bytes(config.to_bytes(), OCI_CONFIG)
    manifest = Manifest(config=described, layers=blobs, annotations=dict(labels or {}))
    return layout.add_bytes(manifest.to_bytes(), OCI_MANIFEST)


def installed(name: str, version: str, more: str = "", tag: str = "py3-none-any", site: str = SITE) -> dict[str, str]:
    """The files of a distribution that say what it is."""
    folder = f"{site}/{name}-{version}.dist-info"
    return {
        f"{folder}/METADATA": METADATA.format(name=name, version=version, more=more),
        f"{folder}/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n",
    }
