"""Read which Python packages a conda environment on this machine has."""

import json
import subprocess

from packager.conda_dependencies import CondaDependencies
from packager.errors import InvalidEnvironment

_LEFT_OUT = frozenset({"pip", "setuptools", "wheel"})
# Asked of the environment's own Python: what conda itself lists has names and builds that pip does not know.
_QUESTION = (
    "import importlib.metadata as m, json, sys; "
    "print(json.dumps({'python': '%d.%d.%d' % sys.version_info[:3], "
    "'packages': sorted({(d.metadata['Name'], d.version) for d in m.distributions() if d.metadata['Name']})}))"
)


def existing_conda_environment(name: str) -> CondaDependencies:
    """The Python version and packages of the conda environment `name`; raises InvalidEnvironment."""
    command = ["conda", "run", "--name", name, "python", "-c", _QUESTION]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout)
    except FileNotFoundError as error:
        raise InvalidEnvironment(
            f"The conda environment {name!r} cannot be read: there is no command 'conda' on this machine. Export the "
            "environment where it is ('conda env export') and use Environment.from_conda_specification()."
        ) from error
    except (subprocess.CalledProcessError, ValueError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()
        raise InvalidEnvironment(
            f"{said}\nThe conda environment {name!r} cannot be read; 'conda env list' shows which there are."
        ) from error
    found = CondaDependencies.create(python_version=answer["python"])
    for package, version in answer["packages"]:
        if package.lower() not in _LEFT_OUT:
            found.add_pip_package(f"{package}=={version}")
    return found
