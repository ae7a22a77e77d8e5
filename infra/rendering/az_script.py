"""Manifests as a script of `az` commands that people can read, change and run step by step."""

import shlex
from collections.abc import Callable, Mapping, Sequence

from infra.contract import Manifest
from infra.rendering.arm_template import secret_variables
from infra.rendering.az_shell import JSON_FUNCTION, Shell, common, place, word
from infra.rendering.az_site import function_app, web_app
from infra.resources.expressions import DEPLOYMENT_TAG, Concat
from infra.resources.kinds import (
    BUS_QUEUE,
    BUS_SUBSCRIPTION,
    BUS_TOPIC,
    CONTAINER,
    CONTAINER_APP,
    CONTAINER_GROUP,
    ENVIRONMENT,
    EVENT_SUBSCRIPTION,
    EVENT_TOPIC,
    GROUP,
    IDENTITY,
    NAMESPACE,
    PLAN,
    QUEUE,
    ROLE,
    SITE,
    STORAGE,
    id_of,
    kind_of,
    name_of,
)
from infra.resources.urls import url_in
from infra.resources.web import ELASTIC, WEB_APP

_NOUNS: Mapping[str, str] = {
    GROUP: "Resource group",
    IDENTITY: "Identity",
    STORAGE: "Storage account",
    CONTAINER: "Container",
    QUEUE: "Storage queue",
    NAMESPACE: "Service Bus namespace",
    BUS_QUEUE: "Service Bus queue",
    BUS_TOPIC: "Service Bus topic",
    BUS_SUBSCRIPTION: "Subscription",
    EVENT_TOPIC: "Event topic",
    EVENT_SUBSCRIPTION: "Event subscription",
    PLAN: "Plan",
    SITE: "The app",
    CONTAINER_GROUP: "The app",
    ENVIRONMENT: "Environment",
    CONTAINER_APP: "The app",
}
_Writer = Callable[[Shell, Manifest, Sequence[Manifest]], None]


def az_script(name: str, manifests: Sequence[Manifest], *, subscription: str = "") -> str:
    """`deploy.sh`: one or a few commands for each manifest; secrets come from the environment, keys from Azure."""
    group = next(each.name for each in manifests if each.kind == GROUP)
    shell = Shell(group)
    _refuse_others(shell, name, manifests)
    for each in manifests:
        shell.say(_comment(each))
        _WRITERS.get(each.kind, _put)(shell, each, manifests)
    if url := url_in(manifests):
        text = shell.text(url)
        shell.lines += ["", f'echo "{text}"']
    return "\n".join([*_head(name, manifests, subscription), *shell.lines]) + "\n"


def _comment(manifest: Manifest) -> str:
    if manifest.kind == ROLE:
        scope, said = manifest.body["scope"].address, manifest.body["properties"]
        who = "The app" if kind_of(said["principalId"].of.address) == IDENTITY else "The event topic"
        return f"{who} is {said['roleDefinitionId'].name} at {name_of(scope)}."
    return f"{_NOUNS[manifest.kind]} {manifest.name}"


def _head(name: str, manifests: Sequence[Manifest], subscription: str) -> list[str]:
    asked = [f': "${{{each}:?must hold a secret setting of the app}}"' for each in secret_variables(manifests)]
    chosen = [f"az account set --subscription {shlex.quote(subscription)}"] if subscription else []
    return [
        "#!/usr/bin/env bash",
        f"# Deploys {name}. Log in with `az login` before. Running it again brings everything to what is said here.",
        "set -euo pipefail",
        *asked,
        "",
        JSON_FUNCTION,
        "",
        *chosen,
        "subscription=$(az account show --query id --output tsv)",
    ]


def _refuse_others(shell: Shell, name: str, manifests: Sequence[Manifest]) -> None:
    """The commands below would change what is there, whoever made it."""
    group, tag = shlex.quote(shell.group), f"{DEPLOYMENT_TAG}={name}"
    query = shell.text(f"[?tags.\"{DEPLOYMENT_TAG}\" != '{name}'].join('/', [type, name])")
    ours = [each.address for each in manifests if each.kind != GROUP and DEPLOYMENT_TAG in each.body.get("tags", {})]
    listed = " \\\n  ".join(map(shlex.quote, ours))
    shell.say("What somebody else made is not changed: leave its commands out, and its line here, to use it as it is.")
    shell.lines += [
        f"is_there=$(az group exists --name {group})",
        'others=$([ "$is_there" != true ] ||',
        f'  az resource list --resource-group {group} --query "{query}" --output tsv)',
        f"for each in \\\n  {listed}; do",
        '  if grep -qixF -- "$each" <<<"$others"; then',
        f'    echo "$each is there without the tag {tag}: choose another name, or tag it to have it changed." >&2',
        "    exit 1",
        "  fi",
        "done",
    ]


