"""kubectl, as one deployment uses it: the user's own, with the user's own logins."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from infra.errors import ApplyFailed, NotPermitted, PlatformUnavailable
from infra.targets.kubernetes_names import MANAGER

_PATIENCE = 60.0
_UNREACHABLE = re.compile(
    r"unable to connect|connection refused|was refused|no such host|i/o timeout|tls handshake|error: context"
    r"|does not exist in|context was not found|must be logged in|\(unauthorized\)|\beof$|exec plugin"
    r"|no configuration has been provided|invalid configuration|couldn't get current server api group list",
    re.MULTILINE,
)
_QUOTED = re.compile(r'"[^"\n]*"')
"""Names and values: what they hold says nothing of what happened."""
_OWN_LOG = re.compile(r"[EIW]\d{4} \d\d:\d\d:\d\d\.\d+ .*")
"""What kubectl logs of itself, try by try, before it says the same in words."""
_HINTS = {
    "no matches for kind": "Install KEDA in the cluster, or deploy with keda=false.",
    "doesn't have a resource type": "Install KEDA in the cluster, or deploy with keda=false.",
    'namespaces "': "Deploy with create_namespace=true, or name a namespace that is there.",
}


class Kubectl:
    """Runs kubectl in one context and namespace; what it refuses is raised as what it means."""

    def __init__(self, *, context: str, namespace: str, command: Sequence[str] = ("kubectl",)) -> None:
        self.context = context or "the current one"
        self._start = [*command, *(["--context", context] if context else []), "--namespace", namespace]

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object; None when it is not there."""
        text = self.run(
            "get", f"{resource(kind)}/{name}", "--output", "json", "--ignore-not-found", about=f"{kind}/{name}"
        )
        return dict(json.loads(text)) if text.strip() else None

    def existing(self, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Those of the objects that are there, asked for at once: each start of kubectl takes a while."""
        names = [{key: each[key] for key in ("apiVersion", "kind", "metadata")} for each in bodies]
        asked = json.dumps({"apiVersion": "v1", "kind": "List", "items": names})
        arguments = ("get", "--filename", "-", "--output", "json", "--ignore-not-found")
        return _items(self.run(*arguments, about=", ".join(each["kind"] for each in names), stdin=asked))

    def labelled(self, kinds: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Those with all the labels, or all there are; of kinds that the cluster does not know there are none."""
        wanted = ",".join(f"{name}={value}" for name, value in labels.items())
        asked = ",".join(resource(kind) for kind in kinds)
        try:
            return _items(self.run("get", asked, "--selector", wanted, "--output", "json", about=asked))
        except ApplyFailed as error:
            known = [kind for kind in kinds if f'"{resource(kind).partition(".")[0]}"' not in str(error)]
            if "doesn't have a resource type" not in str(error) or known == [*kinds]:
                raise
            return self.labelled(known, labels) if known else []

    def apply(self, body: Mapping[str, Any], about: str, *, manager: str = MANAGER) -> None:
        """Make one object so, on the server's side: else kubectl would keep a copy in it, of secrets too.

        What this manager said the last time and does not say now goes; what others said stays.
        """
        self.run(
            "apply", "--server-side", "--force-conflicts", "--field-manager", manager, "--validate=false",
            "--filename", "-", about=about, stdin=json.dumps(body),
        )  # fmt: skip

    def create(self, body: Mapping[str, Any], about: str) -> bool:
        """Make one object; False when it is there already."""
        arguments = ("create", "--field-manager", MANAGER, "--validate=false", "--filename", "-")
        try:
            self.run(*arguments, about=about, stdin=json.dumps(body))
        except ApplyFailed as error:
            if "(AlreadyExists)" not in str(error):
                raise
            return False
        return True

    def drop_data(self, name: str, keys: Sequence[str]) -> None:
        """Take keys out of a Secret, whoever put them there."""
        patch = json.dumps({"data": dict.fromkeys(keys)})
        self.run("patch", f"secret/{name}", "--type", "merge", "--patch", patch, about=f"v1/Secret/{name}")

    def delete(self, kind: str, name: str) -> None:
        """Away with it, if it is there; what it owns goes with it."""
        self.run("delete", f"{resource(kind)}/{name}", "--ignore-not-found", "--wait=false", about=f"{kind}/{name}")

    def lines(self, *arguments: str) -> Iterator[str]:
        """What kubectl prints, line by line as it comes; ends kubectl when it is closed."""
        with self._started(arguments) as process:
            try:
                yield from (line.rstrip("\n") for line in process.stdout or ())
                if process.wait() != 0:
                    raise self._failure(process.stderr.read() if process.stderr else "", "its log")
            finally:
                with suppress(ProcessLookupError):
                    process.terminate()

    def run(self, *arguments: str, about: str, stdin: str | None = None) -> str:
        """What kubectl printed; raises PlatformUnavailable, NotPermitted and ApplyFailed, which name `about`."""
        timeout = f"--request-timeout={_PATIENCE:.0f}s"
        with self._started((*arguments, timeout), has_input=stdin is not None) as process:
            out, err = process.communicate(stdin)
        if process.returncode != 0:
            raise self._failure(err, about)
        return str(out)

    def _started(self, arguments: Sequence[str], *, has_input: bool = False) -> "subprocess.Popen[str]":
        given = subprocess.PIPE if has_input else subprocess.DEVNULL
        try:
            return subprocess.Popen(
                [*self._start, *arguments], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise PlatformUnavailable(
                f"{self._start[0]} cannot be run ({error.strerror}); install it, as your cluster's provider says."
            ) from error

    def _failure(self, said: str, about: str) -> PlatformUnavailable | ApplyFailed:
        lines = [line for line in said.strip().splitlines() if not _OWN_LOG.fullmatch(line)]
        text = "\n".join(lines).strip() or said.strip() or "it gave no reason"
        plain = _QUOTED.sub('""', said.lower())
        if "being terminated" in plain:
            return ApplyFailed(f"{about}: {text} Wait until it is gone, and apply again.")
        if "exceeded quota" in plain:
            return ApplyFailed(f"{about}: {text} Ask for less, or for a larger quota of the namespace.")
        if "(forbidden)" in plain or "is forbidden" in plain:
            return NotPermitted(f"{about}: the cluster forbids it. {text} Ask for a Role with that verb and resource.")
        if _UNREACHABLE.search(plain):
            return PlatformUnavailable(
                f"The cluster of the context {self.context!r} cannot be reached, or does not know you: {text}"
            )
        hint = next((hint for words, hint in _HINTS.items() if words in plain), "")
        return ApplyFailed(f"{about}: {text} {hint}".strip())


def _items(text: str) -> list[dict[str, Any]]:
    """Kubectl prints nothing, one object or a list of them."""
    found = json.loads(text) if text.strip() else {"items": []}
    return list(found["items"]) if "items" in found else [found]


def resource(kind: str) -> str:
    """`apps/v1/Deployment` as kubectl names it without doubt: `deployment.v1.apps`."""
    group, version, name = ("", *kind.split("/"))[-3:]
    return f"{name.lower()}.{version}.{group}" if group else name.lower()
