"""Key pairs for signing images: ECDSA on P-256, as PEM files that cosign and openssl read."""

from pathlib import Path
from typing import Any

from packager import config
from packager.errors import InvalidPackageRequest, PackagerError

PRIVATE, PUBLIC = ".key", ".pub"
_COSIGNS_OWN = "ENCRYPTED SIGSTORE PRIVATE KEY"


def generate_key_pair(name: str | Path, password: str | None = None) -> tuple[Path, Path]:
    """Write `name`.key (encrypted if there is a password) and `name`.pub; neither may be there already.

    Without a password $PACKAGER_KEY_PASSWORD counts. Raises InvalidPackageRequest when a file is in the way.
    """
    serialization, ec = _crypto()
    key = ec.generate_private_key(ec.SECP256R1())
    secret = _secret(password)
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files = Path(f"{name}{PRIVATE}"), Path(f"{name}{PUBLIC}")
    for file in files:
        if file.exists():
            raise InvalidPackageRequest(
                f"The key file {file} is there already, and is not replaced; give another name."
            )
    _write(files[0], private, mode=0o600)
    _write(files[1], public, mode=0o644)
    return files


def load_private_key(file: str | Path, password: str | None = None) -> Any:
    """The private key in a PEM file; raises InvalidPackageRequest naming the file, never its content."""
    serialization, ec = _crypto()
    data = _read(file)
    if _COSIGNS_OWN.encode() in data:
        raise InvalidPackageRequest(
            f"The key {file} is in cosign's own encrypted form, which only cosign reads; sign with cosign, or "
            "make a pair with 'packager keys generate', whose public half cosign takes too."
        )
    try:
        key = serialization.load_pem_private_key(data, _secret(password))
    except TypeError:
        # No cause: whoever logs it must not log what was tried.
        raise InvalidPackageRequest(
            f"The key {file} is encrypted and there is no password for it, or the other way round; set "
            "PACKAGER_KEY_PASSWORD accordingly."
        ) from None
    except ValueError:
        raise InvalidPackageRequest(
            f"The key {file} is no private key as PEM, or its password is another one."
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise InvalidPackageRequest(f"The key {file} is not of ECDSA on P-256, which images are signed with.")
    return key


def load_public_key(file: str | Path) -> Any:
    """The public key in a PEM file, of a pair of ours or of cosign's; raises InvalidPackageRequest."""
    serialization, ec = _crypto()
    try:
        key = serialization.load_pem_public_key(_read(file))
    except ValueError as error:
        raise InvalidPackageRequest(
            f"The key {file} is no public key as PEM; give the file that ends in {PUBLIC}."
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidPackageRequest(f"The key {file} is not of ECDSA, which images are signed with.")
    return key


def is_encrypted(file: str | Path) -> bool:
    """Does the private key need a password?"""
    return b"ENCRYPTED" in _read(file)


def _secret(password: str | None) -> bytes | None:
    found = password if password is not None else config.key_password()
    return found.encode() if found else None


def _read(file: str | Path) -> bytes:
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as error:
        raise InvalidPackageRequest(f"The key {file} cannot be read: {error.strerror}.") from error


def _write(file: Path, data: bytes, *, mode: int) -> None:
    try:
        file.touch(mode=mode, exist_ok=False)
        file.write_bytes(data)
    except OSError as error:
        raise InvalidPackageRequest(f"The key file {file} cannot be written: {error.strerror}.") from error


def _crypto() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise PackagerError("Signatures need the package cryptography; install functions-packager[sign].") from error
    return serialization, ec
