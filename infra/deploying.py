"""From an image and a name to a running app: specification -> documents -> platform."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from infra.app_image import app_image
from infra.contract import (
    AppImage,
    Change,
    Deployment,
    DeploymentSpec,
    Log,
    Platform,
    RegistryLogin,
    Scale,
    Secret,
    Size,
)
from infra.errors import InvalidDeployment
from infra.registry import platform_named, target_named
from infra.target_options import options_of
from packager.model_package import ModelPackage

Image = AppImage | ModelPackage | str


def specify(  # noqa: PLR0913 - what a deployment is made of, by keyword
    image: Image | None,
    target: str,
    *,
    name: str,
    settings: Mapping[str, str | Secret] | None = None,
    size: Size | None = None,
    scale: Scale | None = None,
    registry: RegistryLogin | None = None,
    tags: Mapping[str, str] | None = None,
    **options: object,
) -> DeploymentSpec:
    """A deployment of `image` (a package, or an image's name as `packager inspect` takes it) called `name`.

    `options` are the target's own. No image is needed to look at a deployment or to remove it. Raises UnknownTarget,
    InvalidDeployment, and what reading the image raises.
    """
    place = target_named(target)
    return DeploymentSpec(
        name=name,
        target=target,
        image=_found(image),
        settings=dict(settings or {}),
        size=size or Size(),
        scale=scale or Scale(),
        registry=registry or RegistryLogin(),
        tags=dict(tags or {}),
        options=options_of(place, options),
    )


def plan(spec: DeploymentSpec, *, log: Log | None = None) -> Sequence[Change]:
    """What deploy() would do now; changes nothing. Raises InvalidDeployment, PlatformUnavailable and ApplyFailed."""
    _need_image(spec)
    return _platform(spec, log).diff(target_named(spec.target).render(spec))


def deploy(spec: DeploymentSpec, *, log: Log | None = None) -> Deployment:
    """Make it run, for the first time or again; what is as wanted stays untouched.

    Raises InvalidDeployment before anything is touched, PlatformUnavailable, NotPermitted, NeverReady and ApplyFailed;
    then calling it again goes on where it ended.
    """
    _need_image(spec)
    return _platform(spec, log).apply(target_named(spec.target).render(spec))


def render(spec: DeploymentSpec, folder: str | Path | None = None) -> Mapping[str, str]:
    """The deployment as files for other tools, name -> text, without any secret; written to `folder` if given."""
    _need_image(spec)
    files = target_named(spec.target).export(spec)
    if folder is not None:
        _write(files, Path(folder))
    return files


def deployed(spec: DeploymentSpec, *, log: Log | None = None) -> Deployment | None:
    """The deployment as it is now; None when there is none of that name."""
    return _platform(spec, log).status()


def deployment_logs(spec: DeploymentSpec, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
    """The app's newest lines; with `follow` it goes on until it is closed."""
    return _platform(spec, None).logs(follow=follow, lines=lines)


def undeploy(spec: DeploymentSpec, *, log: Log | None = None) -> Sequence[str]:
    """Delete what deploy() made; the addresses of what went. Doing it twice is no error."""
    return _platform(spec, log).remove()


def _found(image: Image | None) -> AppImage:
    match image:
        case None:
            return AppImage(reference="")
        case AppImage():
            return image
        case ModelPackage():
            return _packaged(image)
    return app_image(image)


def _packaged(package: ModelPackage) -> AppImage:
    if package.image is None:
        raise InvalidDeployment(
            f"{package.location} is a build context and no image; build and publish it, or call package() without "
            "generate_dockerfile."
        )
    is_published = "@" in package.location
    if is_published or package.image.layout is None:
        return app_image(package.location if is_published else f"docker:{package.location}")
    found = app_image(f"oci:{package.image.layout}")
    return AppImage(
        reference=package.location,
        functions=found.functions,
        connections=found.connections,
        platforms=found.platforms,
        port=found.port,
        host=found.host,
    )


def _need_image(spec: DeploymentSpec) -> None:
    if not spec.image.reference:
        raise InvalidDeployment(f"The deployment {spec.name!r} names no image; say what is to run.")


def _platform(spec: DeploymentSpec, log: Log | None) -> Platform:
    return platform_named(target_named(spec.target).platform)(spec, log=log or _unheard)


def _unheard(_: str, /) -> None:
    """Nobody listens."""


def _write(files: Mapping[str, str], folder: Path) -> None:
    try:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            if text.startswith("#!"):
                file.chmod(0o755)
    except OSError as error:
        raise InvalidDeployment(f"The files cannot be written to {folder}: {error}. Name another folder.") from error
