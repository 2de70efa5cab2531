"""Parts of other services' APIs that are not served here, and what does the same or why nothing does."""

from collections.abc import Sequence

_TEXT_ONLY = "the models here read and write text"
_IMAGES = f"there are no images here; {_TEXT_ONLY}"
_AUDIO = "speech is written down with POST /v1/audio/transcriptions; nothing speaks here"
_ASSISTANTS = "use POST /v1/responses, whose answers are kept in memory and continued with previous_response_id"
_CONVERSATIONS = "continue a response with previous_response_id of POST /v1/responses, or send the whole conversation"
_STORES = "embed texts with POST /v1/embeddings, and search in a database of your own"
_CODE = "containers for code are not here; a tool of the client may run code"
_TRAINING = "models are not trained here; an operator loads adapters with POST /v1/load_lora_adapter"
_CONTROL = "an operator manages models, with the settings and POST /v1/models/{id}/load or /unload"
_LORA = "an operator loads adapters with POST /v1/load_lora_adapter; a request names one as its model"
_SLEEP = "an operator unloads a model with POST /v1/models/{id}/unload and loads it with /load"
_AGENTS = "agents, sessions and their environments are not kept here; run the agent where you are, on POST /v1/messages"
_PROFILE = "GET /metrics has the times of each part"
_MODELS = "an operator adds models, with trivium models pull"
_KEYS = "keys are in the operator's file; GET /metrics counts usage"
_SLOTS = "prompts that begin alike share the cache by themselves; GET /slots tells what runs"

# The first path that the request's path is, or lies under, decides.
INSTEAD: Sequence[tuple[str, str]] = (
    # OpenAI
    ("/v1/uploads", "uploads in parts are not taken; use POST /v1/files"),
    ("/v1/images", _IMAGES),
    ("/v1/videos", f"there is no video here; {_TEXT_ONLY}"),
    ("/v1/audio", _AUDIO),
    ("/v1/realtime", f"realtime sessions are not served: {_TEXT_ONLY}; use POST /v1/responses with stream"),
    ("/v1/fine_tuning", _TRAINING),
    ("/v1/fine-tunes", _TRAINING),
    ("/v1/vector_stores", _STORES),
    ("/v1/assistants", _ASSISTANTS),
    ("/v1/threads", _ASSISTANTS),
    ("/v1/conversations", _CONVERSATIONS),
    ("/v1/containers", _CODE),
    ("/v1/evals", "evaluations are not run here; tools such as lm-eval run them on POST /v1/completions"),
    ("/v1/skills", f"skills are not kept here: {_CODE}"),
    ("/v1/organization", _KEYS),
    ("/v1/organizations", _KEYS),
    ("/v1/chat/completions", "chats are not stored here; use POST /v1/responses, whose answers are kept"),
    ("/v1/edits", "use POST /v1/chat/completions"),
    ("/v1/engines", "use GET /v1/models"),
    ("/v1/moderations", "no model here judges contents; ask one with POST /v1/chat/completions"),
    # Anthropic
    ("/v1/messages/batches", "use POST /v1/messages"),
    ("/v1/complete", "use POST /v1/completions"),
    *((f"/v1/{name}", _AGENTS) for name in ("agents", "sessions", "environments", "vaults")),
    ("/v1/memory_stores", f"memory stores belong to agents; {_AGENTS}"),
    # Ollama
    ("/api/create", _MODELS),
    ("/api/copy", "an operator names models, in the settings"),
    ("/api/delete", "an operator removes models, with trivium models remove"),
    ("/api/push", "models are not sent anywhere"),
    ("/api/blobs", _MODELS),
    ("/api/web_search", "the service searches nothing in the web; offer a tool that does"),
    ("/api/web_fetch", "the service fetches nothing from the web; offer a tool that does"),
    # llama.cpp
    ("/slots", _SLOTS),
    ("/lora-adapters", _LORA),
    ("/reranking", "use POST /v1/rerank"),
    ("/v1/reranking", "use POST /v1/rerank"),
    ("/tools", "the service runs no tools; the client runs those that the model calls, see POST /v1/chat/completions"),
    # TGI, SageMaker, Vertex
    ("/invocations", "use POST /v1/chat/completions"),
    ("/vertex", "use POST /v1/chat/completions"),
    # vLLM
    ("/pooling", "use POST /v1/embeddings, or POST /models/{id}/pipeline/text-classification"),
    ("/classify", "use POST /models/{id}/pipeline/text-classification"),
    ("/inference/v1/generate", "use POST /v1/completions, whose prompt may be token ids"),
    ("/sleep", _SLEEP),
    ("/wake_up", _SLEEP),
    ("/is_sleeping", "GET /v1/models has the state of each model"),
    ("/reset_prefix_cache", "entries leave the cache by themselves; a cache_salt keeps a request's apart"),
    ("/reset_mm_cache", _IMAGES),
    ("/reset_encoder_cache", _IMAGES),
    ("/collective_rpc", f"this is not served to clients; {_CONTROL}"),
    ("/scale_elastic_ep", f"this is not served to clients; {_CONTROL}"),
    ("/is_scaling_elastic_ep", f"this is not served to clients; {_CONTROL}"),
    ("/server_info", "use GET /version and GET /v1/models"),
    ("/load", "GET /metrics counts what runs and waits"),
    ("/start_profile", _PROFILE),
    ("/stop_profile", _PROFILE),
    ("/abort_requests", "close the connection of a request to end it"),
    ("/pause", _CONTROL),
    ("/resume", _CONTROL),
    # Cohere
    ("/v1/embed-jobs", "use POST /v1/embed"),
    ("/v1/embed/jobs", "use POST /v1/embed"),
    ("/v1/classify", "use POST /models/{id}/pipeline/text-classification"),
    ("/v1/connectors", "the service searches nothing; offer a tool that does"),
    ("/v1/datasets", "data sets are not kept here; send the texts to POST /v1/embed"),
    ("/v2/chat", "use POST /v1/chat/completions"),
    # DeepL
    ("/v2/write", "use POST /v1/chat/completions"),
    ("/v2/style-rules", "write the style into the context of POST /v2/translate"),
    ("/v3/style_rules", "write the style into the context of POST /v2/translate"),
    ("/v3/translation_memories", "send a translation memory with the text to POST /v1/translate"),
    ("/v3/voice", f"{_AUDIO}; send the text to POST /v2/translate"),
    ("/v2/admin", _KEYS),
    # LibreTranslate
    ("/suggest", "suggestions are not collected here"),
    ("/frontend", "the page to translate on is /playground; programs use POST /translate"),
    ("/spec", "GET /openapi.json describes all routes"),
)

# Methods of paths that other methods are served on, or that lie under a served pattern.
INSTEAD_OF_METHODS: Sequence[tuple[str, str, str]] = (
    ("GET", "/v1/chat/completions", "chats are not stored here; use POST /v1/responses, whose answers are kept"),
    ("POST", "/v1/responses/compact", "send the items that matter as the input of POST /v1/responses"),
    ("DELETE", "/v1/models/{id:path}", "an operator removes models, with trivium models remove"),
    ("POST", "/props", "an operator changes the settings; a request has its own chat_template_kwargs"),
)
