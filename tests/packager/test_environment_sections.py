import pytest

from packager import ContainerRegistry, DockerBuildContext, DockerSection, PythonSection


def test_sources_of_an_image_exclude_each_other_with_a_warning(caplog):
    docker = DockerSection(base_image="a:1")

    docker.base_dockerfile = "FROM b"
    assert (docker.base_image, docker.base_dockerfile) == (None, "FROM b")
    assert "docker.base_image is cleared: docker.base_dockerfile stands for it." in caplog.text

    docker.build_context = DockerBuildContext(location="x")
    assert docker.base_dockerfile is None


def test_none_clears_nothing(caplog):
    docker = DockerSection(base_image="a:1")

    docker.base_dockerfile = None

    assert docker.base_image == "a:1"
    assert caplog.text == ""


def test_a_dockerfile_may_be_a_path(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM c\nRUN x\n")
    docker = DockerSection()

    docker.base_dockerfile = str(tmp_path / "Dockerfile")

    assert docker.base_dockerfile == "FROM c\nRUN x\n"


@pytest.mark.parametrize("section", [DockerSection(), PythonSection(), ContainerRegistry()])
def test_a_misspelt_field_is_an_error(section):
    with pytest.raises(AttributeError, match="base_imag"):
        section.base_imag = "x"


def test_the_old_way_to_name_a_conda_file(tmp_path):
    (tmp_path / "env.yml").write_text("dependencies:\n- numpy=1.26\n")
    section = PythonSection()

    section.conda_dependencies_file = tmp_path / "env.yml"

    assert section.conda_dependencies.conda_packages == ["numpy=1.26"]


def test_a_password_is_not_shown():
    assert "hidden" not in repr(ContainerRegistry("a", "b", "hidden"))
