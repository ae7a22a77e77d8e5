"""Write host.json: how a functions host behaves."""

import json


def render_host_json(*, is_web_service: bool) -> str:
    """The text of host.json; a plain web service answers at /score, a function app at /api/score."""
    settings: dict[str, object] = {
        "version": "2.0",
        "extensionBundle": {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        },
    }
    if is_web_service:
        settings["extensions"] = {"http": {"routePrefix": ""}}
    return json.dumps(settings, indent=2) + "\n"
