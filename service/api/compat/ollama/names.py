"""Names of models as Ollama writes them, with a tag."""

from service.api.call import Call, Served
from service.api.compat.ollama.fields import OllamaFields
from service.api.compat.ollama.keep_alive import check_keep_alive
from service.models.capabilities import Capability
from service.serving.registry import Registry

_LATEST = ":latest"  # the tag of a name without one


def served_name(name: str, registry: Registry) -> str:
    """The name by which the model is served: ``name`` itself, or ``name`` without the tag "latest"."""
    served = {each for model in registry.models.values() for each in (model.name, *model.adapters)}
    return name if name in served else name.removesuffix(_LATEST)


def pick_model(call: Call, body: OllamaFields, capability: Capability) -> Served:
    """The model of a request. Raises ModelNotServed, IncapableModel, or ApiError for its ``keep_alive``."""
    model = call.model(served_name(body.model, call.state.registry), capability)
    check_keep_alive(body.keep_alive, model)
    return model
