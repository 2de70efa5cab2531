"""All routes of the service. The order is the order of matching, and of the OpenAPI document."""

from service.api import unknown_routes
from service.api.compat.anthropic.count_tokens import route as count_tokens
from service.api.compat.anthropic.messages import route as messages
from service.api.compat.cohere.embed import route as cohere_embed
from service.api.compat.cohere.rerank import route as rerank
from service.api.compat.deepl import document_route as deepl_documents
from service.api.compat.deepl import languages_v3 as deepl_languages
from service.api.compat.deepl import route as deepl
from service.api.compat.deepl.glossaries import v2 as glossaries_v2
from service.api.compat.deepl.glossaries import v3 as glossaries_v3
from service.api.compat.huggingface import route as huggingface
from service.api.compat.libretranslate import file_route as libretranslate_files
from service.api.compat.libretranslate import route as libretranslate
from service.api.compat.llamacpp import route as llamacpp
from service.api.compat.ollama.chat import route as ollama_chat
from service.api.compat.ollama.embed import route as ollama_embed
from service.api.compat.ollama.generate import route as ollama_generate
from service.api.compat.ollama.models import route as ollama_models
from service.api.compat.tgi import route as tgi
from service.api.native.adapters import route as adapters
from service.api.native.answer import route as answer
from service.api.native.documents import route as documents
from service.api.native.explain import route as explain
from service.api.native.generate import route as generate
from service.api.native.score import route as score
from service.api.native.tokens import route as tokens
from service.api.native.translate import route as translate
from service.api.openai.audio import route as audio
from service.api.openai.batches import route as batches
from service.api.openai.chat import route as chat
from service.api.openai.completions import route as completions
from service.api.openai.embeddings import route as embeddings
from service.api.openai.files import route as files
from service.api.openai.models import route as models
from service.api.openai.responses import route as responses
from service.api.operations import health, metrics, statistics

ROUTERS = (
    generate.router,
    translate.router,
    documents.router,
    answer.router,
    chat.router,
    responses.router,
    completions.router,
    embeddings.router,
    audio.router,
    files.router,
    batches.router,
    models.router,
    messages.router,
    count_tokens.router,
    adapters.router,
    explain.router,
    score.router,
    tokens.router,
    rerank.router,
    cohere_embed.router,
    llamacpp.router,
    tgi.router,
    ollama_chat.router,
    ollama_generate.router,
    ollama_embed.router,
    ollama_models.router,
    libretranslate.router,
    libretranslate_files.router,
    deepl.router,
    deepl_languages.router,
    glossaries_v2.router,
    glossaries_v3.router,
    deepl_documents.router,
    huggingface.router,
    health.router,
    metrics.router,
    statistics.router,
    unknown_routes.router,
)
