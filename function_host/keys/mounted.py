"""Keys that whoever deploys the app has put into a folder, one file per key, as a Kubernetes Secret is mounted."""

from collections.abc import Iterator
from pathlib import Path

from function_host.errors import KeysReadOnly, KeysUnavailable
from function_host.keys.contract import KeyDocument
from function_host.keys.document import HOST, Key, written

FOLDER = Path("/run/secrets/functions-keys")
"""Where Azure's own host looks for them."""
_MASTER = "host.master"


class MountedKeyStore:
    """A KeyStore that is never written to.

    Its files are `host.master`, `host.function.<name>`, `host.systemKey.<name>` and `functions.<function>.<name>`.
    """

    fresh_for = 10.0

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    async def load(self, scope: str) -> KeyDocument | None:
        if scope != HOST:
            return {"keys": self._keys(f"functions.{scope}.")}
        master = next((value for rest, value in self._values(_MASTER) if not rest), None)
        if master is None:
            return None
        return {
            "masterKey": written(Key(name="master", value=master)),
            "functionKeys": self._keys("host.function."),
            "systemKeys": self._keys("host.systemkey."),
        }

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        raise KeysUnavailable(
            f"There is no file {_MASTER} in {self._folder}. Mount a Secret there that has one, or remove the app "
            "setting 'AzureWebJobsSecretStorageType'."
        )

    async def replace(self, scope: str, document: KeyDocument, instead_of: KeyDocument) -> bool:
        raise KeysReadOnly(f"The keys in {self._folder} are read only; change the Secret that is mounted there.")

    async def close(self) -> None:
        """Files are open only while they are used."""

    def _keys(self, prefix: str) -> list[object]:
        return [written(Key(name=name, value=value)) for name, value in self._values(prefix)]

    def _values(self, prefix: str) -> Iterator[tuple[str, str]]:
        """What follows `prefix` in the names of files, in any case, and what is in these."""
        for path in self._files():
            if path.name.lower().startswith(prefix) and (value := self._content(path)):
                yield path.name[len(prefix) :], value

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise KeysUnavailable(f"The folder of keys {self._folder} cannot be read: {error}.") from error

    @staticmethod
    def _content(path: Path) -> str:
        """Empty for a file that goes while the Secret is exchanged."""
        try:
            return path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise KeysUnavailable(f"The key file {path} cannot be read: {error}.") from error
