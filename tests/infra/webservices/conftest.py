"""Places for web services that exist in memory only."""

from types import SimpleNamespace

import pytest

from infra import deploying
from infra.contract import AppImage, Deployment, Manifest
from infra.errors import NeverReady
from infra.webservices import making, places
from infra.webservices.making import ModelPackage
from tests.support.deployments import target_named


class Cloud:
    """Every target at once: keeps the specification of each deployment, and says how it is."""

    platform = "memory"

    def __init__(self) -> None:
        self.specs = {}
        self.states = {}
        self.made = []
        self.url = "http://127.0.0.1:1"
        self.lent = []

    def target(self, name):
        options = target_named(name).options
        return SimpleNamespace(name=name, platform="memory", options=options, render=self.render)

    def render(self, spec):
        self.specs[spec.name] = spec
        return [Manifest(kind="app", name=spec.name, body={})]

    def open(self, spec, log):
        return SimpleNamespace(
            apply=lambda _: self.apply(spec),
            status=lambda: self.status(spec),
            remove=lambda: self.remove(spec),
            logs=lambda follow=False, lines=100: iter(["first line", f"{lines} lines asked"]),
        )

    def apply(self, spec):
        self.lent.append({key: places_environment().get(key) for key in places.KEY_SETTINGS})
        self.states[spec.name] = "running"
        if "broken" in spec.image.reference:
            self.states[spec.name] = "failed"
            raise NeverReady("It never answered.", output="")
        return self.status(spec)

    def status(self, spec):
        state = self.states.get(spec.name)
        return state and Deployment(name=spec.name, target=spec.target, state=state, url=self.url)

    def remove(self, spec):
        return [] if self.states.pop(spec.name, None) is None else [f"app/{spec.name}"]

    def package(self, workspace, models, inference_config, **options):
        self.made.append((list(models), inference_config, options))
        location = f"r.example/{options['image_name']}-{len(self.made)}@sha256:0"
        return ModelPackage(workspace=workspace, location=location)


def places_environment():
    from infra.config import environment

    return environment()


@pytest.fixture
def cloud(monkeypatch, tmp_path) -> Cloud:
    made = Cloud()
    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path))
    monkeypatch.setenv("PACKAGER_PUBLISH_TO", "r.example")
    monkeypatch.setattr(deploying, "target_named", made.target)
    monkeypatch.setattr(places, "target_named", made.target)
    monkeypatch.setattr(deploying, "platform_named", lambda _: made.open)
    monkeypatch.setattr(deploying, "app_image", lambda name: AppImage(reference=name))
    monkeypatch.setattr(making, "package", made.package)
    return made
