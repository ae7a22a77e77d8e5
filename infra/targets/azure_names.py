"""What Azure takes as the name of a resource, as a region and as an image: refused here rather than half way."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence

from infra.contract import AppImage, DeploymentSpec, Secret
from infra.errors import InvalidDeployment
from infra.resources.storage import COPIES
from infra.targets.azure_options import AzureOptions
from packager.oci.reference import ImageReference
from triggers.connections import FOLDER

_LOWER = "lower-case letters, digits and single hyphens, from a letter to a letter or digit"
_RULES: Mapping[str, tuple[str, str]] = {
    "resource group": (r"[\w.()-]{0,89}[\w()-]", "1 to 90 letters, digits, '_', '-', '(', ')' and '.', no '.' last"),
    "site": (r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]", "2 to 60 letters, digits and hyphens, no hyphen at an end"),
    "plan": (r"[A-Za-z0-9-]{1,60}", "1 to 60 letters, digits and hyphens"),
    "storage account": (r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits"),
    "Service Bus namespace": (
        r"(?!.*(?:-sb|-mgmt)$)[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
        "6 to 50 letters, digits and hyphens, a letter first, no hyphen, '-sb' or '-mgmt' last",
    ),
    "container group": (r"(?!.*--)[a-z][a-z0-9-]{1,61}[a-z0-9]", f"3 to 63 {_LOWER}"),
    "label of an address": (r"[a-z][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and hyphens"),
    "topic of Event Grid": (r"[A-Za-z0-9-]{3,50}", "3 to 50 letters, digits and hyphens"),
    "subscription": (
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "the id, as `az account show --query id` tells it",
    ),
    "container app": (r"(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]", f"2 to 32 {_LOWER}"),
    "environment of container apps": (r"[A-Za-z][A-Za-z0-9-]{0,58}[A-Za-z0-9]", "2 to 60 letters, digits and hyphens"),
}
_REGIONS = (
    "australiacentral", "australiaeast", "australiasoutheast", "austriaeast", "belgiumcentral", "brazilsouth",
    "canadacentral", "canadaeast", "centralindia", "centralus", "chilecentral", "denmarkeast", "eastasia", "eastus",
    "eastus2", "francecentral", "germanywestcentral", "indonesiacentral", "israelcentral", "italynorth",
    "japaneast", "japanwest", "jioindiawest", "koreacentral", "koreasouth", "malaysiawest", "mexicocentral",
    "newzealandnorth", "northcentralus", "northeurope", "norwayeast", "polandcentral", "qatarcentral",
    "southafricanorth", "southcentralus", "southeastasia", "southindia", "spaincentral", "swedencentral",
    "switzerlandnorth", "uaenorth", "uksouth", "ukwest", "westcentralus", "westeurope", "westindia", "westus",
    "westus2", "westus3",
)  # fmt: skip
_OTHER_CLOUDS = ("usgov", "usdod", "china")
_LOCAL = (FOLDER, "UseDevelopmentStorage", "127.0.0.1", "//localhost", "UseDevelopmentEmulator")
_KEYS = ("accountkey=", "sharedaccesskey=", "sharedaccesssignature=")
_SETTING = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VAULT = re.compile(r"https://[A-Za-z0-9-]{3,24}\.vault\.[a-z.]+/secrets/[A-Za-z0-9-]+(?:/[A-Za-z0-9]*)?")
_LONGEST_START = 1800
_TAKEN = frozenset({"location", "subscription", "is_there", "others", "each"})
"""What the template calls its region, and the script what it asks for."""
_ARCHITECTURE = "linux/amd64"


def check_name(what: str, name: str) -> str:
    """The name itself, if a `what` may have it; raises InvalidDeployment with the rule."""
    pattern, rule = _RULES[what]
    if not re.fullmatch(pattern, name, re.ASCII):
        raise InvalidDeployment(f"{name!r} cannot be the name of a {what}: it takes {rule}.")
    return name


def check_region(name: str) -> str:
    """The region itself; raises InvalidDeployment for what is none, or looks like another one mistyped.

    Azure knows regions that this list does not: those pass, and it has the last word.
    """
    if name.startswith(_OTHER_CLOUDS):
        raise InvalidDeployment(
            f"The region {name!r} is of another cloud than the public one, and its addresses have other names; only "
            "regions of the public cloud are supported, as 'westeurope'."
        )
    near = difflib.get_close_matches(name, _REGIONS, n=3, cutoff=0.8)
    newer = name.rstrip("0123456789") in {known.rstrip("0123456789") for known in _REGIONS}
    if name in _REGIONS or newer or (not near and re.fullmatch(r"[a-z]{5,}\d{0,2}", name)):
        return name
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "write it as in 'westeurope'."
    raise InvalidDeployment(f"There is no region {name!r} in Azure; {hint}")


def check_options(options: AzureOptions) -> None:
    """Raise InvalidDeployment for a subscription or a group that cannot be, and for a time that no target takes."""
    if options.subscription:
        check_name("subscription", options.subscription)
    others = [each.rpartition("/")[0] for each in (options.trigger_storage, options.service_bus)]
    for group in (options.registry_group, options.vault_group, *others):
        if group:
            check_name("resource group", group)
    if not 0 < options.ready_timeout <= _LONGEST_START:
        raise InvalidDeployment(
            f"ready_timeout={options.ready_timeout:g} cannot be: an app has up to {_LONGEST_START} seconds to start."
        )


def check_copies(sku: str) -> str:
    """The SKU itself, if a storage account may have it; raises InvalidDeployment with those there are."""
    if sku not in COPIES:
        raise InvalidDeployment(f"There is no storage_sku {sku!r}; there are {', '.join(COPIES)}.")
    return sku


def check_image(image: AppImage) -> ImageReference:
    """Where it is pulled from; raises InvalidDeployment for an image that Azure cannot pull or run."""
    name = image.reference
    if name.startswith(("docker:", "oci:", "archive:")) or "@" not in name:
        raise InvalidDeployment(
            f"The image {name!r} is on this machine only, or named by a tag that may move. Publish it to a registry "
            "and deploy what came back: 'registry/repository@sha256:...'."
        )
    reference = ImageReference.parse(name)
    if re.match(r"localhost|127\.|\[", reference.registry):
        raise InvalidDeployment(
            f"The image {name!r} is in a registry of this machine, which Azure does not reach; publish it elsewhere."
        )
    if _ARCHITECTURE not in image.platforms:
        raise InvalidDeployment(
            f"The image {name!r} is built for {', '.join(image.platforms) or 'no platform'}, but the machines there "
            f"are {_ARCHITECTURE}; build it with platforms=['{_ARCHITECTURE}']."
        )
    return reference


def check_settings(spec: DeploymentSpec) -> None:
    """Raise InvalidDeployment for a setting that means this machine, or would show a secret to whoever reads a file."""
    for name, value in spec.settings.items():
        if not _SETTING.fullmatch(name):
            raise InvalidDeployment(
                f"{name!r} cannot be the name of a setting: letters, digits, '_', '.', ':' and '-'."
            )
        if isinstance(value, Secret):
            _check_secret(f"setting {name!r}", value)
        else:
            _check_text(name, value)
    login = spec.registry
    if bool(login.username) != bool(login.password):
        raise InvalidDeployment(
            f"The login at the registry, {login.username or 'without a user name'!r}, needs a user name and a password."
        )
    if login.password:
        _check_secret("password of the registry", login.password)
    _check_parameters([each for each in (*spec.settings.values(), login.password) if isinstance(each, Secret)])


def _check_text(name: str, value: str) -> None:
    if any(word.lower() in value.lower() for word in _LOCAL):
        raise InvalidDeployment(
            f"The setting {name!r} points at this machine, where the deployed app is not. Leave it out, and an "
            "account in Azure is made for it; or give the connection of one."
        )
    if any(word in value.lower() for word in _KEYS):
        raise InvalidDeployment(
            f"The setting {name!r} has a key in it, which every rendered file would show. Give it as a Secret: the "
            "environment variable that holds it, or its address in a vault."
        )


def _check_secret(what: str, secret: Secret) -> None:
    if bool(secret.variable) == bool(secret.vault_uri):
        raise InvalidDeployment(f"The secret {what} must name an environment variable or a vault's URI, one of them.")
    if secret.variable and not _VARIABLE.fullmatch(secret.variable):
        raise InvalidDeployment(f"{secret.variable!r}, of the {what}, cannot be the name of an environment variable.")
    if secret.variable.lower() in _TAKEN:
        raise InvalidDeployment(
            f"{secret.variable!r}, of the {what}, has a meaning of its own in the template or the script; name "
            "the environment variable of the secret otherwise."
        )
    if secret.vault_uri and not _VAULT.fullmatch(secret.vault_uri):
        raise InvalidDeployment(
            f"{secret.vault_uri!r}, of the {what}, is no secret of a vault: "
            "'https://<vault>.vault.azure.net/secrets/<name>'."
        )


def _check_parameters(secrets: Sequence[Secret]) -> None:
    """Templates have a parameter for each variable, and no case in the names of those."""
    known: dict[str, str] = {}
    for each in secrets:
        other = known.setdefault(each.variable.lower(), each.variable)
        if other != each.variable:
            raise InvalidDeployment(
                f"The environment variables {other!r} and {each.variable!r} of two secrets differ in case only, and "
                "the template takes both for one; rename one of them."
            )


def derived_name(spec: DeploymentSpec, group: str, suffix: str) -> str:
    """A name for a storage account: that of the app as far as it fits, the same each time.

    It is the world's, not the group's: where the options name the subscription, that is in it, so that others who call
    theirs alike do not get the same. What a login or the environment says is not, as files have no login: the name
    would be another one in the template than in an apply.
    """
    plain = re.sub("[^a-z0-9]", "", spec.name.lower())
    options = spec.options
    subscription = options.subscription if isinstance(options, AzureOptions) else ""
    where = f"{subscription}/{group}/{spec.name}" if subscription else f"{group}/{spec.name}"
    digest = hashlib.sha256(where.lower().encode()).hexdigest()
    return f"{plain[: 18 - len(suffix)]}{digest[:6]}{suffix}"
