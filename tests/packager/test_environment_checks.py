import pytest

from packager import ContainerRegistry, DockerBuildContext, Environment, InvalidEnvironment
from packager.environment_checks import check_environment


def changed(**docker: object) -> Environment:
    environment = Environment("e")
    for name, value in docker.items():
        setattr(environment.docker, name, value)
    return environment


@pytest.mark.parametrize("version", ["3.8", "3.10", "3.13"])
def test_a_python_that_the_host_does_not_run_on_is_refused(version):
    with pytest.raises(InvalidEnvironment, match=f"asks for Python {version}, and the host"):
        check_environment(Environment("e", python_version=version))


def test_another_interpreter_is_refused():
    environment = Environment("e")
    environment.python.interpreter_path = "/opt/conda/bin/python"

    with pytest.raises(InvalidEnvironment, match="interpreter_path '/opt/conda/bin/python'"):
        check_environment(environment)


@pytest.mark.parametrize(
    ("text", "words"),
    [("RUN x\n", "has no FROM"), ("FROM a\nCOPY wheels /wheels\n", "has the line 'COPY wheels /wheels'")],
)
def test_a_dockerfile_that_cannot_be_built_here_is_refused(text, words):
    with pytest.raises(InvalidEnvironment, match=words):
        check_environment(changed(base_dockerfile=text))


def test_copies_between_stages_are_fine():
    check_environment(changed(base_dockerfile="FROM a AS b\nFROM c\nCOPY --from=b /x /x\n"))


def test_a_build_context_of_its_own_is_refused():
    context = DockerBuildContext.from_local_directory(None, "folder")

    with pytest.raises(InvalidEnvironment, match=r"Environment\.from_dockerfile"):
        check_environment(changed(build_context=context))


def test_what_has_no_meaning_is_told(caplog):
    check_environment(changed(shm_size="8g", arguments=["--gpus", "all"]))

    assert "docker.arguments, docker.shm_size has no meaning in an image" in caplog.text


def test_credentials_are_not_used_and_that_is_told(caplog):
    check_environment(changed(base_image_registry=ContainerRegistry("r.example.com", "user", "password")))

    assert "log in to it with 'docker login'" in caplog.text
    assert "password" not in caplog.text
