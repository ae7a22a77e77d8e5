"""Both forms of the API description around the schemas of input and output: Swagger 2.0 and OpenAPI 3."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from function_host.scoring.settings import ScoringSettings

_HEALTH = "Simple health check endpoint to ensure the service is up at any given point."
_HEALTHY = "If service is up and running, this response will be returned with the content 'Healthy'"
_SCORE = "Run web service's model and get the prediction output"
_PAYLOAD = "The input payload for executing the real-time machine learning service."
_PREDICTION = "The service processed the input correctly and provided a result prediction, if applicable."
_DOCUMENT = "The Swagger specification."
_FAILED = "The service failed to execute due to an error."
_JSON = "application/json"

_TEXT = {"type": "string"}
_VERSION = {"type": "integer", "enum": [2, 3]}
_BEARER = {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}
_FUNCTION_KEY = {"type": "apiKey", "name": "x-functions-key", "in": "header", "description": "A key of the function"}
_PARAMETER = re.compile(r"\{\*?(\w+)[^}]*\}")
_ERROR = {"type": "object", "properties": {"message": {"type": "string"}}}

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where a script answers; by default a plain web service."""

    score: str = "/score"
    """The path, also as a route template; empty for a script that nobody reaches by HTTP."""
    document: str = "/swagger.json"
    has_health: bool = True
    security: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"Bearer": _BEARER})
    """Scheme -> how callers prove who they are; nothing for a script that anybody may call."""

    @property
    def needs(self) -> list[Mapping[str, list[str]]]:
        return [{name: []} for name in self.security]


WEB_SERVICE = Service()


def function_service(score: str, document: str, *, needs_key: bool) -> Service:
    """The HTTP function of a script, at these paths."""
    return Service(
        score=score,
        document=document,
        has_health=False,
        security={"FunctionKey": _FUNCTION_KEY} if needs_key else {},
    )


def swagger_2(
    settings: ScoringSettings, input_schema: object, output_schema: object, service: Service = WEB_SERVICE
) -> Document:
    """A Swagger 2.0 document."""
    where = "#/definitions"
    failed = _answer_2(_FAILED, {"$ref": f"{where}/ErrorResponse"})
    payload = {
        "name": "serviceInputPayload",
        "in": "body",
        "description": _PAYLOAD,
        "schema": {"$ref": f"{where}/ServiceInput"},
    }
    named = [{**each, "type": "string"} for each in _path_parameters(service)]
    score = {"security": service.needs, "parameters": [*named, payload]}
    healthy = {**_answer_2(_HEALTHY, _TEXT), "examples": {_JSON: "Healthy"}}
    version = {"name": "version", "in": "query", "required": False, **_VERSION}
    answers = (healthy, _answer_2(_PREDICTION, {"$ref": f"{where}/ServiceOutput"}), _answer_2(_DOCUMENT, _TEXT))
    return {
        "swagger": "2.0",
        "info": _info(settings),
        "schemes": ["https"],
        "consumes": [_JSON],
        "produces": [_JSON],
        "securityDefinitions": dict(service.security),
        "paths": _paths(settings, service, score, version, answers, failed),
        "definitions": _schemas(input_schema, output_schema),
    }


def openapi_3(
    openapi: str,
    settings: ScoringSettings,
    input_schema: object,
    output_schema: object,
    service: Service = WEB_SERVICE,
) -> Document:
    """A document of that version of OpenAPI: 3.0.3 or 3.1.0."""
    where = "#/components/schemas"
    failed = _answer_3(_FAILED, _JSON, {"$ref": f"{where}/ErrorResponse"})
    payload = {"description": _PAYLOAD, "content": {_JSON: {"schema": {"$ref": f"{where}/ServiceInput"}}}}
    named = [{**each, "schema": _TEXT} for each in _path_parameters(service)]
    score = {"security": service.needs, "requestBody": payload, **({"parameters": named} if named else {})}
    version = {"name": "version", "in": "query", "required": False, "schema": _VERSION}
    answers = (
        _answer_3(_HEALTHY, "text/plain", {"type": "string", "example": "Healthy"}),
        _answer_3(_PREDICTION, _JSON, {"$ref": f"{where}/ServiceOutput"}),
        _answer_3(_DOCUMENT, "text/plain", _TEXT),
    )
    return {
        "openapi": openapi,
        "info": _info(settings),
        "security": service.needs,
        "paths": _paths(settings, service, score, version, answers, failed),
        "components": {
            "schemas": _schemas(input_schema, output_schema),
            "securitySchemes": dict(service.security),
        },
    }


def _info(settings: ScoringSettings) -> Document:
    description = f"API specification for the Azure Machine Learning service {settings.service_name}"
    return {"title": settings.service_name, "description": description, "version": settings.service_version}


def _paths(
    settings: ScoringSettings,
    service: Service,
    score: Document,
    version: Document,
    answers: tuple[Document, ...],
    failed: Document,
) -> Document:
    """What both forms have in common; `answers` are those of the three paths, in their order."""
    health, prediction, document = ({"200": answer, "default": failed} for answer in answers)
    prefix = settings.service_path_prefix
    paths: dict[str, Document] = {}
    if service.has_health:
        paths[f"{prefix}/"] = {
            "get": {"operationId": "ServiceHealthCheck", "description": _HEALTH, "responses": health}
        }
    if service.score:
        paths[f"{prefix}{_PARAMETER.sub(_name, service.score)}"] = {
            "post": {"operationId": "RunMLService", "description": _SCORE, **score, "responses": prediction},
        }
        paths[f"{prefix}{service.document}"] = {
            "get": {
                "operationId": "GetSwaggerSpec",
                "description": "Get the Swagger specification.",
                "parameters": [version],
                "responses": document,
            },
        }
    return paths


def _name(parameter: re.Match[str]) -> str:
    return f"{{{parameter[1]}}}"


def _path_parameters(service: Service) -> list[Document]:
    return [{"name": name, "in": "path", "required": True} for name in _PARAMETER.findall(service.score)]


def _answer_2(description: str, schema: Document) -> Document:
    return {"description": description, "schema": schema}


def _answer_3(description: str, mimetype: str, schema: Document) -> Document:
    return {"description": description, "content": {mimetype: {"schema": schema}}}


def _schemas(input_schema: object, output_schema: object) -> Document:
    return {"ServiceInput": input_schema, "ServiceOutput": output_schema, "ErrorResponse": _ERROR}
