"""The calls of all clients, and the table of their outcomes."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.report.tables import numeric_table
from tests.matrix.call import Call, Outcome, Result
from tests.matrix.clients import (
    anthropic_client,
    cohere_client,
    huggingface_client,
    langchain_client,
    llamacpp_http,
    ollama_client,
    open_webui_http,
    openai_chat,
    openai_client,
    tgi_http,
    translators,
    vllm_http,
)

_MODULES = (
    openai_client,
    openai_chat,
    anthropic_client,
    ollama_client,
    open_webui_http,
    huggingface_client,
    tgi_http,
    vllm_http,
    llamacpp_http,
    cohere_client,
    translators,
    langchain_client,
)

CALLS: Sequence[Call] = [call for module in _MODULES for call in module.CALLS]


def make_table(results: Sequence[Result]) -> Table:
    """One row for each client, and one for all of them."""
    table = numeric_table("client", "tried", *Outcome)
    for client in dict.fromkeys(result.call.client for result in results):
        table.add_row(client, *_counts([result for result in results if result.call.client == client]))
    table.add_section()
    table.add_row("all", *_counts(results))
    return table


def _counts(results: Sequence[Result]) -> list[str]:
    return [str(len(results)), *(str(sum(result.outcome is kind for result in results)) for kind in Outcome)]
