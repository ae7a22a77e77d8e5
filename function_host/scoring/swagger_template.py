"""Both forms of the API description around the schemas of input and output: Swagger 2.0 and OpenAPI 3."""

from collections.abc import Mapping
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
_SECURITY: list[Mapping[str, list[str]]] = [{"Bearer": []}]
_BEARER = {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}
_ERROR = {"type": "object", "properties": {"message": {"type": "string"}}}

Document = Mapping[str, Any]


def swagger_2(settings: ScoringSettings, input_schema: object, output_schema: object) -> Document:
    """A Swagger 2.0 document."""
    where = "#/definitions"
    failed = _answer_2(_FAILED, {"$ref": f"{where}/ErrorResponse"})
    payload = {
        "name": "serviceInputPayload",
        "in": "body",
        "description": _PAYLOAD,
        "schema": {"$ref": f"{where}/ServiceInput"},
    }
    score = {"security": _SECURITY, "parameters": [payload]}
    healthy = {**_answer_2(_HEALTHY, _TEXT), "examples": {_JSON: "Healthy"}}
    version = {"name": "version", "in": "query", "required": False, **_VERSION}
    answers = (healthy, _answer_2(_PREDICTION, {"$ref": f"{where}/ServiceOutput"}), _answer_2(_DOCUMENT, _TEXT))
    return {
        "swagger": "2.0",
        "info": _info(settings),
        "schemes": ["https"],
        "consumes": [_JSON],
        "produces": [_JSON],
        "securityDefinitions": {"Bearer": _BEARER},
        "paths": _paths(settings, score, version, answers, failed),
        "definitions": _schemas(input_schema, output_schema),
    }


def openapi_3(openapi: str, settings: ScoringSettings, input_schema: object, output_schema: object) -> Document:
    """A document of that version of OpenAPI: 3.0.3 or 3.1.0."""
    where = "#/components/schemas"
    failed = _answer_3(_FAILED, _JSON, {"$ref": f"{where}/ErrorResponse"})
    payload = {"description": _PAYLOAD, "content": {_JSON: {"schema": {"$ref": f"{where}/ServiceInput"}}}}
    score = {"security": _SECURITY, "requestBody": payload}
    version = {"name": "version", "in": "query", "required": False, "schema": _VERSION}
    answers = (
        _answer_3(_HEALTHY, "text/plain", {"type": "string", "example": "Healthy"}),
        _answer_3(_PREDICTION, _JSON, {"$ref": f"{where}/ServiceOutput"}),
        _answer_3(_DOCUMENT, "text/plain", _TEXT),
    )
    return {
        "openapi": openapi,
        "info": _info(settings),
        "security": _SECURITY,
        "paths": _paths(settings, score, version, answers, failed),
        "components": {
            "schemas": _schemas(input_schema, output_schema),
            "securitySchemes": {"Bearer": _BEARER},
        },
    }


def _info(settings: ScoringSettings) -> Document:
    description = f"API specification for the Azure Machine Learning service {settings.service_name}"
    return {"title": settings.service_name, "description": description, "version": settings.service_version}


def _paths(
    settings: ScoringSettings, score: Document, version: Document, answers: tuple[Document, ...], failed: Document
) -> Document:
    """What both forms have in common; `answers` are those of the three paths, in their order."""
    health, prediction, document = ({"200": answer, "default": failed} for answer in answers)
    prefix = settings.service_path_prefix
    return {
        f"{prefix}/": {
            "get": {"operationId": "ServiceHealthCheck", "description": _HEALTH, "responses": health},
        },
        f"{prefix}/score": {
            "post": {"operationId": "RunMLService", "description": _SCORE, **score, "responses": prediction},
        },
        f"{prefix}/swagger.json": {
            "get": {
                "operationId": "GetSwaggerSpec",
                "description": "Get the Swagger specification.",
                "parameters": [version],
                "responses": document,
            },
        },
    }


def _answer_2(description: str, schema: Document) -> Document:
    return {"description": description, "schema": schema}


def _answer_3(description: str, mimetype: str, schema: Document) -> Document:
    return {"description": description, "content": {mimetype: {"schema": schema}}}


def _schemas(input_schema: object, output_schema: object) -> Document:
    return {"ServiceInput": input_schema, "ServiceOutput": output_schema, "ErrorResponse": _ERROR}
