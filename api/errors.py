"""One shape for every error of the API: `{"error": {"code", "sentence"}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from core.errors import IllegalStep, NeighbourDown, NotAllowed, Objection, StreamFull, UnfitValue
from core.messages import text

log = logging.getLogger(__name__)

FASTER = ("already", "changed", "response-changed", "unit-in-hand")  # refused because somebody else was faster


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    sentence: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is not 2xx."""

    error: Problem


Responses = dict[int | str, dict[str, Any]]
OwnWords = Callable[[], Mapping[str, str]]  # code of a message → word


def errors(*statuses: int) -> Responses:
    """For OpenAPI: these statuses are answered with that shape."""
    return {status: {"model": ErrorAnswer} for status in statuses}


class ApiError(Exception):
    """An answer that is no 2xx. `code` is a message of `core/messages/api.yaml`."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        super().__init__(code)
        self.status, self.code, self.values = status, code, values


def answer(status: int, code: str, sentence: str) -> JSONResponse:
    """An error as JSON."""
    return JSONResponse(ErrorAnswer(error=Problem(code=code, sentence=sentence)).model_dump(), status)


def answer_errors(app: FastAPI, language: str, own_words: OwnWords = dict) -> None:
    """Let every error of this server have that shape. own_words: what the city says instead of the catalogue."""
    _answer_requests(app, language)
    _answer_rooms(app, language, own_words)


def _said(language: str, status: int, code: str, **values: object) -> JSONResponse:
    return answer(status, code, text(f"api.{code}", language, **values))


def _answer_requests(app: FastAPI, language: str) -> None:
    """What is wrong with a request, or with us."""

    async def on_ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return _said(language, error.status, error.code, **error.values)

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        detail = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
        return _said(language, 422, "bad-request", detail=detail)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            return _said(language, 405, "not-allowed")
        if error.status_code == 413:
            return _said(language, 413, "body-too-large")
        return _said(language, error.status_code, "not-found", path=request.url.path)

    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _said(language, 500, "failed")

    app.add_exception_handler(ApiError, on_ours)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_anything)


def _answer_rooms(app: FastAPI, language: str, own_words: OwnWords) -> None:
    """What the rooms behind it refuse, or cannot do."""

    async def on_down(request: Request, error: Exception) -> JSONResponse:
        return _said(language, 503, "stream-full" if isinstance(error, StreamFull) else "neighbour-down")

    async def on_unfit(request: Request, error: Exception) -> JSONResponse:
        return _said(language, 422, "bad-request", detail=str(error))

    async def on_refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, NotAllowed | Objection | IllegalStep)
        status = 403 if isinstance(error, NotAllowed) else 409 if error.code in FASTER else 422
        own = (own_words(),) if isinstance(error, IllegalStep) else ()
        return answer(status, error.code, error.in_words(language, *own))

    for down in (NeighbourDown, StreamFull):
        app.add_exception_handler(down, on_down)
    for refused in (NotAllowed, Objection, IllegalStep):
        app.add_exception_handler(refused, on_refused)
    app.add_exception_handler(UnfitValue, on_unfit)
