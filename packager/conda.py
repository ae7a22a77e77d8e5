"""Say in pip's words what conda packages are called."""

import re
from collections.abc import Sequence
from types import MappingProxyType

from packager.errors import InvalidEnvironment

_PIP_NAMES = MappingProxyType(
    {
        "dask-core": "dask",
        "matplotlib-base": "matplotlib",
        "msgpack-python": "msgpack",
        "opencv": "opencv-python-headless",
        "py-opencv": "opencv-python-headless",
        "py-xgboost": "xgboost",
        "py-xgboost-cpu": "xgboost",
        "pytables": "tables",
        "python-graphviz": "graphviz",
        "python-flatbuffers": "flatbuffers",
        "python-kubernetes": "kubernetes",
        "python-lz4": "lz4",
        "python-xxhash": "xxhash",
        "pytorch": "torch",
        "pytorch-cpu": "torch",
        "pytorch-gpu": "torch",
        "ruamel_yaml": "ruamel.yaml",
        "tensorflow-base": "tensorflow",
        "tensorflow-gpu": "tensorflow",
        "tensorflow-mkl": "tensorflow",
    }
)
_CONDA_ONLY = re.compile(
    r"(_.*|lib(?:blas|cblas|curl|cxx|ffi|gcc|gfortran|gomp|jpeg|lapack|openblas|png|stdcxx|tiff|xml2).*|r-.*|gcc.*|gxx.*|gfortran.*|cuda.*|cudnn|nccl|openmpi|mpich|mkl|blas|openblas|openssl|"
    r"ca-certificates|cpuonly|pytorch-cuda|pytorch-mutex|python_abi|nomkl|llvm-openmp|freetype|glib|hdf5|icu|jpeg|krb5|ncurses|unixodbc|wget|"
    r"ffmpeg|git|graphviz|nodejs|openjdk|sqlite|zlib|xz|bzip2|readline|tk|curl|make|compilers)"
)
_SPECIFICATION = re.compile(
    r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)(?P<extras>\[[^\]=]*\])?\s*(?P<version>[^\s].*)?"
)
_PAIR = r"\s*(\w+)\s*=\s*('[^']*'|\"[^\"]*\"|[^,'\"\[\]\s]+)\s*"
_BRACKETS = re.compile(rf"(?P<bare>[^\[\]]+)\[(?P<pairs>{_PAIR}(?:[,\s]{_PAIR})*)\]\s*")
# Pip has one build of each version, and one index.
_NO_MATTER_TO_PIP = frozenset({"build", "build_number", "channel", "subdir"})


def pip_requirement(package: str) -> str:
    """The requirement that installs a conda package (`numpy=1.26`) with pip (`numpy==1.26.*`).

    Raises InvalidEnvironment for a package that exists for conda only and for a version pip cannot express.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    match = _SPECIFICATION.fullmatch(_without_brackets(package.strip()))
    if match is None or "|" in package:
        raise _not_in_pips_words(package)
    name = match["name"].lower()
    if _CONDA_ONLY.fullmatch(name):
        raise InvalidEnvironment(
            f"Conda package {package!r} cannot be installed with pip. Let a Docker Engine bring it: write a Dockerfile "
            "that installs it (environment.docker.base_dockerfile). Or take it out of the conda file and name a "
            "base_image that has it."
        )
    requirement = f"{_PIP_NAMES.get(name, name)}{_version(match['version'] or '')}"
    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        raise _not_in_pips_words(package) from error
    return requirement


def is_conda_only(package: str) -> bool:
    """Does a package exist for conda, and not for pip?"""
    match = _SPECIFICATION.fullmatch(package.partition("[")[0].strip())
    return match is not None and _CONDA_ONLY.fullmatch(match["name"].lower()) is not None


def pip_requirements(packages: Sequence[str]) -> list[str]:
    """The requirements for all `packages`; one InvalidEnvironment names every package that cannot be had."""
    requirements, problems = [], []
    for package in packages:
        try:
            requirements.append(pip_requirement(package))
        except InvalidEnvironment as error:
            problems.append(str(error))
    if problems:
        raise InvalidEnvironment("\n".join(problems))
    return requirements


def _without_brackets(package: str) -> str:
    """`name[version='>=1,<2']` as `name>=1,<2`; in brackets, conda takes a bare version as exact."""
    match = _BRACKETS.fullmatch(package)
    if match is None:
        return package
    pairs = {key.lower(): value.strip("'\"") for key, value in re.findall(_PAIR, match["pairs"])}
    version = pairs.pop("version", "").strip()
    unknown = sorted(pairs.keys() - _NO_MATTER_TO_PIP)
    if unknown:
        raise InvalidEnvironment(
            f"Conda package {package!r} says {unknown[0]!r}, which pip cannot follow; leave it out and name the "
            "version, or put the package under 'pip:' instead."
        )
    if not version:
        return match["bare"]
    name = re.split(r"[\s=<>!~]", match["bare"], maxsplit=1)[0]
    operator = "" if version[0] in "=<>!~" else "=" if version.endswith("*") else "=="
    return f"{name}{operator}{version}"


def _not_in_pips_words(package: str) -> InvalidEnvironment:
    return InvalidEnvironment(f"Conda package {package!r} cannot be said in pip's words; put it under 'pip:' instead.")


def _version(text: str) -> str:
    """Conda's `=1.26`, `==1.26.4`, `=1.26.4=py311_0`, `1.26.*` and `>=1,<2` as pip writes them."""
    compact = text.replace(" ", "") if re.match(r"[=<>!~]", text) else "=".join(text.split())
    if re.match(r"[<>!~]", compact):
        return compact
    exact = compact.startswith("==")
    version = compact.lstrip("=").split("=")[0].rstrip("*").rstrip(".")
    has_build = "=" in compact.lstrip("=")
    if not version:
        return ""
    return f"=={version}" if exact or has_build else f"=={version}.*"
