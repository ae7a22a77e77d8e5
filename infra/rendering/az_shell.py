"""Writes lines of a shell script that calls `az`, with values that are known only when it runs."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest, Secret
from infra.resources.expressions import (
    EXPRESSIONS,
    Concat,
    Expression,
    Property,
    RegistryPassword,
    ResourceId,
    RoleDefinitionId,
    ServiceBusConnection,
    StorageConnection,
    holds_secret,
)
from infra.resources.kinds import GROUP, IDENTITY, kind_of, name_of

JSON_FUNCTION = """\
# A text as JSON writes it.
json() {
  local text=${1//\\\\/\\\\\\\\}
  text=${text//\\"/\\\\\\"}
  text=${text//$'\\n'/\\\\n}
  text=${text//$'\\r'/\\\\r}
  printf '"%s"' "${text//$'\\t'/\\\\t}"
}"""
_ROOT_KEY = "RootManageSharedAccessKey"


class Shell:
    """The lines so far; a value that has to be asked for is asked for once, right before it is used."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.lines: list[str] = []
        self._variables: dict[Expression, str] = {}

    def say(self, comment: str) -> None:
        """A comment, with an empty line before it."""
        self.lines += ["", f"# {comment}"]

    def run(self, command: str, flags: Mapping[str, Any], *, document: Any = None) -> None:
        """`az <command> --flag value ...`; a flag of True has no value, one of None is left out.

        A `document` goes to the command's standard input as JSON, so that no list of processes shows its secrets.
        """
        words = [f"az {command}", *(self._flag(name, value) for name, value in flags.items() if value is not None)]
        words += ["--output none"]
        line = " \\\n  ".join(words)
        self.lines.append(f"{line} <<JSON\n{self._json(document)}\nJSON" if document is not None else line)

    def ask(self, variable: str, command: str, flags: Mapping[str, Any], *, query: str) -> None:
        """`variable=$(az <command> ...)`."""
        words = [f"az {command}", *(self._flag(name, value) for name, value in flags.items())]
        self.lines.append(f"{variable}=$({' '.join([*words, '--query', shlex.quote(query), '--output tsv'])})")

    def text(self, value: Expression | str) -> str:
        """The value as it stands between double quotes."""
        match value:
            case str():
                return re.sub(r'([\\"$`])', r"\\\1", value)
            case ResourceId():
                return self._id(value)
            case RoleDefinitionId():
                return f"/subscriptions/$subscription/providers/Microsoft.Authorization/roleDefinitions/{value.guid}"
            case Secret():
                return f"${{{value.variable}}}"
            case Concat():
                return "".join(self.text(part) for part in value.parts)
            case _:
                return f"${{{self._variable(value)}}}"

    def _flag(self, name: str, value: Any) -> str:
        if value is True:
            return f"--{name}"
        values = value if isinstance(value, list | tuple) else [value]
        return " ".join([f"--{name}", *map(self._word, values)])

    def _word(self, value: Expression | str | int) -> str:
        if isinstance(value, EXPRESSIONS):
            return f'"{self.text(value)}"'
        return shlex.quote(str(value))

    def _json(self, value: Any, indent: str = "") -> str:
        inner = indent + "  "
        if isinstance(value, Mapping) and value:
            parts = [f"{inner}{self._json(key)}: {self._json(part, inner)}" for key, part in value.items()]
            return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
        if isinstance(value, list | tuple) and value:
            return "[\n" + ",\n".join(inner + self._json(part, inner) for part in value) + f"\n{indent}]"
        if not isinstance(value, EXPRESSIONS):
            return re.sub(r"([\\$`])", r"\\\1", json.dumps(value, ensure_ascii=False))
        text = self.text(value)
        return f'$(json "{text}")' if holds_secret(value) else f'"{text}"'

    def _id(self, of: ResourceId) -> str:
        kind, names = kind_of(of.address), name_of(of.address).split("/")
        group = f"/subscriptions/$subscription/resourceGroups/{of.group or self.group}"
        if kind == GROUP:
            return group
        provider, *types = kind.split("/")
        return "/".join(
            [group, "providers", provider, *(f"{each}/{name}" for each, name in zip(types, names, strict=True))]
        )

    def _variable(self, value: Any) -> str:
        if value not in self._variables:
            name = _variable_name(value)
            self._ask_for(name, value)
            self._variables[value] = name
        return self._variables[value]

    def _ask_for(self, name: str, value: Any) -> None:
        match value:
            case StorageConnection():
                where = self._where(value.account)
                self.ask(name, "storage account show-connection-string", where, query="connectionString")
            case ServiceBusConnection():
                where = self._where(value.namespace)
                flags = {"name": _ROOT_KEY, "namespace-name": where["name"], "resource-group": where["resource-group"]}
                self.ask(
                    name, "servicebus namespace authorization-rule keys list", flags, query="primaryConnectionString"
                )
            case RegistryPassword():
                flags = {"name": name_of(value.registry.address)}
                self.ask(name, "acr credential show", flags, query="passwords[0].value")
            case Property() if kind_of(value.of.address) == IDENTITY:
                self.ask(name, "identity show", self._where(value.of), query=value.path.removeprefix("properties."))
            case Property():
                self.ask(name, "resource show", {"ids": value.of}, query=value.path)

    def _where(self, of: ResourceId) -> dict[str, str]:
        return {"name": name_of(of.address), "resource-group": of.group or self.group}


def place(shell: Shell, manifest: Manifest) -> dict[str, str]:
    """The flags that say which resource it is."""
    return {"name": manifest.name, "resource-group": shell.group}


def common(manifest: Manifest) -> dict[str, Any]:
    """The flags that most resources have."""
    tags = [f"{name}={value}" for name, value in manifest.body.get("tags", {}).items()]
    return {"location": manifest.body["location"], "tags": tags or None}


def word(value: bool) -> str:
    """As flags take it."""
    return "true" if value else "false"


def _variable_name(value: Any) -> str:
    match value:
        case Property():
            address, what = value.of.address, value.path.rpartition(".")[2]
        case StorageConnection():
            address, what = value.account.address, "connection"
        case ServiceBusConnection():
            address, what = value.namespace.address, "connection"
        case _:
            address, what = value.registry.address, "password"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f"{name_of(address)}_{what}")
    name = re.sub(r"\W", "_", words, flags=re.ASCII).lower()
    return name if not name[0].isdigit() else f"_{name}"
