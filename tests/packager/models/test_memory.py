from packager.models import MemoryModelRegistry
from packager.models.contract import ModelDetails


def test_nothing_is_copied(model_file):
    assert MemoryModelRegistry().register("m", model_file, ModelDetails()).path == model_file


def test_registries_do_not_share(model_file):
    MemoryModelRegistry().register("m", model_file, ModelDetails())

    assert MemoryModelRegistry().versions() == []


def test_only_the_asked_for_files_count(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "net" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "net" / name).write_text(name)
    registry = MemoryModelRegistry()
    version = registry.register("m", tmp_path / "net", ModelDetails(), ["a"])
    (tmp_path / "net" / "b").write_text("other")

    assert registry.fetch(version) == tmp_path / "net"
