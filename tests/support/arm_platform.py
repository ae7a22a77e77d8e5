"""The platform for Azure on a fake of it, in a hurry."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo

from infra.contract import Change, DeploymentSpec, Manifest
from infra.errors import NotPermitted
from infra.platforms.arm import ENDPOINT, ArmPlatform, ArmTimes
from infra.platforms.arm_client import ArmClient, Pace
from infra.platforms.arm_keys import ReadBlob
from infra.platforms.arm_place import ArmPlace
from infra.platforms.arm_ready import Probe
from infra.registry import target_named
from tests.support.fake_arm import SUBSCRIPTION, FakeArm, serving
from tests.support.fake_arm.wire import Answer, Asked

SHARED = "shared"
"""A group that was there before, with the registry `teamimages`."""
FAST = Pace(poll=0.01, backoff=0.01, operation=5, directory=0.5)


class Token:
    """A credential that asks nobody."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)

    def get_token_info(self, *_: str, **__: Any) -> AccessTokenInfo:
        return AccessTokenInfo("token", int(time.time()) + 3600)


@dataclass(kw_only=True)
class MemoryBlobs:
    """What is in the accounts, as infra.platforms.arm_keys.ReadBlob."""

    kept: dict[str, bytes] = field(default_factory=dict)
    """Address of the blob -> its content."""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Addresses, and with what right."""
    is_forbidden: bool = False

    def __call__(self, url: str, credential: Any, path: str) -> bytes | None:
        address = f"{url.rstrip('/')}/{path}"
        self.asked.append((address, credential))
        if self.is_forbidden:
            raise NotPermitted(f"you may not read {address} (AuthorizationPermissionMismatch).")
        return self.kept.get(address)


@dataclass(kw_only=True)
class Azure:
    """A fake with what surrounds a deployment, and the platform on it."""

    fake: FakeArm
    lines: list[str] = field(default_factory=list)
    """The platform's log."""
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    read: ReadBlob | None = None
    """In place of `blobs`."""

    def platform(self, spec: DeploymentSpec, *, ready: float = 2, probe: Probe | None = None) -> ArmPlatform:
        return ArmPlatform(
            spec,
            log=self.lines.append,
            credential=Token(),
            times=ArmTimes(ready=ready, pause=0.01, pace=FAST),
            probe=probe or self.fake.fronts.probe,
            read=self.read or self.blobs,
        )

    def apply(self, spec: DeploymentSpec, **said: Any) -> Any:
        return self.platform(spec, **said).apply(rendered(spec))

    def changes(self, spec: DeploymentSpec) -> list[Change]:
        """What a plan says that would change."""
        return [each for each in self.platform(spec).diff(rendered(spec)) if each.action != "none"]

    def client(self) -> ArmClient:
        return ArmClient(self.fake.address, Token(), log=self.lines.append, pace=FAST)

    def put(self, path: str, body: dict[str, Any]) -> None:
        """As somebody else would, below the subscription."""
        answer = self.ask("PUT", path, body)
        assert answer.status < 300, answer.body

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        whole, headers = f"/subscriptions/{SUBSCRIPTION}{path}", {"authorization": "Bearer other"}
        answer = self.fake.answer(
            Asked(method=method, path=whole, query={"api-version": "1"}, headers=headers, body=body)
        )
        self.fake.asked.pop()
        return answer


@contextmanager
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """A subscription with the group `shared` and in it the registry `teamimages`, found by the environment."""
    with serving() as fake:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.certificates))
        monkeypatch.setenv(ENDPOINT, fake.address)
        monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)
        found = Azure(fake=fake)
        surround(found)
        yield found


def surround(found: Azure) -> None:
    found.put(f"/resourceGroups/{SHARED}", {"location": "westeurope"})
    registry = {"location": "westeurope", "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": True}}
    found.put(f"/resourceGroups/{SHARED}/providers/Microsoft.ContainerRegistry/registries/teamimages", registry)


def rendered(spec: DeploymentSpec) -> list[Manifest]:
    return list(target_named(spec.target).render(spec))


def place(group: str = "diabetes-group") -> ArmPlace:
    return ArmPlace(subscription=SUBSCRIPTION, group=group)
