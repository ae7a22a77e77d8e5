import pytest

from packager.azureml import exceptions


@pytest.mark.process
def test_old_code_catches_what_it_caught(run_old):
    printed = run_old("""
    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig
    from azureml.contrib.functions import package
    from azureml.exceptions import *
    from packager import BuildFailed, ModelNotFound

    ws = Workspace.from_config()
    for caught in (WebserviceException, ModelNotFoundException, AzureMLException, ModelNotFound):
        try:
            Model(ws, "none")
        except caught as error:
            print(error.message == str(error), error.status_code)
    try:
        InferenceConfig("missing.py")
    except UserErrorException as error:
        print(str(error)[:12])
    try:
        raise BuildFailed("It failed.", log="the log")
    except WebserviceException as error:
        print(error, error.log)
    """)

    assert printed == "True None\n" * 4 + "entry_script\nIt failed. the log\n"


@pytest.mark.process
def test_installed_exceptions_are_used(run_old, tmp_path):
    package = tmp_path / "installed" / "azureml"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "exceptions.py").write_text(
        "class AzureMLException(Exception):\n"
        "    def __init__(self, exception_message, **kwargs): self._message = exception_message\n"
        "    def __str__(self): return 'theirs'\n"
        "class WebserviceException(AzureMLException): real = True\n"
        "class UserErrorException(AzureMLException): pass\n"
        "class ModelNotFoundException(AzureMLException): pass\n"
    )

    printed = run_old("""
    from azureml.exceptions import WebserviceException
    from packager import Model
    import packager.azureml.exceptions as ours
    ours.adopt()
    try:
        Model(None, "none")
    except WebserviceException as error:
        print(error.real, error)
    """)

    assert printed.startswith("True There is no model 'none'")


def test_they_can_be_raised_as_before():
    with pytest.raises(exceptions.AzureMLException) as caught:
        raise exceptions.WebserviceException("gone", status_code=404)

    assert (caught.value.message, caught.value.status_code, str(caught.value)) == ("gone", 404, "gone")
    assert exceptions.UserErrorException("x", target="y").message == "x"
