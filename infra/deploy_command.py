"""The commands `packager deploy plan | apply | render | status | logs | delete`."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from infra import deploying
from infra.contract import Deployment, DeploymentSpec
from infra.deploy_file import arguments_of, read_deployment, together
from infra.deploy_report import describe_changes, describe_deployment
from infra.errors import InvalidDeployment
from infra.registry import target_names

Image = Annotated[
    str | None,
    typer.Argument(help="The image, as `packager inspect` takes it.", show_default="the file's"),
]
Target = Annotated[
    str, typer.Option("--target", "-t", help=f"Where: {', '.join(target_names())}.", show_default="the file's")
]
Name = Annotated[str, typer.Option("--name", "-n", help="Of the deployed app.", show_default="the file's")]
File = Annotated[Path | None, typer.Option("--file", "-f", help="A TOML file that says the deployment.")]
Option = Annotated[list[str], typer.Option("--option", "-o", help="An option of the target: NAME=VALUE.")]
Setting = Annotated[list[str], typer.Option("--setting", "-s", help="An app setting: NAME=VALUE.")]
SecretSetting = Annotated[
    list[str],
    typer.Option(
        "--secret", help="An app setting that is a secret: NAME (of the environment), NAME=VARIABLE or NAME=VAULT-URL."
    ),
]
Cpu = Annotated[float | None, typer.Option(help="Cores of one replica.", min=0.01)]
Memory = Annotated[str | None, typer.Option(help="Memory of one replica: 512Mi, 1.5GB.")]
MinReplicas = Annotated[int | None, typer.Option(help="So many run always.", min=0)]
MaxReplicas = Annotated[int | None, typer.Option(help="So many run at most.", min=1)]
Utilization = Annotated[
    int | None, typer.Option(help="Percent of the processor at which replicas are added.", min=1, max=100)
]
Tag = Annotated[list[str], typer.Option("--tag", help="A tag of what is made: NAME=VALUE.")]
Registry = Annotated[str, typer.Option(help="The registry of that login.", show_default="the image's")]
Login = Annotated[str, typer.Option(help="Pull from the registry as this user, with --registry-password.")]
Password = Annotated[str, typer.Option(help="The environment variable (or vault URL) with the password.")]
# Lists may be defaults of the commands below: Typer hands each call a list of its own.
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the packager's command line."""
    group = typer.Typer(help="Give an image a place to run.", no_args_is_help=True)
    for name, command in (
        ("plan", plan_command),
        ("apply", apply_command),
        ("render", render_command),
        ("status", status_command),
        ("logs", logs_command),
        ("delete", delete_command),
    ):
        group.command(name)(command)
    cli.add_typer(group, name="deploy")


