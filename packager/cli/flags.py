"""The flags of `packager package`, each with its help text."""

from pathlib import Path
from typing import Annotated

import typer

from triggers.registry import names

EntryScript = Annotated[
    Path, typer.Option(help="The Python file with init() and run(), relative to the source directory.")
]
SourceDirectory = Annotated[
    Path | None, typer.Option(help="All of this folder goes into the package; the script's own by default.")
]
ModelPaths = Annotated[list[Path] | None, typer.Option("--model-path", help="A model's file or folder; repeatable.")]
ModelName = Annotated[str | None, typer.Option(help="What the one model given by path is called.")]
RegisteredModels = Annotated[
    list[str] | None, typer.Option("--model", help="A registered model, NAME or NAME:VERSION; repeatable.")
]
Registry = Annotated[
    str | None,
    typer.Option(
        "--registry",
        help="Of registered models: a folder, or blob:CONTAINER of the account in $ModelsConnectionString; "
        "$PACKAGER_REGISTRY.",
    ),
]
Triggers = Annotated[
    list[str] | None,
    typer.Option("--trigger", help=f"What fires run(): {', '.join(names())}; repeatable."),
]
InputPath = Annotated[str | None, typer.Option(help="blob: the blobs to answer, as container/pattern.")]
OutputPath = Annotated[str | None, typer.Option(help="blob: where an answer goes.")]
AuthLevel = Annotated[str | None, typer.Option(help="http: anonymous, function or admin.")]
TriggerOptions = Annotated[
    list[str] | None, typer.Option("--option", help="Any option of a trigger: TRIGGER.NAME=VALUE; repeatable.")
]
Requirements = Annotated[Path | None, typer.Option(help="A requirements file for pip.")]
CondaFile = Annotated[Path | None, typer.Option(help="A conda specification.")]
Functions = Annotated[
    bool | None, typer.Option("--functions/--web-service", help="A function app, or a web service at /score.")
]
Context = Annotated[Path | None, typer.Option(help="Leave the staged app in this folder.")]
Image = Annotated[str | None, typer.Option(help="Build an image of this name, with or without a tag.")]
BaseImage = Annotated[str | None, typer.Option(help="What the image is made from.")]
Host = Annotated[
    str, typer.Option(help="What runs the app in the image: functions (ours), or azure_functions (Microsoft's).")
]
Builder = Annotated[
    str | None,
    typer.Option(help="oci, which needs no Docker Engine and is the default, or docker.", show_default=False),
]
Platforms = Annotated[
    list[str] | None,
    typer.Option("--platform", help="oci: linux/amd64 or linux/arm64; repeat it for an index of both."),
]
Archive = Annotated[Path | None, typer.Option(help="oci: write the image to this tar, for docker load and OCI tools.")]
ExcludeTests = Annotated[
    bool, typer.Option("--exclude-tests", help="oci: leave the tests of packages out of the image.")
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Look up packages and Debian's base anew, though nothing was changed.")
]
Sbom = Annotated[bool, typer.Option("--sbom", help="Attach a bill of materials to the published image.")]
SignKey = Annotated[Path | None, typer.Option(help="Sign the published image with this private key.", exists=True)]
RegisteredEnvironment = Annotated[
    str | None, typer.Option("--environment", help="A registered environment, NAME or NAME:VERSION.")
]
Lock = Annotated[
    str | None,
    typer.Option(
        metavar="PLATFORM", help="Lock the packages of --context for linux/amd64 or linux/arm64; --image always does."
    ),
]
SampleInput = Annotated[
    Path | None,
    typer.Option(help="A file that run() can be asked with; else the model's, or sample_input.json beside the script."),
]
SampleOutput = Annotated[Path | None, typer.Option(help="A file with what run() should answer to the sample.")]
Proof = Annotated[
    bool, typer.Option("--proof/--no-proof", help="Start what was staged and see it answer, before it is built.")
]
Target = Annotated[str | None, typer.Option(help="A place whose limits count in the proof, as functions_premium.")]
PublishTo = Annotated[str | None, typer.Option(help="Push the image to this registry.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
