"""The answers of ``GET /props`` and ``GET /slots``."""

from service import __version__
from service.api.call import Served
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.engine.protocol.engine_info import EngineInfo
from service.tasks.generation.generator import Generator


class LlamaDefaults(ResponseModel):
    """The settings of a request that gives none."""

    n_ctx: int
    params: dict[str, float | int]


class LlamaPropsResponse(ResponseModel):
    """The model, its context, its template, and how many sequences it computes at once."""

    default_generation_settings: LlamaDefaults
    total_slots: int
    model_alias: str
    model_path: str
    chat_template: str
    eos_token: str
    modalities: dict[str, bool]
    build_info: str
    is_sleeping: bool


class LlamaSlot(ResponseModel):
    """A place for a sequence."""

    id: int
    n_ctx: int
    speculative: bool
    is_processing: bool


_DEFAULTS: dict[str, float | int] = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
_MODALITIES = {"vision": False, "audio": False}


def props_of(model: Served) -> LlamaPropsResponse:
    """The answer about a loaded model. Raises ModelUnavailable or ProcessUnavailable."""
    generator, info = model.task(Generator), _info(model)
    tokenizer = generator.tokenizer
    return LlamaPropsResponse(
        default_generation_settings=LlamaDefaults(generator.max_tokens, _DEFAULTS),
        total_slots=info.max_num_seqs,
        model_alias=model.name,
        model_path=model.base.spec.name,  # where the files are on this machine is no client's business
        chat_template="" if tokenizer.chat_template is None else tokenizer.chat_template.source,
        eos_token=tokenizer.token_text(tokenizer.eos_token_ids[0]) if tokenizer.eos_token_ids else "",
        modalities=_MODALITIES,
        build_info=f"trivium {__version__}",
        is_sleeping=False,
    )


def slots_of(model: Served, active: int) -> list[LlamaSlot]:
    """The slots of a loaded model, of whose sequences ``active`` are not done. Raises ProcessUnavailable."""
    context = model.task(Generator).max_tokens
    return [LlamaSlot(id, context, False, id < active) for id in range(_info(model).max_num_seqs)]


def _info(model: Served) -> EngineInfo:
    info = model.base.client.info
    assert isinstance(info, EngineInfo)
    return info


PROPS_EXAMPLE = LlamaPropsResponse(
    default_generation_settings=LlamaDefaults(32768, _DEFAULTS),
    total_slots=16,
    model_alias=EXAMPLE_MODEL,
    model_path=EXAMPLE_MODEL,
    chat_template="{% for message in messages %}...",
    eos_token="<|im_end|>",
    modalities=_MODALITIES,
    build_info=f"trivium {__version__}",
    is_sleeping=False,
)
SLOTS_EXAMPLE = [LlamaSlot(0, 32768, False, True), LlamaSlot(1, 32768, False, False)]
