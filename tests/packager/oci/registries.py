"""What tests of registries share: a patient-less access without credentials, and a repository at an address."""

from packager.oci.connecting import RegistryAccess
from packager.oci.credentials import Credentials
from packager.oci.manifest import OCI_LAYER, Descriptor, describe
from packager.oci.reference import ImageReference
from packager.oci.registry import Repository


def access(tries: int = 2, credentials: Credentials | None = None, **more: object) -> RegistryAccess:
    return RegistryAccess(
        credentials=credentials, stored=lambda _: None, tries=tries, backoff=0.0, timeout=5.0, ca_file=None, **more
    )


def repository(address: str, path: str = "team/m", **more: object) -> Repository:
    return Repository(ImageReference(repository=f"{address}/{path}"), access(**more))


def blob(data: bytes) -> Descriptor:
    return describe(data, OCI_LAYER)
