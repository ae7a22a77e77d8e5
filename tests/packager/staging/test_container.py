import pytest

from packager.errors import InvalidPackageRequest
from packager.staging.container import container


def test_our_host_runs_as_nobody_in_particular():
    found = container("functions", {"B": "2", "A": "1"})

    assert found.user == "65532:65532"
    assert found.port == 8080
    assert found.command[:3] == ["/opt/venv/bin/python", "-m", "function_host"]
    assert "--port" not in found.command
    assert found.environment["PYTHONPATH"] == "/home/site/wwwroot/.python_packages/lib/site-packages"
    assert list(found.environment)[-2:] == ["A", "B"]


def test_the_health_check_needs_no_shell_and_asks_where_the_host_listens():
    check = container("functions", {}).health_check()

    assert check["Test"][:3] == ["CMD", "/opt/venv/bin/python", "-c"]
    assert "WEBSITES_PORT" in check["Test"][3]
    compile(check["Test"][3], "health", "exec")


def test_microsofts_host_starts_itself():
    found = container("azure_functions", {"A": "1"})

    assert found.port == 80
    assert (found.user, found.command, found.health) == ("", (), ())
    assert found.environment == {
        "A": "1",
        "AzureFunctionsJobHost__Logging__Console__IsEnabled": "true",
        "AzureWebJobsScriptRoot": "/home/site/wwwroot",
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }


def test_settings_of_the_user_win():
    assert container("functions", {"PYTHONUNBUFFERED": "0"}).environment["PYTHONUNBUFFERED"] == "0"


def test_another_host_is_refused_with_those_there_are():
    with pytest.raises(InvalidPackageRequest, match="host='azure' is not one of 'azure_functions' and 'functions'"):
        container("azure", {})
