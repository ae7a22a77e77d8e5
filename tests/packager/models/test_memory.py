from packager.models import MemoryModelRegistry
from packager.models.contract import ModelDetails


def test_nothing_is_copied(model_file):
    assert MemoryModelRegistry().register("m", model_file, ModelDetails()).path == model_file


def test_registries_do_not_share(model_file):
    MemoryModelRegistry().register("m", model_file, ModelDetails())

    assert MemoryModelRegistry().versions() == []
