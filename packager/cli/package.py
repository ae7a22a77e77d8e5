"""`packager package`: make a package from a script, models and triggers."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import typer

from packager import Environment, InferenceConfig, LocalModelRegistry, Model, ModelPackage, package
from packager.cli import flags, output
from packager.cli.environments import environment_of, registered
from packager.cli.image_options import builder_of, publisher_of
from packager.cli.models import find_model
from packager.cli.trigger_options import trigger_table
from packager.request import unregistered_model
from packager.staging.context import RUN_SUFFIX
from packager.trigger_forms import TriggerTable
from triggers.registry import by_name

_EXAMPLES = """Package a model and a scoring script as a functions-host image, or as a plain web service.

Examples:

\b
  packager package --entry-script score.py --model-path model.joblib --trigger http --context build/app
  packager package --entry-script score.py --model-path model.joblib --trigger http --trigger blob \\
      --input-path 'input/{blobname}.json' --output-path 'output/{blobname}_out.json' --image diabetes
  packager package --entry-script score.py --model diabetes:3 --web-service --image diabetes:3 \\
      --publish-to localhost:5000
"""


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("package", help=_EXAMPLES, no_args_is_help=True)(package_command)


def package_command(  # noqa: PLR0917 - typer passes every flag by keyword
    entry_script: flags.EntryScript,
    source_directory: flags.SourceDirectory = None,
    model_path: flags.ModelPaths = None,
    model_name: flags.ModelName = None,
    model: flags.RegisteredModels = None,
    registry: flags.Registry = None,
    trigger: flags.Triggers = None,
    input_path: flags.InputPath = None,
    output_path: flags.OutputPath = None,
    auth_level: flags.AuthLevel = None,
    option: flags.TriggerOptions = None,
    requirements: flags.Requirements = None,
    conda_file: flags.CondaFile = None,
    environment: flags.RegisteredEnvironment = None,
    functions: flags.Functions = None,
    context: flags.Context = None,
    image: flags.Image = None,
    base_image: flags.BaseImage = None,
    publish_to: flags.PublishTo = None,
    host: flags.Host = "functions",
    builder: flags.Builder = None,
    platform: flags.Platforms = None,
    archive: flags.Archive = None,
    exclude_tests: flags.ExcludeTests = False,
    refresh: flags.Refresh = False,
    sbom: flags.Sbom = False,
    sign_key: flags.SignKey = None,
    lock: flags.Lock = None,
    sample_input: flags.SampleInput = None,
    sample_output: flags.SampleOutput = None,
    proof: flags.Proof = True,
    target: flags.Target = None,
    json_output: flags.Json = False,
) -> None:
    _check_usage(context, image, publish_to, requirements, conda_file)
    given = {"input_path": input_path, "output_path": output_path, "auth_level": auth_level}
    table = trigger_table(trigger or [], given, option or [], functions)
    models = _models(model_path or [], model_name, model or [], registry)
    made_of = _environment(requirements, conda_file, environment)
    config = InferenceConfig(entry_script, source_directory=source_directory, environment=made_of)
    order = partial(package, None, models, config, image is None, triggers=table or None, log=output.note)
    order = partial(order, context=context, lock=lock, sample_input=sample_input, sample_output=sample_output)
    order = partial(order, proof=proof, target=target, base_image=base_image, host=host, image_name=image)
    made = order(
        publish_to=publish_to,
        builder=builder_of(builder, platform or [], archive, exclude_tests=exclude_tests, refresh=refresh),
        publisher=publisher_of(publish_to, sign_key, sbom=sbom),
    )
    _show(made, context, table, json_output=json_output)


def next_steps(
    context: Path | None, connections: Mapping[str, str], *, image: str | None, emulators: Sequence[str] = ()
) -> Sequence[str]:
    """Commands that run what was made, ready to paste; `emulators` must run beside it here."""
    commands = []
    if context is not None and emulators:
        commands.append(shlex.join(["packager", "run", str(context), *(f"--{name}" for name in emulators)]))
    elif context is not None:
        folder = shlex.quote(str(context))
        settings = {setting: f"folder:{_data(context, 'storage')}" for setting in connections}
        settings["FUNCTIONS_SECRETS_PATH"] = _data(context, "keys")
        assigned = shlex.join(f"{name}={value}" for name, value in settings.items())
        python = shlex.quote(sys.executable)
        commands.append(f"env {assigned} {python} -m function_host start --script-root {folder} --port 7071")
        commands.append(f"packager run {folder}")
    if image is not None:
        given = " ".join(f"-e {shlex.quote(name)}" for name in (*connections, "FUNCTIONS_SECRETS_PATH=/tmp/keys"))
        locked = "--rm --read-only --tmpfs /tmp -p 127.0.0.1:8080:8080"
        commands.append(f"docker run {locked} {given} {shlex.quote(image)}")
    return commands


def _data(context: Path, kind: str) -> str:
    """Where `packager run` keeps that kind of data too, so that either way finds the same."""
    folder = context.expanduser().absolute()
    return str(folder.with_name(f"{folder.name}{RUN_SUFFIX}") / kind)


def _show(made: ModelPackage, context: Path | None, table: TriggerTable, *, json_output: bool) -> None:
    emulators = sorted({by_name(name).emulator for name in table} - {""})
    image = None if made.generate_dockerfile else made.location
    commands = next_steps(context, made.connections, image=image, emulators=emulators)
    if json_output:
        proof = None if made.proof is None else made.proof.as_document()
        output.show_json({**made.serialize(), "connections": made.connections, "proof": proof, "next": commands})
        return
    typer.echo(made.location)
    typer.echo("")
    output.heading("Next steps:")
    for command in commands:
        typer.echo(f"  {command}")


def _check_usage(
    context: Path | None,
    image: str | None,
    publish_to: str | None,
    requirements: Path | None,
    conda_file: Path | None,
) -> None:
    if context is None and image is None:
        raise typer.BadParameter("Say what to make: --context OUT_DIR, --image NAME, or both.")
    if publish_to is not None and image is None:
        raise typer.BadParameter("--publish-to needs --image NAME.")
    if requirements is not None and conda_file is not None:
        raise typer.BadParameter("--requirements and --conda-file exclude each other.")


def _environment(requirements: Path | None, conda_file: Path | None, name: str | None) -> Environment:
    if name is None:
        return environment_of("command-line", requirements, conda_file)
    if requirements is not None or conda_file is not None:
        raise typer.BadParameter("--environment stands alone, without --requirements and --conda-file.")
    return registered(name)


def _models(
    paths: Sequence[Path], name: str | None, registered: Sequence[str], registry: str | None
) -> list[Model | str | Path]:
    if name is not None and len(paths) != 1:
        raise typer.BadParameter("--model-name names the one model of --model-path.")
    found: list[Model | str | Path] = [Model.of(LocalModelRegistry(), unregistered_model(path, name)) for path in paths]
    found += [find_model(each, registry) for each in registered]
    return found
