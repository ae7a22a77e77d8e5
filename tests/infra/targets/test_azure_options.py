import pytest

from infra.contract import DeploymentSpec
from infra.errors import InvalidDeployment
from infra.resources.expressions import ResourceId
from infra.targets.azure_options import AzureOptions, azure_options, existing, region, resource_group
from infra.targets.azure_site import SiteOptions
from tests.support.deployments import image


def spec(options: object) -> DeploymentSpec:
    return DeploymentSpec(name="diabetes", target="functions", image=image({}), options=options)


def test_without_options_there_are_the_defaults() -> None:
    assert azure_options(spec(None), SiteOptions) == SiteOptions()
    assert resource_group(spec(None)) == "diabetes-group"
    assert resource_group(spec(SiteOptions(resource_group="mine"))) == "mine"


def test_options_of_another_target_are_refused() -> None:
    with pytest.raises(InvalidDeployment, match="AzureOptions; this target takes SiteOptions"):
        azure_options(spec(AzureOptions()), SiteOptions)


def test_a_region_may_be_written_as_people_say_it() -> None:
    assert region(AzureOptions(region="West Europe")) == "westeurope"


def test_what_is_there_already_may_be_in_another_group() -> None:
    assert existing("A/b", "data") == ("data", ResourceId(address="A/b/data"))
    assert existing("A/b", "shared/data") == ("data", ResourceId(address="A/b/data", group="shared"))
