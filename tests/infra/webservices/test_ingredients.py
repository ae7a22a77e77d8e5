from types import SimpleNamespace

import docker
import pytest

from infra.errors import WebserviceFailed
from infra.webservices import ingredients as module
from infra.webservices.ingredients import Ingredients, ingredients_of, made, made_again, taken_out
from infra.webservices.records import ServiceRecord

RECORD = ServiceRecord(name="svc", compute_type="ACI", image="unheard-of")


def test_what_is_not_given_is_taken_again(cloud):
    first = made(None, RECORD, Ingredients(models=[SimpleNamespace(id="m:1")], inference_config="script"))
    second = made_again(None, first, None, "other script", None)

    assert (first.models, second.models) == (["m:1"], ["m:1"])
    assert ingredients_of(second).inference_config == "other script"
    assert [each[1] for each in cloud.made] == ["script", "other script"]


def test_the_script_may_be_in_the_old_form(cloud):
    old = SimpleNamespace(inference_config=lambda folder: ("made in", folder.is_dir()))

    made(None, RECORD, Ingredients(models=[], image_config=old))

    assert cloud.made[0][1] == ("made in", True)


def test_all_that_is_given_needs_no_memory(cloud):
    assert made_again(None, RECORD, ["m"], "script", None).models == ["m"]
    with pytest.raises(WebserviceFailed, match="made by another process"):
        made_again(None, RECORD, None, "script", None)


def test_only_the_engines_images_are_taken_out(monkeypatch):
    gone = []

    def remove(name, force):
        gone.append(name)
        raise docker.errors.ImageNotFound(name)

    monkeypatch.setattr(module, "connect", lambda: SimpleNamespace(images=SimpleNamespace(remove=remove)))

    taken_out("docker:svc:1")
    taken_out("r.example/svc@sha256:0")

    assert gone == ["svc:1"]
