"""The plain web service: `/`, `/score` and `/swagger.json`, and what a function app tells of its API."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote, urlsplit

import azure.functions as func

from function_host.scoring import answers
from function_host.scoring.scorer import Scorer
from function_host.scoring.service_keys import ServiceKeys
from function_host.scoring.swagger_template import function_service

_NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
_NOT_ALLOWED = "The method is not allowed for the requested URL."
_DOCUMENT, _SCORE_ROUTE = "swagger.json", "score"
_READ = ("GET", "HEAD", "OPTIONS")
_SCORE = ("GET", "HEAD", "POST", "OPTIONS")

_Answer = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def declare_web_service(app: func.FunctionApp, scorer: Scorer) -> None:
    """Add one function that answers every path as the scoring server does."""
    pages: dict[str, tuple[tuple[str, ...], _Answer]] = {
        "": (_READ, scorer.health),
        "score": (_SCORE, scorer.handle_http),
        "swagger.json": (_READ, scorer.describe),
    }

    keys = ServiceKeys()

    @app.function_name("web_service")
    @app.route(route="{*path}", auth_level=func.AuthLevel.ANONYMOUS)
    async def web_service(req: func.HttpRequest) -> func.HttpResponse:
        page = pages.get(unquote(urlsplit(req.url).path).removeprefix("/"))
        if page is None:
            return answers.message(_NOT_FOUND, 404)
        methods, answer = page
        if req.method not in methods:
            return answers.message(_NOT_ALLOWED, 405)
        if req.method == "OPTIONS" and methods is _READ:
            return await scorer.framed(req, _allowed)
        # Browsers ask before they send a key, but only a script that does not run then may be asked without one.
        is_open = page is pages[""] or (req.method == "OPTIONS" and not scorer.runs_options())
        refusal = None if is_open else keys.refusal(req)
        return refusal or await answer(req)


def declare_description(app: func.FunctionApp, scorer: Scorer, http: Mapping[str, object]) -> None:
    """Add a function that describes the API at `swagger.json`, to those who may call the HTTP function.

    `http` has the options of that function. Where it takes that route itself, nothing is added.
    """
    route, level = str(http.get("route", _SCORE_ROUTE)).strip("/"), str(http.get("auth_level") or "function").lower()
    if route == _DOCUMENT:
        return

    @app.function_name("swagger")
    @app.route(route=_DOCUMENT, methods=["GET"], auth_level=func.AuthLevel[level.upper()])
    async def swagger(req: func.HttpRequest) -> func.HttpResponse:
        base = unquote(urlsplit(req.url).path).removesuffix(_DOCUMENT)
        service = function_service(f"{base}{route}", f"{base}{_DOCUMENT}", needs_key=level != "anonymous")
        return await scorer.describe(req, service)


async def _allowed(_request: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(mimetype="text/html", headers={"Allow": ", ".join(_READ)})
