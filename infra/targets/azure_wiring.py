"""What every app in Azure needs around it: its group, its identity, its accounts, and the settings that lead there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.contract import DeploymentSpec, Manifest, Secret, as_read
from infra.errors import InvalidDeployment
from infra.resources import identity, service_bus, storage
from infra.resources.expressions import (
    Expression,
    RegistryPassword,
    ResourceId,
    RoleDefinitionId,
    ServiceBusConnection,
    StorageConnection,
)
from infra.resources.kinds import GROUP, NAMESPACE, REGISTRY, STORAGE, VAULT, id_of, resource
from infra.targets.azure_connections import Wanted, is_given, wanted
from infra.targets.azure_events import deliveries
from infra.targets.azure_names import (
    check_copies,
    check_image,
    check_name,
    check_options,
    check_region,
    check_settings,
    derived_name,
)
from infra.targets.azure_options import AzureOptions, existing, region, resource_group
from packager.staging.container import AZURE_HOST
from triggers.blob_account import HOST_SETTING
from triggers.host_id import host_id

HOST_ID_SETTING = "AzureFunctionsWebHost__hostid"
_ACR = ".azurecr.io"
Settings = dict[str, Expression | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccess:
    """How the image is pulled."""

    server: str
    by_identity: bool = False
    username: str = ""
    password: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """One app's surroundings."""

    group: str
    region: str
    manifests: tuple[Manifest, ...]
    """In the order of applying, the group first; all of them before the app."""
    later: tuple[Manifest, ...] = ()
    """What may need something that only people make, so that the app does not wait for it."""
    settings: Mapping[str, Expression | str | Secret]
    """All settings of the app: where its accounts are, and those of the deployment."""
    registry: RegistryAccess
    identity: Manifest | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of everything that is there before the app."""
        return tuple(each.address for each in self.manifests)

    def after(self, app: Manifest) -> tuple[Manifest, ...]:
        """`later`, once the app is there."""
        return tuple(replace(each, after=(*each.after, app.address)) for each in self.later)


def wiring(spec: DeploymentSpec, options: AzureOptions, *, accounts: int) -> Wiring:
    """The surroundings of the app, whose host and triggers have `accounts` storage accounts between them, 1 or 2.

    Raises InvalidDeployment for what Azure would refuse.
    """
    reference = check_image(spec.image)
    check_settings(spec)
    builder = _Builder(spec, options)
    builder.connect(wanted(spec), accounts)
    registry = builder.registry(reference.registry)
    builder.open_vaults()
    missing = [name for name in spec.image.connections if not builder.leads_to(name)]
    if missing:
        raise InvalidDeployment(
            f"The app needs the setting {missing[0]!r}, which nothing here can derive: "
            f"{spec.image.connections[missing[0]]} Add it to the deployment's settings."
        )
    chosen = {as_read(name) for name in spec.settings}
    derived = {name: value for name, value in builder.settings.items() if as_read(name) not in chosen}
    return Wiring(
        group=builder.group,
        region=builder.region,
        manifests=(builder.group_manifest(), *builder.manifests),
        later=tuple(builder.later),
        settings={**derived, **spec.settings},
        registry=registry,
        identity=builder.who,
        tags=dict(spec.tags),
    )


class _Builder:
    """Puts the surroundings together, one thing after the other."""

    def __init__(self, spec: DeploymentSpec, options: AzureOptions) -> None:
        self._spec = spec
        self._options = options
        self.group = check_name("resource group", resource_group(spec))
        self.region = check_region(region(options))
        check_options(options)
        self.manifests: list[Manifest] = []
        self.later: list[Manifest] = []
        self.settings: Settings = {}
        self.who: Manifest | None = None
        if spec.image.functions:
            self.settings[HOST_ID_SETTING] = host_id(Path(spec.name), {})

    def group_manifest(self) -> Manifest:
        return resource(
            GROUP, self.group, {"location": self.region, "tags": dict(self._spec.tags)}, deployment=self._spec.name
        )

    def leads_to(self, setting: str) -> bool:
        return is_given(self._spec, setting) or any(
            name == setting or name.startswith(f"{setting}__") for name in self.settings
        )

    def connect(self, needs: Wanted, accounts: int) -> None:
        """The accounts of host and triggers, and the Service Bus namespace."""
        of_triggers = tuple(name for name in needs.storage if name != HOST_SETTING)
        if self._spec.image.functions and not is_given(self._spec, HOST_SETTING):
            share = accounts == 1 or not of_triggers or HOST_SETTING in needs.storage
            own = share and not (of_triggers and self._options.trigger_storage)
            self._account("host", (HOST_SETTING, *of_triggers) if own else (HOST_SETTING,), needs if own else Wanted())
            of_triggers = () if own else of_triggers
        if of_triggers:
            self._account("data", of_triggers, needs)
        if needs.bus:
            self._bus(needs)

    def _account(self, which: str, settings: tuple[str, ...], holds: Wanted) -> None:
        made = which == "host" or not self._options.trigger_storage
        if made:
            chosen = self._options.storage if which == "host" else ""
            name = check_name("storage account", chosen or derived_name(self._spec, self.group, which))
            manifest = storage.account(
                name,
                self.region,
                sku=check_copies(self._options.storage_sku),
                keys=self._options.keys,
                deployment=self._spec.name,
                tags=self._spec.tags,
            )
            self.manifests.append(manifest)
            place = id_of(manifest)
        else:
            name, place = existing(STORAGE, self._options.trigger_storage)
            check_name("storage account", name)
        is_here = place.group in ("", self.group)
        if is_here:
            self.manifests += [storage.container(name, each, made=made) for each in holds.containers]
            self.manifests += [storage.queue(name, each, made=made) for each in holds.queues]
        if not self._options.keys:
            # Microsoft's host writes its own events into a table.
            tables = holds.tables or (which == "host" and self._spec.image.host == AZURE_HOST)
            more = (identity.TABLE_CONTRIBUTOR,) if tables else ()
            for role in (identity.BLOB_OWNER, identity.QUEUE_CONTRIBUTOR, *more):
                self._allow(role, place, made=made)
        told = deliveries(self._spec, self._options, holds.told, account=place, made=made, group=self.group)
        # Elsewhere people make the queues.
        (self.manifests if is_here else self.later).extend(told)
        services = ("blob", "queue", "table") if holds.tables else ("blob", "queue")
        for setting in settings:
            self.settings |= self._storage_settings(setting, name, place, services)

    def _storage_settings(self, setting: str, name: str, place: ResourceId, services: tuple[str, ...]) -> Settings:
        if self._options.keys:
            return {setting: StorageConnection(account=place)}
        if setting == HOST_SETTING:
            where: Settings = {f"{setting}__accountName": name}
        else:
            where = {f"{setting}__{each}ServiceUri": f"https://{name}.{each}.core.windows.net" for each in services}
        return {**where, **self._login(setting)}

    def _bus(self, needs: Wanted) -> None:
        made = not self._options.service_bus
        if made:
            name = check_name("Service Bus namespace", derived_name(self._spec, self.group, "bus"))
            manifest = service_bus.namespace(
                name, self.region, keys=self._options.keys, deployment=self._spec.name, tags=self._spec.tags
            )
            self.manifests.append(manifest)
            place = id_of(manifest)
        else:
            name, place = existing(NAMESPACE, self._options.service_bus)
            check_name("Service Bus namespace", name)
        if place.group in ("", self.group):
            self.manifests += [service_bus.queue(name, each, made=made) for each in needs.bus_queues]
            for topic, subscriptions in needs.topics.items():
                of = service_bus.topic(name, topic, made=made)
                self.manifests += [of, *(service_bus.subscription(of, each) for each in subscriptions)]
        if not self._options.keys:
            self._allow(identity.BUS_OWNER, place, made=made)
        for setting in needs.bus:
            if self._options.keys:
                self.settings[setting] = ServiceBusConnection(namespace=place)
            else:
                self.settings[f"{setting}__fullyQualifiedNamespace"] = f"{name}.servicebus.windows.net"
                self.settings |= self._login(setting)

    def registry(self, server: str) -> RegistryAccess:
        """By what the deployment says; else, from a registry in Azure, by identity or its admin's password."""
        login = self._spec.registry
        if login.username:
            return RegistryAccess(server=login.server or server, username=login.username, password=login.password)
        if not server.endswith(_ACR):
            return RegistryAccess(server=server)
        name = server.removesuffix(_ACR)
        place = ResourceId(address=f"{REGISTRY}/{name}", group=self._options.registry_group)
        if self._options.keys:
            return RegistryAccess(server=server, username=name, password=RegistryPassword(registry=place))
        self._allow(identity.ACR_PULL, place, made=False)
        return RegistryAccess(server=server, by_identity=True)

    def open_vaults(self) -> None:
        """Let the app read the secrets that its settings name in vaults."""
        values = [*self._spec.settings.values(), self._spec.registry.password]
        uris = [each.vault_uri for each in values if isinstance(each, Secret) and each.vault_uri]
        for name in dict.fromkeys(uri.removeprefix("https://").partition(".")[0] for uri in uris):
            place = ResourceId(address=f"{VAULT}/{name}", group=self._options.vault_group)
            self._allow(identity.SECRETS_USER, place, made=False)

    def _allow(self, role: RoleDefinitionId, place: ResourceId, *, made: bool) -> None:
        self.manifests.append(identity.role_assignment(role, to=self._me(), scope=place, group=self.group, made=made))

    def _login(self, setting: str) -> Settings:
        return {
            f"{setting}__credential": "managedidentity",
            f"{setting}__clientId": identity.client_id(self._me()),
        }

    def _me(self) -> Manifest:
        if self.who is None:
            name = f"{self._spec.name}-identity"
            self.who = identity.identity(name, self.region, deployment=self._spec.name, tags=self._spec.tags)
            self.manifests.insert(0, self.who)
        return self.who
