"""A model registry that is a container of a storage account: `models/<name>/<version>.json`, `content/<SHA-256>`."""

import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, ContainerClient

from packager import config
from packager.errors import InvalidModel, ModelChanged, ModelNotFound, RegistryUnavailable
from packager.models.content import check_file, check_unchanged, model_files, opened, total_sha256
from packager.models.contract import Change, ModelDetails, ModelVersion, check_name, check_path
from packager.models.record import DELETED, now, parsed, tombstone, version_of, written

_RECORDS = "models"
_CONTENT = "content"
_BLOCK = 8 << 20
_AT_ONCE = 8
LEFT_OVER = timedelta(days=1)
"""After this long, content that no version holds is what a killed registration left."""


class BlobModelRegistry:
    """Keeps model versions in one container; several machines may register at once.

    Files are uploaded first and the record last, on the condition that nobody took its number: nothing
    half-registered is ever seen. Each content is stored once, whichever versions hold it.
    """

    def __init__(self, container: ContainerClient, *, cache: Path | None = None) -> None:
        """`container` is made when it is needed; `cache` is where fetch() keeps what it downloaded."""
        self._container = container
        self._cache = cache or config.home() / "fetched"

    def __repr__(self) -> str:
        return f"BlobModelRegistry({self._place!r})"

    @property
    def root(self) -> str:
        """Where the models are, for messages."""
        return self._place

    def register(
        self, name: str, path: Path, details: ModelDetails, child_paths: Sequence[str] | None = None
    ) -> ModelVersion:
        check_name(name)
        source = check_path(path)
        files = model_files(source, child_paths)
        with self._reached():
            with suppress(ResourceExistsError):
                self._container.create_container()
            hashes = {relative: self._keep(file) for relative, file in files.items()}
            version = ModelVersion(
                name=name,
                version=0,
                path=Path(source.name),
                sha256=total_sha256(source, hashes),
                files=hashes,
                created_time=now(),
                details=details,
            )
            return self._read(name, self._claim_next_version(name, written(version, uuid.uuid4().hex)))

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        check_name(name)
        with self._reached():
            given = sorted(self._numbers(name).get(name, ()), reverse=True) if version is None else [version]
            for number in given:
                with suppress(ModelNotFound):
                    return self._read(name, number)
            known = self.versions(name)
            names = {each.name for each in self.versions()} if not known else ()
        if not known:
            listed = ", ".join(sorted(names)) or "none"
            raise ModelNotFound(f"There is no model {name!r} in {self._place}; known are {listed}.")
        listed = ", ".join(str(each.version) for each in reversed(known))
        raise ModelNotFound(f"Model {name!r} has no version {version}; it has {listed}.")

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        if name is not None:
            check_name(name)
        with self._reached():
            numbers = self._numbers(name)
            wanted = [(each, number) for each in sorted(numbers) for number in sorted(numbers[each], reverse=True)]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                found = pool.map(lambda pair: self._read_if_there(*pair), wanted)
                return [version for version in found if version is not None]

    def fetch(self, version: ModelVersion) -> Path:
        """The files in the cache, downloaded if they are not there or were changed there."""
        try:
            return check_unchanged(version, version.path)
        except ModelChanged:
            with self._reached():
                self._download(version)
        return version.path

    def update(self, version: ModelVersion, change: Change) -> ModelVersion:
        def changed(current: ModelVersion) -> bytes:
            return written(replace(current, details=change(current.details)))

        with self._reached():
            self._rewrite(version, changed)
            return self._read(version.name, version.version)

    def delete(self, version: ModelVersion) -> None:
        with self._reached():
            self._rewrite(version, lambda _: tombstone())
        self.clean()

    def clean(self) -> int:
        """Remove content that is a day old and that no version holds; returns how many files."""
        oldest = datetime.now(UTC) - LEFT_OVER
        with self._reached():
            # Content first: what a registration needs that is not listed yet is touched by it, and not removed.
            listed = [blob for blob in self._listed(f"{_CONTENT}/") if blob.last_modified < oldest]
            held = {f"{_CONTENT}/{sha256}" for version in self.versions() for sha256 in version.files.values()}
            return sum(self._removed(blob) for blob in listed if blob.name not in held)

    def close(self) -> None:
        """Let go of connections."""
        self._container.close()

    @property
    def _place(self) -> str:
        return str(self._container.url).partition("?")[0]

    def _keep(self, file: Path) -> str:
        """Store a file under its SHA-256 unless it is there, and keep it from being cleaned up for a day."""
        with opened(file) as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        blob = self._container.get_blob_client(f"{_CONTENT}/{sha256}")
        try:
            blob.set_blob_metadata({"used": now().replace(":", "-")})
        except ResourceNotFoundError:
            self._upload(blob, file, sha256)
        return sha256

    def _upload(self, blob: Any, file: Path, sha256: str) -> None:
        """Blocks are not seen until they are committed, which they are not unless they have that SHA-256."""
        digest, blocks = hashlib.sha256(), []
        with opened(file) as stream:
            while chunk := stream.read(_BLOCK):
                digest.update(chunk)
                blocks.append(BlobBlock(uuid.uuid4().hex))
                blob.stage_block(blocks[-1].id, chunk)
        if digest.hexdigest() != sha256:
            raise InvalidModel(f"The model file {file} was changed while it was being registered; register it again.")
        try:
            blob.commit_block_list(blocks, match_condition=MatchConditions.IfMissing)
        except AzureError:
            # Another registration of the same file was faster, and its commit drops the blocks of this one.
            if not blob.exists():
                raise

    def _claim_next_version(self, name: str, record: bytes) -> int:
        number = max(self._numbers(name).get(name, ()), default=0)
        while True:
            number += 1
            blob = self._record_blob(name, number)
            try:
                blob.upload_blob(record, match_condition=MatchConditions.IfMissing)
            except ResourceExistsError:
                # Taken by another registration, or by this one: the SDK asks again when an answer was lost.
                if blob.download_blob().readall() != record:
                    continue
            return number

    def _rewrite(self, version: ModelVersion, content: Callable[[ModelVersion], bytes]) -> None:
        """Replace a record by what `content` makes of it, again if somebody else did meanwhile."""
        blob = self._record_blob(version.name, version.version)
        while True:
            current, etag = self._read_with_etag(version.name, version.version)
            with suppress(ResourceModifiedError):
                new = content(current)
                blob.upload_blob(new, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
                return

    def _read_if_there(self, name: str, number: int) -> ModelVersion | None:
        with suppress(ModelNotFound):
            return self._read(name, number)
        return None

    def _read(self, name: str, number: int) -> ModelVersion:
        return self._read_with_etag(name, number)[0]

    def _read_with_etag(self, name: str, number: int) -> tuple[ModelVersion, str]:
        """Raises ModelNotFound for a version that never was or was deleted."""
        blob = self._record_blob(name, number)
        try:
            download = blob.download_blob()
            record = parsed(download.readall(), blob.url.partition("?")[0])
        except ResourceNotFoundError as error:
            raise ModelNotFound(f"Model {name!r} has no version {number} in {self._place}.") from error
        if DELETED in record:
            raise ModelNotFound(f"Version {number} of model {name!r} was deleted at {record[DELETED]}.")
        url, parent = blob.url.partition("?")[0], self._cache / str(record["sha256"])
        return version_of(name, number, record, parent=parent, url=url), download.properties.etag

    def _download(self, version: ModelVersion) -> None:
        """Put the files into the cache: nobody ever sees some of them, or others than were registered."""
        version.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=self._cache) as temporary:
            target, old = Path(temporary) / version.path.name, Path(temporary) / ".old"
            is_file = version.files.get(target.name) == version.sha256
            for relative, sha256 in version.files.items():
                self._download_file(version, target if is_file else target / relative, sha256)
            with suppress(FileNotFoundError):
                version.path.rename(old)
            with suppress(OSError):  # another process was faster
                target.rename(version.path)
        check_unchanged(version, version.path)

    def _download_file(self, version: ModelVersion, file: Path, sha256: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        blob = self._container.get_blob_client(f"{_CONTENT}/{sha256}")
        with file.open("xb") as stream, suppress(ResourceNotFoundError):
            blob.download_blob(max_concurrency=4).readinto(stream)
        check_file(version, file, sha256, place=blob.url.partition("?")[0])

    def _numbers(self, name: str | None = None) -> Mapping[str, Sequence[int]]:
        """The numbers given out, by model; also those of deleted versions."""
        found: dict[str, list[int]] = {}
        for blob in self._listed(f"{_RECORDS}/" if name is None else f"{_RECORDS}/{name}/"):
            _, model, file = blob.name.split("/", 2)
            number = file.removesuffix(".json")
            if number.isdecimal():
                found.setdefault(model, []).append(int(number))
        return found

    def _listed(self, prefix: str) -> Iterator[Any]:
        with suppress(ResourceNotFoundError):  # no container: nothing was registered yet
            yield from self._container.list_blobs(name_starts_with=prefix)

    def _removed(self, blob: Any) -> bool:
        with suppress(ResourceModifiedError, ResourceNotFoundError):
            self._container.delete_blob(blob.name, etag=blob.etag, match_condition=MatchConditions.IfNotModified)
            return True
        return False

    def _record_blob(self, name: str, number: int) -> Any:
        return self._container.get_blob_client(f"{_RECORDS}/{name}/{number}.json")

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except AzureError as error:
            raise RegistryUnavailable(
                f"The model registry {self._place} cannot be used: {str(error).splitlines()[0].rstrip('.')}. Check "
                "the connection and what it is allowed to do."
            ) from error
