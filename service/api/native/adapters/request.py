"""The bodies of the routes that load and unload an adapter."""

from typing import Annotated

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import ModelName, RequestModel

AdapterName = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^[\w.:/@+-]+$", description="The adapter's name in the API.")
]


class LoadAdapterRequest(RequestModel):
    """An adapter to load."""

    lora_name: AdapterName
    lora_path: Annotated[
        str, Field(min_length=1, max_length=4096, description="A directory of the service with peft's files.")
    ]
    base_model_name: ModelName = None


class UnloadAdapterRequest(RequestModel):
    """An adapter to unload."""

    lora_name: AdapterName


LOAD_EXAMPLES = request_examples(LoadAdapterRequest, load={"lora_name": "sql", "lora_path": "/adapters/sql"})
UNLOAD_EXAMPLES = request_examples(UnloadAdapterRequest, unload={"lora_name": "sql"})
