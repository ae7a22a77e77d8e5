"""What edgeAgent and edgeHub take, closed: a key they do not know is an error here."""

from typing import Any

import jsonschema

_TEXT = {"type": "string"}
_DOCKER = {"const": "docker"}
_STATUS, _RESTART = {"enum": ["running", "stopped"]}, {"enum": ["never", "always"]}


def _closed(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "additionalProperties": False, "required": required.split(), "properties": properties
    }  # fmt: skip


def _named(pattern: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "patternProperties": {pattern: value}}


_SETTINGS = _closed("image", image={"type": "string", "minLength": 1}, createOptions={**_TEXT, "maxLength": 4096})
_ENV = _named(r"^[^+#$\s.]+$", _closed("value", value={"type": ["number", "string", "boolean"]}))
_ORDER = {"type": "integer", "minimum": 0}
MODULE = _closed(
    "type status restartPolicy settings", version=_TEXT, type=_DOCKER, status=_STATUS, restartPolicy=_RESTART,
    imagePullPolicy={"enum": ["on-create", "never"]}, startupOrder=_ORDER, env=_ENV, settings=_SETTINGS,
)  # fmt: skip
_LOGIN = _closed("username password address", username=_TEXT, password=_TEXT, address={**_TEXT, "pattern": r"^\S+$"})
EDGE_AGENT = _closed(
    "schemaVersion runtime systemModules modules",
    schemaVersion={"const": "1.1"},
    runtime=_closed(
        "type settings", type=_DOCKER,
        settings=_closed(
            "", minDockerVersion=_TEXT, loggingOptions=_TEXT, registryCredentials=_named("^.+$", _LOGIN)
        ),
    ),
    systemModules=_closed(
        "edgeAgent edgeHub",
        edgeAgent=_closed("type settings", type=_DOCKER, settings=_SETTINGS, env=_ENV),
        edgeHub=_closed(
            "type settings status restartPolicy", type=_DOCKER, settings=_SETTINGS, status=_STATUS,
            restartPolicy=_RESTART, startupOrder=_ORDER, env=_ENV,
        ),
    ),
    modules=_named("^[a-zA-Z0-9_-]+$", MODULE),
)  # fmt: skip
EDGE_HUB = _closed(
    "schemaVersion routes",
    schemaVersion={"const": "1.1"},
    routes=_named(r"^[^.$# ]+$", {"type": "string", "pattern": "^FROM .+ INTO .+$"}),
    storeAndForwardConfiguration=_closed("timeToLiveSecs", timeToLiveSecs={"type": "integer"}),
)
_DESIRED = "properties.desired"


def judge(document: dict[str, Any]) -> None:
    """Raises ValidationError for a whole deployment that the runtime would refuse."""
    content = document["modulesContent"]
    jsonschema.validate(document, _closed("modulesContent", modulesContent={}))
    jsonschema.validate(content["$edgeAgent"], _closed(_DESIRED, **{_DESIRED: EDGE_AGENT}))
    jsonschema.validate(content["$edgeHub"], _closed(_DESIRED, **{_DESIRED: EDGE_HUB}))
