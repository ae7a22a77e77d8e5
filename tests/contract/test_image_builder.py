"""What every ImageBuilder promises."""

import pytest

from packager import Environment, InferenceConfig
from packager.builders import ImageBuilder
from packager.builders.docker import DockerBuilder
from packager.builders.memory import MemoryBuilder
from packager.image_reference import ImageReference
from packager.request import check_request
from packager.staging.context import BuildContext, stage

REFERENCE = ImageReference(repository="packager-contract", tag="1")


class ImageBuilderContract:
    @pytest.fixture
    def builder(self) -> ImageBuilder:
        raise NotImplementedError

    @pytest.fixture
    def base(self) -> str | None:
        return None

    @pytest.fixture
    def context(self, tmp_path, base) -> BuildContext:
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
        config = InferenceConfig("score.py", source_directory=tmp_path / "source", environment=Environment("contract"))
        return stage(check_request([], config, {}, base_image=base), tmp_path / "context")

    def test_a_build_gives_a_named_image_and_a_log_and_leaves_the_context_alone(self, builder, context):
        before = sorted(path for path in context.folder.rglob("*"))
        lines: list[str] = []

        builder.check()
        image = builder.build(context, REFERENCE, lines.append)

        assert image.reference == REFERENCE
        assert image.id.startswith("sha256:")
        assert image.platform.startswith("linux/")
        assert image.size > 0
        assert lines
        assert sorted(path for path in context.folder.rglob("*")) == before


class TestMemoryBuilder(ImageBuilderContract):
    @pytest.fixture
    def builder(self):
        return MemoryBuilder()


@pytest.mark.docker
class TestDockerBuilder(ImageBuilderContract):
    @pytest.fixture
    def builder(self, docker_engine):
        yield DockerBuilder(docker_engine.client)
        docker_engine.client.images.remove(str(REFERENCE), force=True)

    @pytest.fixture
    def base(self, python_base):
        return python_base
