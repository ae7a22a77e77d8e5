"""The plain web service: `/`, `/score` and `/swagger.json`, and the scoring server's words for everything else."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

import azure.functions as func

from function_host.scoring import answers
from function_host.scoring.scorer import Scorer

_NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
_NOT_ALLOWED = "The method is not allowed for the requested URL."
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
        return await answer(req)


async def _allowed(_request: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(mimetype="text/html", headers={"Allow": ", ".join(_READ)})
