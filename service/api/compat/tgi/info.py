"""The answer of ``GET /info``."""

from service import __version__
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.state import State
from service.api.wire.response_model import ResponseModel
from service.engine.protocol.engine_info import EngineInfo
from service.errors import ProcessUnavailable
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel


class TgiInfoResponse(ResponseModel):
    """The model that generates, and the limits of a request. What a loaded model tells is null while it is not loaded.

    ``max_input_length`` is the older name of ``max_input_tokens``.
    """

    model_id: str
    model_sha: str | None
    model_dtype: str | None
    model_device_type: str | None
    model_pipeline_tag: str
    max_concurrent_requests: int
    max_best_of: int
    max_stop_sequences: int
    max_input_length: int | None
    max_input_tokens: int | None
    max_total_tokens: int | None
    validation_workers: int
    max_client_batch_size: int
    router: str
    version: str
    sha: str | None
    docker_label: str | None

    @classmethod
    def of(cls, model: ServedModel | ServedAdapter, state: State) -> "TgiInfoResponse":
        """The answer about this model."""
        info, settings = _engine_info(model), state.settings
        most = None if info is None else min(info.max_model_len, info.kv_tokens)
        longest = None if most is None else most - 1
        revision = "" if model.base.local is None else model.base.local.revision
        return cls(
            model_id=model.name,
            model_sha=revision or None,
            model_dtype=None if info is None else info.dtype,
            model_device_type=None if info is None else info.device,
            model_pipeline_tag="text-generation",
            max_concurrent_requests=settings.max_requests,
            max_best_of=settings.max_n,
            max_stop_sequences=settings.max_stop_strings,
            max_input_length=longest,
            max_input_tokens=longest,
            max_total_tokens=most,
            validation_workers=1,
            max_client_batch_size=1,
            router="trivium",
            version=__version__,
            sha=None,
            docker_label=None,
        )


def _engine_info(model: ServedModel | ServedAdapter) -> EngineInfo | None:
    """The facts about the model's engine; None while it is not loaded, or restarting."""
    try:
        info = model.base.client.info
    except ProcessUnavailable:
        return None
    assert isinstance(info, EngineInfo)
    return info


EXAMPLE_INFO = TgiInfoResponse(
    model_id=EXAMPLE_MODEL,
    model_sha=None,
    model_dtype="bfloat16",
    model_device_type="cpu",
    model_pipeline_tag="text-generation",
    max_concurrent_requests=1024,
    max_best_of=16,
    max_stop_sequences=16,
    max_input_length=32767,
    max_input_tokens=32767,
    max_total_tokens=32768,
    validation_workers=1,
    max_client_batch_size=1,
    router="trivium",
    version=__version__,
    sha=None,
    docker_label=None,
)
