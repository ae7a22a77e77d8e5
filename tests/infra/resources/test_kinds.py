from infra.resources.expressions import ResourceId
from infra.resources.kinds import CONTAINER, SITE, api_version, id_of, kind_of, name_of, resource

ADDRESS = f"{CONTAINER}/account/default/input"


def test_an_address_is_a_kind_and_as_many_names() -> None:
    assert (kind_of(ADDRESS), name_of(ADDRESS)) == (CONTAINER, "account/default/input")
    assert (kind_of(f"{SITE}/mine"), name_of(f"{SITE}/mine")) == (SITE, "mine")


def test_a_resource_knows_its_version_and_whose_it_is() -> None:
    made = resource(SITE, "mine", {"tags": {"team": "ml"}}, after=["a/b"], deployment="diabetes")

    assert made.body == {
        "apiVersion": api_version(SITE),
        "tags": {"team": "ml", "packager-deployment": "diabetes"},
    }
    assert made.after == ("a/b",)
    assert id_of(made) == ResourceId(address=f"{SITE}/mine")


def test_what_takes_no_tags_has_none() -> None:
    assert resource(CONTAINER, "a/default/b", {"properties": {}}).body.keys() == {"apiVersion", "properties"}
