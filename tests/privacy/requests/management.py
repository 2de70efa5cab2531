"""Requests that load and unload models and adapters."""

from tests.privacy.requests.bodies import PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests that an operator may make, and others."""
    return [
        *((f"/v1/models/{name}/{verb}", {}) for verb in ("unload", "load") for name in ("classifier", word)),
        ("/v1/load_lora_adapter", {"lora_name": "sql", "lora_path": f"/{word}"}),  # an operator gives the name
        ("/v1/load_lora_adapter", {"lora_name": word, "lora_path": word, "base_model_name": word}),
        ("/v1/unload_lora_adapter", {"lora_name": word}),
    ]
