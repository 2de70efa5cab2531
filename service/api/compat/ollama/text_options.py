"""From the fields of a request to the options of its text."""

from service.api.call import Call
from service.api.compat.ollama.fields import OllamaTextFields
from service.api.compat.ollama.options import DEFAULTS, TEMPERATURE, ModelOptions
from service.api.requests.options import check_limit
from service.tasks.generation.options import Options


def text_options(call: Call, body: OllamaTextFields, given: ModelOptions) -> Options:
    """The options of the text. Raises ApiError or InvalidOption."""
    check_limit("top_logprobs", body.top_logprobs or 0, call.state.settings.max_logprobs)
    options = call.options(
        given.sampling(),
        temperature=TEMPERATURE,
        max_tokens=given.max_tokens,
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        **DEFAULTS,
    )
    return options.with_values(
        structure=body.structure(), fill_context=given.fills_context, max_tokens_param="options.num_predict"
    )