def _group(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    # One that was there keeps its tags, by which it is seen whose it is.
    shell.lines.append(f"az group show --name {shlex.quote(manifest.name)} --output none 2>/dev/null ||")
    shell.run("group create", {"name": manifest.name, **common(manifest)})


def _identity(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    shell.run("identity create", {**place(shell, manifest), **common(manifest)})


def _role(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    said = manifest.body["properties"]
    flags = {
        "name": manifest.name,
        "role": said["roleDefinitionId"].name,
        "assignee-object-id": said["principalId"],
        "assignee-principal-type": said["principalType"],
        "scope": manifest.body["scope"],
    }
    shell.run("role assignment create", flags)


def _storage(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    said = manifest.body["properties"]
    flags = {
        "sku": manifest.body["sku"]["name"],
        "kind": manifest.body["kind"],
        "https-only": word(said["supportsHttpsTrafficOnly"]),
        "min-tls-version": said["minimumTlsVersion"],
        "allow-blob-public-access": word(said["allowBlobPublicAccess"]),
        "allow-shared-key-access": word(said["allowSharedKeyAccess"]),
    }
    shell.run("storage account create", {**place(shell, manifest), **common(manifest), **flags})


def _container(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    account, _default, name = manifest.name.split("/")
    flags = {"name": name, "storage-account": account, "resource-group": shell.group, "public-access": "off"}
    shell.run("storage container-rm create", flags)


def _namespace(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    said = manifest.body["properties"]
    flags = {
        "sku": manifest.body["sku"]["name"],
        "minimum-tls-version": said["minimumTlsVersion"],
        "disable-local-auth": word(said["disableLocalAuth"]),
    }
    shell.run("servicebus namespace create", {**place(shell, manifest), **common(manifest), **flags})


def _bus_entity(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    namespace, *parents, name = manifest.name.split("/")
    command = {BUS_QUEUE: "queue", BUS_TOPIC: "topic", BUS_SUBSCRIPTION: "topic subscription"}[manifest.kind]
    flags = {"name": name, "namespace-name": namespace, "resource-group": shell.group}
    topic = {"topic-name": parents[0]} if parents else {}
    shell.run(f"servicebus {command} create", {**flags, **topic})


def _topic(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    said = manifest.body["properties"]
    flags = {
        "topic-type": said["topicType"],
        "source": said["source"],
        "identity": "systemassigned" if "identity" in manifest.body else None,
    }
    shell.run("eventgrid system-topic create", {**place(shell, manifest), **common(manifest), **flags})


def _event_subscription(shell: Shell, manifest: Manifest, manifests: Sequence[Manifest]) -> None:
    said = manifest.body["properties"]
    if "destination" not in said:
        # The command knows no identity that delivers.
        _put(shell, manifest, manifests)
        return
    queue = said["destination"]["properties"]
    topic, _slash, name = manifest.name.partition("/")
    flags = {
        "name": name,
        "system-topic-name": topic,
        "resource-group": shell.group,
        "endpoint-type": said["destination"]["endpointType"].lower(),
        "endpoint": Concat(parts=(queue["resourceId"], f"/queueServices/default/queues/{queue['queueName']}")),
        "subject-begins-with": said["filter"]["subjectBeginsWith"],
        "included-event-types": said["filter"]["includedEventTypes"],
        "event-delivery-schema": said["eventDeliverySchema"].lower(),
        "labels": said["labels"],
    }
    shell.run("eventgrid system-topic event-subscription create", flags)


def _plan(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    sku = manifest.body["sku"]
    where = {**place(shell, manifest), **common(manifest), "sku": sku["name"]}
    if sku["tier"] == ELASTIC:
        most = manifest.body["properties"]["maximumElasticWorkerCount"]
        shell.run("functionapp plan create", {**where, "is-linux": "true", "max-burst": most})
    else:
        shell.run("appservice plan create", {**where, "is-linux": True, "number-of-workers": sku["capacity"]})


def _site(shell: Shell, manifest: Manifest, manifests: Sequence[Manifest]) -> None:
    if manifest.body["kind"] == WEB_APP:
        web_app(shell, manifest)
        return
    account = next((each.name for each in manifests if each.kind == STORAGE), None)
    if account is None:
        # The command wants an account for the host, also where the app's settings bring their own.
        _put(shell, manifest, manifests)
        return
    function_app(shell, manifest, account)


def _environment(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    flags = {**place(shell, manifest), **common(manifest), "logs-destination": "none"}
    shell.run("containerapp env create", flags)


def _put(shell: Shell, manifest: Manifest, _: Sequence[Manifest]) -> None:
    """Where no command says all of it."""
    document = {key: value for key, value in manifest.body.items() if key != "apiVersion"}
    url = Concat(parts=(id_of(manifest), f"?api-version={manifest.body['apiVersion']}"))
    shell.run("rest", {"method": "put", "url": url, "body": "@-"}, document=document)


_WRITERS: Mapping[str, _Writer] = {
    GROUP: _group,
    IDENTITY: _identity,
    ROLE: _role,
    STORAGE: _storage,
    CONTAINER: _container,
    NAMESPACE: _namespace,
    BUS_QUEUE: _bus_entity,
    BUS_TOPIC: _bus_entity,
    BUS_SUBSCRIPTION: _bus_entity,
    EVENT_TOPIC: _topic,
    EVENT_SUBSCRIPTION: _event_subscription,
    PLAN: _plan,
    SITE: _site,
    ENVIRONMENT: _environment,
}
