"""Stand-ins for the retired azureml packages: `import packager.azureml` once, and old imports work.

A module that is installed is never replaced; only those that are missing are provided. Errors of the packager are
from then on those of azureml.exceptions too, so that `except WebserviceException` catches what it caught.
"""

from packager.azureml.exceptions import adopt
from packager.azureml.finder import install
from packager.azureml.running import own_traceback, run

__all__ = ["adopt", "install", "own_traceback", "run"]

install()
adopt()
