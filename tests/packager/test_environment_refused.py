import pytest

from packager import Environment, InvalidEnvironment


@pytest.mark.parametrize(
    "call",
    [
        lambda environment: environment.build(None),
        lambda environment: environment.build_local(None, platform="linux"),
        lambda environment: environment.get_image_details(None),
    ],
)
def test_there_is_no_image_of_an_environment_alone(call):
    with pytest.raises(InvalidEnvironment, match=r"of 'e' is not possible: .* Call package\(\)"):
        call(Environment("e"))


@pytest.mark.parametrize(("section", "words"), [("databricks", "Databricks"), ("spark", "pyspark"), ("r", "Python")])
def test_sections_that_mean_nothing_in_a_container(section, words):
    with pytest.raises(InvalidEnvironment, match=f"has no section '{section}': .*{words}"):
        getattr(Environment("e"), section)


def test_a_section_that_means_nothing_cannot_be_set():
    with pytest.raises(AttributeError):
        Environment("e").databricks = object()


def test_a_build_context_is_refused_with_the_way_out():
    with pytest.raises(InvalidEnvironment, match=r"from_dockerfile\(\)"):
        Environment.from_docker_build_context("e", object())