def plan_command(  # noqa: PLR0917 - Typer fills them by name
    image: Image = None, target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    setting: Setting = [], secret: SecretSetting = [], cpu: Cpu = None, memory: Memory = None,  # noqa: B006 - Typer's
    min_replicas: MinReplicas = None, max_replicas: MaxReplicas = None, target_utilization: Utilization = None,
    tag: Tag = [], registry: Registry = "", registry_user: Login = "", registry_password: Password = "",  # noqa: B006 - Typer's
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show what `apply` would change, and change nothing.

    Example: packager deploy plan registry.example.com/diabetes:3 --target functions --name diabetes
    """
    changes = deploying.plan(spec_of(locals()), log=_tell)
    _show(describe_changes(changes), [asdict(each) for each in changes], as_json=as_json)


def apply_command(  # noqa: PLR0917 - Typer fills them by name
    image: Image = None, target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    setting: Setting = [], secret: SecretSetting = [], cpu: Cpu = None, memory: Memory = None,  # noqa: B006 - Typer's
    min_replicas: MinReplicas = None, max_replicas: MaxReplicas = None, target_utilization: Utilization = None,
    tag: Tag = [], registry: Registry = "", registry_user: Login = "", registry_password: Password = "",  # noqa: B006 - Typer's
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make it run, for the first time or again; what is as wanted stays untouched.

    Example: packager deploy apply diabetes:latest --target local --name diabetes
    """
    spec = spec_of(locals())
    _show_deployment(deploying.deploy(spec, log=_tell), spec, as_json=as_json)


def render_command(  # noqa: PLR0917 - Typer fills them by name
    image: Image = None, target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    setting: Setting = [], secret: SecretSetting = [], cpu: Cpu = None, memory: Memory = None,  # noqa: B006 - Typer's
    min_replicas: MinReplicas = None, max_replicas: MaxReplicas = None, target_utilization: Utilization = None,
    tag: Tag = [], registry: Registry = "", registry_user: Login = "", registry_password: Password = "",  # noqa: B006 - Typer's
    output: Annotated[Path | None, typer.Option(help="A folder for the files.", show_default="printed")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write the deployment as files for other tools, without any secret.

    Example: packager deploy render diabetes:3 --target kubernetes --name diabetes --output ./manifests
    """
    files = deploying.render(spec_of(locals()), output)
    if output is not None:
        text = "\n".join(str(output / each) for each in files)
    else:
        text = "\n".join(f"# {each}\n{content}" for each, content in files.items())
    _show(text, files, as_json=as_json)


def status_command(
    target: Target = "", name: Name = "", file: File = None, option: Option = [], as_json: AsJson = False,  # noqa: B006 - Typer's
) -> None:  # fmt: skip
    """Show a deployment as it is now; ends with 1 when there is none.

    Example: packager deploy status --target local --name diabetes
    """
    spec = spec_of(locals(), needs_image=False)
    found = deploying.deployed(spec, log=_tell)
    if found is None:
        _tell(f"There is no deployment {spec.name!r} on {spec.target}.")
        raise typer.Exit(1)
    _show_deployment(found, spec, as_json=as_json)


def logs_command(
    target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    follow: Annotated[bool, typer.Option("--follow", "-F", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(help="How many of the newest lines.", min=1)] = 100,
) -> None:  # fmt: skip
    """Print what the deployed app wrote.

    Example: packager deploy logs --target local --name diabetes --follow
    """
    for line in deploying.deployment_logs(spec_of(locals(), needs_image=False), follow=follow, lines=lines):
        typer.echo(line)


def delete_command(
    target: Target = "", name: Name = "", file: File = None, option: Option = [],  # noqa: B006 - Typer's
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Delete what `apply` made.

    Example: packager deploy delete --target local --name diabetes --yes
    """
    spec = spec_of(locals(), needs_image=False)
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("Nobody can be asked here; add --yes.")
        question = f"Delete the deployment {spec.name!r} on {spec.target} with all that it made, data too?"
        typer.confirm(question, abort=True, err=True)
    gone = deploying.undeploy(spec, log=_tell)
    _show("\n".join(f"deleted {each}" for each in gone) or "Nothing was there.", list(gone), as_json=as_json)


def spec_of(given: Mapping[str, Any], *, needs_image: bool = True) -> DeploymentSpec:
    """What the flags say over what the file says; without its image it is enough to look at it, and to delete it."""
    said = read_deployment(given["file"]) if given["file"] is not None else {}
    flags = _given(
        {
            "image": given.get("image"),
            "target": given["target"],
            "name": given["name"],
            "settings": _pairs("--setting", given.get("setting", ())),
            "secrets": _secrets(given.get("secret", ())),
            "size": _given({"cpu": given.get("cpu"), "memory": given.get("memory")}),
            "scale": _given({key: given.get(key) for key in ("min_replicas", "max_replicas", "target_utilization")}),
            "registry": _given(
                {
                    "server": given.get("registry"),
                    "username": given.get("registry_user"),
                    "password": given.get("registry_password"),
                }
            ),
            "tags": _pairs("--tag", given.get("tag", ())),
            "options": _pairs("--option", given["option"]),
        }
    )
    both = arguments_of(together(said, flags))
    for key in ("target", "name"):
        if key not in both:
            raise InvalidDeployment(f"The deployment has no {key}; give --{key}, or a --file that says it.")
    image, target = both.pop("image", None), both.pop("target")
    return deploying.specify(image if needs_image else None, target, **both)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise typer.BadParameter(f"{flag} {text!r} is not of the form NAME=VALUE.")
    return dict(text.split("=", 1) for text in texts)


def _secrets(texts: Sequence[str]) -> dict[str, str]:
    """NAME alone has its value in the variable of that name."""
    pairs = (text.partition("=") for text in texts)
    return {name: place or name for name, _, place in pairs}


def _show_deployment(found: Deployment, spec: DeploymentSpec, *, as_json: bool) -> None:
    _show(describe_deployment(found, spec), asdict(found), as_json=as_json)


def _show(text: str, document: object, *, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=2, default=dict) if as_json else text)


def _tell(line: str, /) -> None:
    typer.echo(line, err=True)
