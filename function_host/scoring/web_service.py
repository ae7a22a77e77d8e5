"""The plain web service: `/` and `/score`, and the scoring server's words for everything else."""

from urllib.parse import unquote, urlsplit

import azure.functions as func

from function_host.scoring import answers
from function_host.scoring.scorer import Scorer

_NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
_NOT_ALLOWED = "The method is not allowed for the requested URL."
_METHODS = {"": ("GET", "HEAD"), "score": ("GET", "POST", "OPTIONS")}


def declare_web_service(app: func.FunctionApp, scorer: Scorer) -> None:
    """Add one function that answers every path as the scoring server does."""

    @app.function_name("web_service")
    @app.route(route="{*path}", auth_level=func.AuthLevel.ANONYMOUS)
    async def web_service(req: func.HttpRequest) -> func.HttpResponse:
        return await _answer(req, scorer)


async def _answer(request: func.HttpRequest, scorer: Scorer) -> func.HttpResponse:
    path = unquote(urlsplit(request.url).path).removeprefix("/")
    if path not in _METHODS:
        return answers.message(_NOT_FOUND, 404, ids={})
    if request.method not in _METHODS[path]:
        return answers.message(_NOT_ALLOWED, 405, ids={})
    if path == "score":
        return await scorer.handle_http(request)
    ids = answers.request_ids(request.headers)
    return func.HttpResponse("Healthy", mimetype="text/html", headers=ids.headers)
