import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from packager.errors import InvalidPackageRequest
from packager.signing_keys import generate_key_pair, is_encrypted, load_private_key, load_public_key


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_pair_belongs_together(tmp_path):
    private, public = generate_key_pair(tmp_path / "team")

    assert (private.name, public.name) == ("team.key", "team.pub")
    assert load_private_key(private).public_key() == load_public_key(public)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----")
    assert not is_encrypted(private)


def test_a_password_protects_the_private_key(tmp_path, monkeypatch):
    private, public = generate_key_pair(tmp_path / "team", "pass")

    assert is_encrypted(private)
    assert load_private_key(private, "pass").public_key() == load_public_key(public)
    for wrong in ("", "other"):
        with pytest.raises(InvalidPackageRequest, match=r"team\.key") as refused:
            load_private_key(private, wrong)
        assert refused.value.__suppress_context__
    monkeypatch.setenv("PACKAGER_KEY_PASSWORD", "pass")
    assert load_private_key(private)


def test_nothing_is_replaced(tmp_path):
    generate_key_pair(tmp_path / "team")
    (tmp_path / "team.key").unlink()

    with pytest.raises(InvalidPackageRequest, match=r"team\.pub is there already"):
        generate_key_pair(tmp_path / "team")
    assert not (tmp_path / "team.key").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidPackageRequest, match=r"nowhere/team\.key cannot be written"):
        generate_key_pair(tmp_path / "nowhere" / "team")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no key", "no private key as PEM"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nx\n", "cosign's own encrypted form"),
        (pem(rsa.generate_private_key(65537, 2048)), "not of ECDSA on P-256"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "not of ECDSA on P-256"),
    ],
)
def test_other_private_keys_are_refused(tmp_path, content, words):
    file = tmp_path / "x.key"
    file.write_bytes(content)

    with pytest.raises(InvalidPackageRequest, match=words):
        load_private_key(file)


def test_other_public_keys_are_refused(tmp_path):
    private, _ = generate_key_pair(tmp_path / "team")
    other = rsa.generate_private_key(65537, 2048).public_key()
    file = tmp_path / "rsa.pub"
    file.write_bytes(other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(InvalidPackageRequest, match=r"team\.key is no public key as PEM"):
        load_public_key(private)
    with pytest.raises(InvalidPackageRequest, match="not of ECDSA"):
        load_public_key(file)
    with pytest.raises(InvalidPackageRequest, match=r"nowhere\.pub cannot be read"):
        load_public_key(tmp_path / "nowhere.pub")
