import json

from packager.staging.dockerfile import DOCKERIGNORE, Recipe, render_dockerfile


def rendered(**changes: object) -> list[str]:
    arguments = {
        "base_image": "python:3.11-slim",
        "python_version": "3.11",
        "variables": {},
        "has_models": True,
        **changes,
    }
    return render_dockerfile(Recipe(**arguments)).splitlines()


def json_after(lines: list[str], word: str) -> list[str]:
    return json.loads(next(line for line in lines if line.startswith(word)).removeprefix(word))


def test_what_changes_seldom_comes_first():
    lines = rendered()
    order = [line for line in lines if line.startswith("COPY")]

    assert order == [
        "COPY requirements.txt /wheels/",
        "COPY --from=packages /opt/venv /opt/venv",
        "COPY .python_packages/ .python_packages/",
        "COPY azureml-models/ azureml-models/",
        "COPY azureml-app/ azureml-app/",
        "COPY function_app.py host.json requirements.txt ./",
    ]
    assert lines[0] == "FROM python:3.11-slim AS packages"


def test_it_runs_the_host_as_nobody_in_particular():
    lines = rendered()

    assert "USER 65532:65532" in lines
    assert "EXPOSE 8080" in lines
    assert "STOPSIGNAL SIGTERM" in lines
    assert json_after(lines, "CMD ") == [
        "/opt/venv/bin/python",
        "-m",
        "function_host",
        "start",
        "--script-root",
        "/home/site/wwwroot",
        "--host",
        "0.0.0.0",
    ]
    assert "/admin/host/ping" in json_after(lines, "  CMD ")[2]


def test_no_frontend_has_to_be_fetched():
    assert not any(line.startswith("# syntax") for line in rendered())


def test_a_wheelhouse_needs_no_network():
    lines = rendered(wheelhouse=True)

    assert "COPY requirements.txt wheels/ /wheels/" in lines
    assert any("install --no-index --find-links=/wheels -r /wheels/requirements.txt" in line for line in lines)
    assert "--no-index" not in "".join(rendered())


def test_without_models_nothing_is_copied_for_them():
    assert not any("azureml-models" in line for line in rendered(has_models=False))


def test_variables_are_quoted():
    lines = rendered(variables={"B": 'say "$HOME"', "A": "back\\slash"})

    assert '    A="back\\\\slash" \\' in lines
    assert '    B="say \\"\\$HOME\\""' in lines
    assert lines.index('    A="back\\\\slash" \\') < lines.index('    B="say \\"\\$HOME\\""')


def test_secrets_of_a_developer_stay_behind():
    assert "local.settings.json" in DOCKERIGNORE.splitlines()


def test_a_lock_is_installed_by_its_hashes_and_nothing_else():
    lines = rendered(locked=True)

    assert "COPY requirements.txt requirements.lock /wheels/" in lines
    assert any("--no-deps --require-hashes -r /wheels/requirements.lock" in line for line in lines)
    assert "COPY function_app.py host.json requirements.txt requirements.lock ./" in lines


def test_own_steps_come_right_after_the_base_image_in_both_stages():
    lines = rendered(steps="RUN apt-get update")

    assert lines[:2] == ["FROM python:3.11-slim AS own", "RUN apt-get update"]
    assert [line for line in lines if line.startswith("FROM own")] == ["FROM own AS packages", "FROM own"]


def test_the_last_stage_of_an_own_dockerfile_is_the_base():
    lines = rendered(base_dockerfile="FROM a AS one\nRUN x\nFROM b AS two\nRUN y")

    assert lines[:4] == ["FROM a AS one", "RUN x", "FROM b AS own", "RUN y"]
    assert "FROM own AS packages" in lines
    assert not any("python:3.11-slim" in line for line in lines)


def test_packages_of_the_image_itself_are_seen_when_asked_for():
    assert "RUN python3 -m venv --system-site-packages /opt/venv" in rendered(system_packages=True)
    assert "RUN python3 -m venv /opt/venv" in rendered()


def test_microsofts_host_gets_the_same_app_and_starts_itself():
    lines = rendered(host="azure_functions", locked=True)

    assert "COPY --from=packages /packages/ .python_packages/lib/site-packages/" in lines
    assert any(
        line.endswith("--target /packages --no-deps --require-hashes -r /wheels/requirements.lock") for line in lines
    )
    assert "EXPOSE 80" in lines
    assert '    AzureFunctionsJobHost__Logging__Console__IsEnabled="true"' in lines
    assert not any(line.startswith(("USER", "CMD", "HEALTHCHECK")) or "/opt/venv" in line for line in lines)


def test_the_bases_entry_point_does_not_get_our_command_for_arguments():
    text = render_dockerfile(Recipe(base_image="python:3.11-slim", python_version="3.11"))

    assert text.index("ENTRYPOINT []\n") < text.index('\nCMD ["/opt/venv/bin/python"')
    assert "ENTRYPOINT" not in render_dockerfile(
        Recipe(base_image="python:3.11-slim", python_version="3.11", host="azure_functions")
    )
