"""`packager inspect` and `packager sbom`: what an image says of itself, and what is in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from packager.cli import output, registry_flags
from packager.errors import InvalidPackageRequest


def register(app: typer.Typer) -> None:
    """Add the commands to the root command."""
    app.command("inspect", no_args_is_help=True)(inspect_command)
    app.command("sbom", no_args_is_help=True)(sbom_command)


def inspect_command(
    image: registry_flags.Place,
    username: registry_flags.Username = None,
    password_stdin: registry_flags.PasswordStdin = False,
    ca_file: registry_flags.CaFile = None,
    http: registry_flags.Http = None,
    json_output: registry_flags.Json = False,
) -> None:
    """Show an image's triggers, models, lock, base, platforms and layers without running or pulling it.

    packager inspect localhost:5000/diabetes:1

    packager inspect archive:diabetes.tar
    """
    from packager.inspecting import inspect_image

    found = inspect_image(image, access=registry_flags.access(username, password_stdin, ca_file, http))
    if json_output:
        output.show_json(found.as_json())
        return
    for number, line in enumerate(found.lines()):
        (typer.echo if number else output.heading)(line)


def sbom_command(  # noqa: PLR0917 - typer passes every flag by keyword
    image: registry_flags.Place,
    attach: Annotated[bool, typer.Option("--attach", help="Attach it to the image in its registry.")] = False,
    folder: Annotated[Path | None, typer.Option("--output", help="A folder to write one file per platform to.")] = None,
    platform: Annotated[str | None, typer.Option(help="Of an image for several: print that of linux/arm64.")] = None,
    username: registry_flags.Username = None,
    password_stdin: registry_flags.PasswordStdin = False,
    ca_file: registry_flags.CaFile = None,
    http: registry_flags.Http = None,
) -> None:
    """List what is in an image: CycloneDX as JSON on stdout, in files of a folder, or attached to the image.

    packager sbom localhost:5000/diabetes:1 --attach

    packager sbom archive:diabetes.tar --output build/
    """
    from packager.sbom_publishing import image_sboms

    access = registry_flags.access(username, password_stdin, ca_file, http)
    found = image_sboms(image, attach=attach, access=access)
    if attach:
        output.note(f"Attached {len(found)} bill(s) of materials to {image}")
    if folder is not None:
        _write(found, folder)
    elif not attach or platform is not None:
        typer.echo(_chosen(found, platform).decode(), nl=False)


def _write(sboms: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for platform, document in sboms.items():
        file = folder / f"sbom-{platform.replace('/', '-')}.cdx.json"
        file.write_bytes(document)
        output.note(f"Wrote {file}")


def _chosen(sboms: Mapping[str, bytes], platform: str | None) -> bytes:
    if platform is None and len(sboms) == 1:
        return next(iter(sboms.values()))
    if platform is None or platform not in sboms:
        raise InvalidPackageRequest(
            f"The image is for {', '.join(sboms)}; choose one of them with --platform, or write all with --output."
        )
    return sboms[platform]
