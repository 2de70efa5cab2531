"""Routes that speak another service's API, down to the shape of their errors."""

from typing import Any, ClassVar

from fastapi.routing import APIRoute

from service.api.errors import ApiError


class Dialect(APIRoute):
    """An error is an object with one text. It begins with the field to blame, by the name that this API has for it."""

    key: ClassVar[str] = "error"
    names: ClassVar[dict[str, str]] = {}  # of the tasks' fields

    @classmethod
    def error_body(cls, error: ApiError) -> dict[str, Any]:
        param = cls.names.get(error.param, error.param) if error.param else ""
        blamed = not param or error.message.startswith(param)
        return {cls.key: error.message if blamed else f"{param}: {error.message}"}


class LibreTranslate(Dialect):
    """The routes of LibreTranslate."""

    names: ClassVar[dict[str, str]] = {"text": "q", "source_lang": "source", "target_lang": "target"}


class DeepL(Dialect):
    """The routes of DeepL's API."""

    key: ClassVar[str] = "message"


class HuggingFace(Dialect):
    """The routes of Hugging Face's inference tasks."""

    names: ClassVar[dict[str, str]] = {
        "text": "inputs",
        "source_lang": "parameters.src_lang",
        "target_lang": "parameters.tgt_lang",
        "question": "inputs.question",
        "context": "inputs.context",
        "stride": "parameters.doc_stride",
    }
