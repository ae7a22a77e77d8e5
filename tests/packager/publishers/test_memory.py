from packager.builders.contract import BuiltImage
from packager.image_reference import ImageReference
from packager.publishers.memory import MemoryPublisher


def test_the_images_id_stands_for_the_digest():
    publisher = MemoryPublisher()
    image = BuiltImage(reference=ImageReference(repository="m", tag="1"), id="sha256:1", platform="linux/amd64", size=1)
    to = ImageReference(repository="localhost/m", tag="1")

    assert publisher.publish(image, to, lambda _: None) == "localhost/m@sha256:1"
    assert publisher.published == [(image, to)]
