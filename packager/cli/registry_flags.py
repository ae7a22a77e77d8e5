"""The flags of commands that speak to container registries."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from packager.errors import InvalidPackageRequest

Image = Annotated[
    str, typer.Argument(help="A name in a registry: registry.example.com/team/diabetes:1, or with @sha256:...")
]
Place = Annotated[
    str, typer.Argument(help="A name in a registry, oci:FOLDER, archive:FILE, or docker:NAME in a Docker Engine.")
]
Username = Annotated[
    str | None, typer.Option(help="Log in to the registry as; 'docker login' is remembered without it.")
]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password of --username from stdin.")]
CaFile = Annotated[Path | None, typer.Option(help="PEM certificates to trust beside the system's; $PACKAGER_CA_FILE.")]
Http = Annotated[
    list[str] | None,
    typer.Option(
        "--http", help="A registry (host:port) that has no TLS; repeatable. $PACKAGER_HTTP_REGISTRIES. Loopback may."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def access(username: str | None, password_stdin: bool, ca_file: Path | None, http: list[str] | None) -> Any:
    """A RegistryAccess of the flags, over the environment; raises InvalidPackageRequest for half of a login."""
    from packager.oci.connecting import RegistryAccess
    from packager.oci.credentials import Credentials

    if (username is not None) != password_stdin:
        raise InvalidPackageRequest("--username and --password-stdin belong together; give both or neither.")
    found = RegistryAccess()
    if username is not None:
        found = replace(found, credentials=Credentials(username=username, password=sys.stdin.readline().rstrip("\r\n")))
    if ca_file is not None:
        found = replace(found, ca_file=ca_file)
    return replace(found, http=found.http | frozenset(http or ()))
