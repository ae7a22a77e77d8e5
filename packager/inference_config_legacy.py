"""The older arguments of InferenceConfig, turned into an Environment."""

import warnings
from dataclasses import dataclass, fields
from pathlib import Path

from packager.environment import Environment
from packager.environment_sections import ContainerRegistry
from packager.errors import InvalidEnvironment, InvalidPackageRequest

RUNTIMES = ("python", "python-slim", "spark-py")
_CUDA_VERSIONS = ("9.0", "9.1", "10.0")
_STACK_LEVEL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyArguments:
    """What was given of the arguments that an environment stands for now."""

    runtime: str | None = None
    conda_file: Path | None = None
    extra_docker_file_steps: Path | None = None
    enable_gpu: bool | None = None
    base_image: str | None = None
    base_image_registry: ContainerRegistry | None = None
    cuda_version: str | None = None

    @property
    def given(self) -> list[str]:
        """The names of those that were given."""
        return [each.name for each in fields(self) if getattr(self, each.name) not in (None, False)]

    def without(self, environment: Environment) -> Environment:
        """The environment, which excludes all of these; raises InvalidPackageRequest."""
        if self.given:
            raise InvalidPackageRequest(
                f"environment and {', '.join(self.given)} exclude each other; set it on the environment: "
                "Environment.from_conda_specification(), environment.docker.base_image and the like."
            )
        return environment

    def environment(self) -> Environment | None:
        """The environment that they stand for; None when none was given, InvalidPackageRequest for a wrong one."""
        if not self.given:
            return None
        self._check()
        warnings.warn(
            f"{', '.join(self.given)} of InferenceConfig are old; use environment=Environment(...).",
            DeprecationWarning,
            stacklevel=_STACK_LEVEL,
        )
        name = "inference-config"
        made = Environment.from_conda_specification(name, self.conda_file) if self.conda_file else Environment(name)
        made.docker.base_image = self.base_image
        if self.base_image_registry is not None:
            made.docker.base_image_registry = self.base_image_registry
        if self.runtime == "spark-py":
            _add_spark(made, self.base_image)
        return made

    def docker_steps(self) -> str:
        """The lines of extra_docker_file_steps."""
        file = self.extra_docker_file_steps
        if file is None:
            return ""
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidPackageRequest(f"extra_docker_file_steps {file} cannot be read: {error}.") from error

    def _check(self) -> None:
        if self.runtime not in RUNTIMES:
            raise InvalidPackageRequest(
                f"runtime {self.runtime!r} is not one of {', '.join(RUNTIMES)}; the other older arguments need one."
            )
        if self.cuda_version is not None and self.cuda_version not in _CUDA_VERSIONS:
            raise InvalidPackageRequest(
                f"cuda_version {self.cuda_version!r} is not one of {', '.join(_CUDA_VERSIONS)}."
            )
        if (self.enable_gpu or self.cuda_version) and self.base_image is None:
            raise InvalidPackageRequest(
                "enable_gpu and cuda_version choose no image here: the wheels of today's libraries bring CUDA along, "
                "and the CUDA versions of that time have no Python that still runs. Leave both out, or name a "
                "base_image."
            )


def _add_spark(environment: Environment, base_image: str | None) -> None:
    if base_image is None:
        raise InvalidEnvironment(
            "runtime 'spark-py' needs a base_image with Java and python3, which the default one does not have."
        )
    dependencies = environment.python.conda_dependencies
    if not any(
        each.lower().startswith("pyspark") for each in (*dependencies.pip_packages, *dependencies.conda_packages)
    ):
        dependencies.add_pip_package("pyspark")
