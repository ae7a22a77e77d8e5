"""`packager sign`, `verify` and `keys generate`: signatures of images by a key pair."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from packager import config
from packager.cli import output, registry_flags

_MB = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the commands to the root command."""
    app.command("sign", no_args_is_help=True)(sign_command)
    app.command("verify", no_args_is_help=True)(verify_command)
    group = typer.Typer(no_args_is_help=True, help="Key pairs for signing images.")
    # A callback, for a group with one command would be that command.
    group.callback()(lambda: None)
    group.command("generate", no_args_is_help=True)(generate_command)
    app.add_typer(group, name="keys")


def sign_command(  # noqa: PLR0917 - typer passes every flag by keyword
    image: registry_flags.Image,
    key: Annotated[Path, typer.Option(help="The private key, as PEM; $PACKAGER_KEY_PASSWORD opens an encrypted one.")],
    username: registry_flags.Username = None,
    password_stdin: registry_flags.PasswordStdin = False,
    ca_file: registry_flags.CaFile = None,
    http: registry_flags.Http = None,
    json_output: registry_flags.Json = False,
) -> None:
    """Sign what a name in a registry stands for now; cosign verifies it too.

    packager sign localhost:5000/diabetes:1 --key team.key
    """
    from packager.signing import sign_image
    from packager.signing_keys import is_encrypted

    access = registry_flags.access(username, password_stdin, ca_file, http)
    password = None
    if config.key_password() is None and not password_stdin and is_encrypted(key):
        password = typer.prompt(f"Password of {key}", hide_input=True, err=True)
    signed = sign_image(image, key, password=password, access=access)
    if json_output:
        output.show_json({"signed": signed})
    else:
        typer.echo(f"Signed {signed}")


def verify_command(  # noqa: PLR0917 - typer passes every flag by keyword
    image: registry_flags.Image,
    key: Annotated[Path, typer.Option(help="The public key, as PEM.")],
    username: registry_flags.Username = None,
    password_stdin: registry_flags.PasswordStdin = False,
    ca_file: registry_flags.CaFile = None,
    http: registry_flags.Http = None,
    json_output: registry_flags.Json = False,
) -> None:
    """Check the signature of an image by a key, and every byte of the image; exit code 3 or 4 when one is wrong.

    packager verify localhost:5000/diabetes:1 --key team.pub
    """
    from packager.signing import verify_image

    found = verify_image(image, key, access=registry_flags.access(username, password_stdin, ca_file, http))
    if json_output:
        output.show_json(asdict(found))
        return
    typer.echo(
        f"{found.reference} is signed by {key}; its {found.blobs} blobs ({found.bytes / _MB:.1f} MB) are what their "
        "digests say."
    )


def generate_command(
    name: Annotated[str, typer.Argument(help="Path of the files without .key and .pub.")],
    no_password: Annotated[bool, typer.Option("--no-password", help="Leave the private key unencrypted.")] = False,
    json_output: registry_flags.Json = False,
) -> None:
    """Make a key pair for signing: NAME.key, to be kept secret, and NAME.pub.

    packager keys generate team
    """
    from packager.signing_keys import generate_key_pair

    password = "" if no_password else config.key_password()
    if password is None:
        password = typer.prompt("Password of the private key", hide_input=True, confirmation_prompt=True, err=True)
    private, public = generate_key_pair(name, password)
    if json_output:
        output.show_json({"private": str(private), "public": str(public)})
    else:
        typer.echo(f"Wrote {private}, which only you may read, and {public}")
