from packager.builders.memory import MemoryBuilder
from packager.image_reference import ImageReference
from packager.request import check_request
from packager.staging.context import stage

REFERENCE = ImageReference(repository="m", tag="1")


def test_the_id_follows_the_content(inference_config, tmp_path):
    builder = MemoryBuilder()
    http = stage(check_request([], inference_config, {"http": {}}), tmp_path / "http")
    blob = stage(check_request([], inference_config, {"blob": {}}), tmp_path / "blob")

    ids = [builder.build(context, REFERENCE, lambda _: None).id for context in (http, blob, http)]

    assert ids[0] == ids[2] != ids[1]
    assert [context for context, _ in builder.built] == [http, blob, http]
