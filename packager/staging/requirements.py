"""Write requirements.txt: what the scoring script needs and what host and triggers need."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distribution, entry_points
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from packager.conda import is_conda_only, pip_requirement, pip_requirements
from packager.config import DISTRIBUTION
from packager.environment import Environment
from packager.errors import InvalidEnvironment
from packager.staging.companions import companions

_LOGGER = logging.getLogger(__name__)
_PACKAGER_ONLY = frozenset({"installer", "packaging", "pathspec", "pyyaml", "typer", "urllib3", "uv"})
# What these did is done by function_host and the packager, so an image needs none of them: the SDK itself and the
# names that brought it along, the scoring server, and the decorators and collectors that have stand-ins.
_RETIRED = frozenset(
    {
        "azureml-accel-models",
        "azureml-contrib-functions",
        "azureml-contrib-services",
        "azureml-core",
        "azureml-dataprep",
        "azureml-dataset-runtime",
        "azureml-defaults",
        "azureml-inference-server-http",
        "azureml-model-management-sdk",
        "azureml-monitoring",
        "azureml-sdk",
        "azureml-telemetry",
        "azureml-webservice-schema",
    }
)


def render_requirements(environment: Environment, triggers: Iterable[str], source: Path | None = None) -> str:
    """The text of requirements.txt: options first, then one requirement a line, sorted; the user's pins win.

    Packages of the retired SDK are left out, with a note in the log; those that came along with it come when code
    in `source` imports them. Of an environment that manages its packages itself only the options count.
    """
    wanted = []
    for requirement in _asked(environment):
        if canonicalize_name(requirement.name) in _RETIRED:
            _LOGGER.warning("%s is left out: function_host takes the place of %s.", requirement, requirement.name)
        else:
            wanted.append(requirement)
    named = {canonicalize_name(requirement.name) for requirement in wanted}
    brought = [*runtime_requirements(triggers), *(companions(source) if source is not None else ())]
    added = [each for each in brought if canonicalize_name(each.name) not in named]
    lines = sorted({str(requirement) for requirement in (*wanted, *added)}, key=str.lower)
    return "".join(f"{line}\n" for line in (*environment.pip_options, *lines))


def _asked(environment: Environment) -> list[Requirement]:
    asked = environment_requirements(environment)
    if environment.python.user_managed_dependencies and asked:
        named = ", ".join(str(each) for each in asked)
        _LOGGER.warning("user_managed_dependencies is set, so the base image must have these: %s.", named)
        return []
    return asked


def environment_requirements(environment: Environment) -> list[Requirement]:
    """What the environment asks for, in pip's words; raises InvalidEnvironment for what pip cannot install.

    What only conda has is left to the environment's own Dockerfile if there is one.
    """
    dependencies = environment.python.conda_dependencies
    left = conda_only_packages(environment) if environment.docker.base_dockerfile else []
    texts = pip_requirements([each for each in dependencies.conda_packages if each not in left])
    texts += dependencies.pip_packages
    return [_parsed(text, environment.name) for text in texts]


def conda_only_packages(environment: Environment) -> list[str]:
    """The conda packages that pip does not have."""
    return [each for each in environment.python.conda_dependencies.conda_packages if is_conda_only(each)]


def conda_translations(environment: Environment) -> list[str]:
    """For the log: what pip installs for the conda packages that it has, in one line; none without any."""
    packages = environment.python.conda_dependencies.conda_packages
    said = [f"{each} -> {pip_requirement(each)}" for each in packages if not is_conda_only(each)]
    return [f"Conda packages that pip installs: {', '.join(said)}"] if said else []


def runtime_requirements(triggers: Iterable[str]) -> list[Requirement]:
    """What function_host and the named triggers need, from the installed distribution's own metadata."""
    from triggers.registry import by_name

    names = [*triggers]
    extras = sorted({extra for name in names for extra in by_name(name).extras})
    ours = distribution(DISTRIBUTION)
    found = [*_requires(ours, extras), *_third_party(names)]
    return [each for each in found if canonicalize_name(each.name) not in _PACKAGER_ONLY]


def _parsed(text: str, environment: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise InvalidEnvironment(
            f"{text!r} in environment {environment!r} is not a requirement such as 'numpy==1.26.4'."
        ) from error


def _requires(ours: Distribution, extras: Sequence[str]) -> Iterator[Requirement]:
    """Base requirements, and those of the extras with the extra's marker taken off."""
    for text in ours.requires or []:
        requirement = Requirement(text)
        if requirement.marker is None:
            yield requirement
        elif any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            requirement.marker = None
            yield requirement


def _third_party(names: Sequence[str]) -> Iterator[Requirement]:
    """The distributions of triggers that are not ours: they are installed, not copied."""
    for entry in entry_points(group="triggers.adapters"):
        if entry.name in names and entry.dist is not None and entry.dist.name != DISTRIBUTION:
            yield Requirement(f"{entry.dist.name}=={entry.dist.version}")
