"""The task of a payload, by its shape or by what the served models can do."""

from collections.abc import Sequence
from typing import Any

from service.api.compat.huggingface.unserved_tasks import find_unserved_task, has_gap
from service.api.compat.tgi.request import TgiParameters
from service.api.errors import invalid
from service.models.capabilities import Capability
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel
from service.serving.registry import Registry

_VECTOR_FIELDS = {"normalize", "prompt_name", "truncation_direction", "dimensions", "encoding_format"}
_SUMMARY_FIELDS = {"min_length", "max_length", "generate_parameters", "clean_up_tokenization_spaces"}
_CLASS_FIELDS = {"top_k", "function_to_apply"}
_GENERATION_FIELDS = TgiParameters.model_fields.keys() - {"top_k", "truncate"}  # which other tasks have too

_OF_OTHER_TASKS = {"image", "table", "past_user_inputs", "generated_responses"}

_UNKNOWN = (
    "inputs: for question-answering give a question and a context, for translation a text or a list of texts and "
    "parameters.tgt_lang, for sentence-similarity a source_sentence and sentences; for feature-extraction, "
    "text-classification and summarization name the task in the path, as in /pipeline/feature-extraction; for "
    "text-generation give a text and a parameter such as max_new_tokens; other tasks are not served"
)


def find_task(payload: dict[str, Any], registry: Registry, model_name: str | None = None) -> str:
    """The name of the task, which need not be one of those here.

    Texts alone are for the one task that the model of this name, or any served model, can do with them. Raises ApiError
    if the payload fits none, or could be for several. Raises ModelNotServed.
    """
    given = payload.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    match payload.get("inputs"):
        case {"source_sentence": _}:
            return "sentence-similarity"
        case {"text": _, **others} if not others.keys() & _OF_OTHER_TASKS:
            return "text-classification"
        case [{"text": _}, *_]:
            return "text-classification"
        case {"question": _, **others} | {"context": _, **others} if not others.keys() & _OF_OTHER_TASKS:
            return "question-answering"
        case str() | list() if parameters.keys() & {"tgt_lang", "src_lang"}:
            return "translation"
        case str() | list() if parameters.keys() & _SUMMARY_FIELDS:
            return "summarization"
    if task := find_unserved_task(payload.get("inputs"), parameters):
        return task
    if isinstance(payload.get("inputs"), str | list):
        return _task_of_texts(payload, set(parameters), registry, model_name)
    raise invalid("inputs", _UNKNOWN)


def _task_of_texts(payload: dict[str, Any], parameters: set[str], registry: Registry, model_name: str | None) -> str:
    if "stream" in payload or parameters & _GENERATION_FIELDS:
        return "text-generation"
    if parameters & _CLASS_FIELDS:
        return "text-classification"
    if (parameters | set(payload)) & _VECTOR_FIELDS:
        return "feature-extraction"
    models = [*registry.models.values()] if model_name is None else [registry.find(model_name)]
    able = {capability for model in models for capability in model.capabilities}
    match Capability.EMBED in able, Capability.CLASSIFY in able:
        case True, False:
            return "feature-extraction"
        case False, True:
            return "text-classification"
        case False, False if _only_summarize(models):
            return "summarization"
        case False, False if not parameters and isinstance(payload["inputs"], str) and Capability.GENERATE in able:
            return "fill-mask" if has_gap(payload["inputs"]) else "text-generation"
    raise invalid("inputs", _UNKNOWN)


def _only_summarize(models: Sequence[ServedModel | ServedAdapter]) -> bool:
    """Whether those of the models that write texts are encoder-decoders."""
    writers = [model.capabilities for model in models if Capability.GENERATE in model.capabilities]
    return bool(writers) and all(Capability.SUMMARIZE in each for each in writers)
