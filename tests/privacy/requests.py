"""Requests that carry a word in every place where a client can put one."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.privacy.echo_worker import RAISE

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
SHORT = {"max_tokens": 40}


def calls(url: str, word: str) -> list[httpx.Request]:
    """Requests to every endpoint, correct ones and many wrong ones. Each has the word in all places."""
    messages = [{"role": "system", "content": word}, {"role": "user", "content": word, "name": word}]
    echo, short = {"model": "echo:latest"}, {"num_predict": 40}
    docs = [{"id": word, "title": word, "text": f"{word} was there in 1894. It is {word}."}]
    bodies: list[tuple[str, Any]] = [
        ("/v1/generate", {"prompt": word, "stop": [f"z{word}"], "cache_salt": word, **SHORT}),
        ("/v1/generate", {"prompt": f"{RAISE} {word}", **SHORT}),
        ("/v1/generate", {"messages": messages, "stream": True, **SHORT}),
        ("/v1/generate", {"prompt": f"{RAISE} {word}", "stream": True, **SHORT}),
        ("/v1/completions", {"prompt": [word, word], "n": 2, **SHORT}),
        # The echo model has no log probabilities of prompts, which is an internal error in the API process.
        ("/v1/completions", {"prompt": [word, word], "echo": True, "logprobs": 0, "n": 2, "user": word, **SHORT}),
        ("/v1/chat/completions", {"messages": messages, "metadata": {word: word}, word: word, **SHORT}),
        ("/v1/chat/completions", {"messages": messages, "stream": True, "logprobs": True, **SHORT}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": f"the template of {word}"}]}),
        ("/v1/translate", {"text": f"{word} {word}", "target_lang": "fr", "context": word, **SHORT}),
        (
            "/v1/translate",
            {"text": f"<p>{word}</p>", "source_lang": "en", "target_lang": "fr", "format": "html"}
            | {"glossary": [{"source": word, "target": word}], "do_not_translate": [f"{word}s"], **SHORT},
        ),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "output_prefix": word, **SHORT}),
        ("/v1/translate", {"text": f"<{word}>", "target_lang": "fr", "format": "xml"}),
        (
            "/v1/translate",
            {"text": f'<b title="{word} {word}">{word}</b>', "target_lang": "fr", "format": "html"}
            | {"translate_attributes": ["title", word], **SHORT},
        ),
        ("/v1/translate", {"text": word, "target_lang": "fr", "format": "xml", "translate_attributes": [word]}),
        ("/v1/translate", {"text": word, "target_lang": "fr", "memory": [{"source": word, "target": f"{word}s"}]}),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "memory": f"<tmx>&{word};"}),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "glossary": word}),
        ("/v1/translate", {"text": word, "target_lang": word}),
        ("/v1/translate", {"text": word, "source_lang": word, "target_lang": "fr"}),
        ("/v1/translate", {"text": word, "target_lang": "fr", "formality": word}),
        ("/v1/answer", {"question": word, **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs, **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs, "mode": "generative", **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs + docs}),
        ("/v1/answer", {"question": word, "history": [{"question": word, "answer": word}], **SHORT}),
        ("/tokenize", {"prompt": word, "return_token_strs": True}),
        ("/tokenize", {"messages": messages}),
        ("/detokenize", {"tokens": list(word.encode())}),
        ("/detokenize", {"tokens": [word]}),
        ("/translate", {"q": word, "source": "en", "target": "fr", "api_key": word}),
        ("/translate", {"q": word, "source": word, "target": "fr"}),
        ("/translate_file", {"file": word}),
        ("/detect", {"q": word, "api_key": word}),
        ("/v2/translate", {"text": [word], "target_lang": "FR", "glossary_id": word}),
        ("/v2/translate", {"text": [word], "target_lang": "FR", "source_lang": "EN"}),
        ("/v2/languages", {"type": word}),
        *glossary_calls(word),
        ("/", {"inputs": {"question": word, "context": f"{word} was there in 1894."}}),
        ("/pipeline/translation", {"inputs": word, "parameters": {"src_lang": "en", "tgt_lang": "fr"}}),
        ("/pipeline/translation", {"inputs": word, "parameters": {"src_lang": word, "tgt_lang": word}}),
        (f"/pipeline/{word}", {"inputs": word}),
        ("/models/echo", {"inputs": {"question": word, "context": word}}),
        (f"/models/{word}", {"inputs": {"question": word, "context": word}}),
        (f"/{word}", {"prompt": word}),
        *anthropic_calls(word),
        *responses_calls(word),
        ("/api/chat", echo | {"messages": messages, "options": {"stop": [f"z{word}"], word: word} | short}),
        ("/api/chat", echo | {"messages": messages, "stream": False, "keep_alive": word, "options": short}),
        ("/api/chat", echo | {"messages": [{"role": "user", "content": f"{RAISE} {word}"}], "options": short}),
        ("/api/chat", echo | {"messages": [{"role": word, "content": word, "images": [word]}]}),
        ("/api/chat", echo | {"messages": messages, "tools": [{word: word}]}),
        ("/api/chat", {"model": word, "messages": messages}),
        ("/api/generate", echo | {"prompt": word, "system": word, "options": short}),
        ("/api/generate", echo | {"prompt": word, "raw": True, "stream": False, "options": short}),
        ("/api/generate", echo | {"prompt": word, "logprobs": True, "top_logprobs": 1, "options": short}),
        *(
            ("/api/generate", echo | {"prompt": word, "options": short, name: word})
            for name in ("suffix", "template", "think", "format", "context", "keep_alive", word)
        ),
        ("/api/generate", echo | {"prompt": word, "format": {"type": word, "pattern": word}}),
        ("/api/embed", {"model": "embedder", "input": [word, word], word: word}),
        ("/api/embed", {"model": word, "input": word}),
        ("/api/embeddings", {"model": "embedder", "prompt": word}),
        ("/api/show", echo | {word: word}),
        ("/generate", {"inputs": word, "parameters": {"max_new_tokens": 40, "stop": [f"z{word}"], "details": True}}),
        ("/generate", {"inputs": word, "parameters": {"return_full_text": True, "truncate": 4, word: word}, word: 1}),
        ("/generate", {"inputs": f"{RAISE} {word}", "parameters": {"max_new_tokens": 40}}),
        ("/generate_stream", {"inputs": word, "parameters": {"max_new_tokens": 40}}),
        ("/generate_stream", {"inputs": f"{RAISE} {word}", "parameters": {"max_new_tokens": 40}}),
        ("/", {"inputs": word, "stream": False, "parameters": {"max_new_tokens": 40}}),
        *(("/generate", {"inputs": word, "parameters": {name: word}}) for name in ("typical_p", "adapter_id", "seed")),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "json", "value": {"type": word}}}}),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "json", "value": word}}}),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "regex", "value": f"({word}"}}}),
        ("/chat_tokenize", {"messages": messages, word: word}),
        ("/apply-template", {"messages": messages, word: word}),
        ("/embedding", {"content": [word, word]}),
        ("/embedding", {"content": word, "embd_normalize": word}),
        ("/completion", {"prompt": word, "n_predict": 40, "stop": [f"z{word}"], word: word}),
        ("/completion", {"prompt": word, "n_predict": 40, "stream": True}),
        ("/completion", {"prompt": f"{RAISE} {word}", "n_predict": 40, "stream": True}),
        ("/infill", {"input_prefix": word, "input_suffix": word, "n_predict": 40, word: word}),
        ("/infill", {"input_prefix": word, "input_suffix": word, "input_extra": [{word: word}]}),
        ("/completion", {"prompt": f"{RAISE} {word}", "n_predict": 40}),
        *(("/completion", {"prompt": word, name: word}) for name in ("grammar", "samplers", "logit_bias", "lora")),
        ("/completion", {"prompt": word, "json_schema": {"type": word}}),
        ("/completion", {"prompt": [word, word]}),
        ("/completion", {"prompt": word, "logit_bias": [[word, 1]]}),
        ("/tokenize", {"inputs": word}),
        ("/tokenize", {"content": word, "with_pieces": True}),
        ("/tokenize", {"content": word, "inputs": word}),
        ("/api/show", {"model": word}),
        ("/api/pull", echo),
        ("/api/pull", {"model": word, "insecure": word}),
        ("/v1/embeddings", {"input": [word, f"{word} {word}"], "user": word, word: word}),
        ("/v1/embeddings", {"input": f"{word} " * 500}),
        ("/v1/embeddings", {"input": word, "prompt_name": word}),
        ("/v1/embeddings", {"input": word, "input_type": word}),
        ("/v1/embeddings", {"input": [[word]]}),
        ("/v1/embeddings", {"input": word, "model": word}),
        ("/v1/embed", {"texts": [word]}),
        ("/v1/embed", {"texts": [word], "embedding_types": [word]}),
        ("/v2/embed", {"texts": [word], "input_type": "search_query"}),
        ("/v1/rerank", {"query": word, "documents": [word, {"text": word}], "return_documents": True}),
        ("/v1/rerank", {"query": word, "documents": [{word: word}]}),
        ("/v1/rerank", {"query": word, "documents": [word], "rank_fields": [word]}),
        ("/v2/rerank", {"query": word, "documents": [word]}),
        ("/rerank", {"query": word, "documents": [word]}),
        ("/v1/score", {"text_1": word, "text_2": [word, word]}),
        ("/score", {"text_1": [word], "text_2": f"{word} " * 500}),
        ("/score", {"text_1": word, "text_2": word, "model": "embedder"}),
        ("/pipeline/feature-extraction", {"inputs": word}),
        ("/pipeline/text-classification", {"inputs": {"text": word, "text_pair": word}}),
        ("/models/embedder/pipeline/sentence-similarity", {"inputs": {"source_sentence": word, "sentences": [word]}}),
        (f"/models/embedder/pipeline/{word}", {"inputs": word}),
        ("/models/classifier", {"inputs": word}),
        ("/models/classifier", {"inputs": word, "parameters": {"function_to_apply": word}}),
    ]
    # Fields that are refused: another model, wrong types, unknown names, unsupported fields.
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"temperature": word},
        {"max_tokens": [word]},
        {"logit_bias": {word: 1}},
        {"logit_bias": {"1": word}},
        {"stop": [{word: word}]},
        {"bad_words": [word, [word]]},
        {"bad_words": [word], "return_token_ids": True, "prompt_logprobs": 0},
        {"allowed_token_ids": [word]},
        {"truncate_prompt_tokens": word},
        {"stop_token_ids": [word]},
        {"messages": [{"role": word, "content": word}]},
        {"messages": [{"role": "user", "content": {word: word}}]},
        {"messages": [{"role": "user", "content": [{"type": word, "image_url": word}]}]},
        {"stream_options": word},
        {f"{word}.tools": word},
        {"response_format": {"type": "json_object", "schema": {"type": word}}},
        {"guided_json": {"properties": {word: False}, "required": [word], "minimum": word, "$ref": word}},
        {"guided_regex": f"({word}"},
        {"guided_grammar": f"start: {word}"},
        *({name: word} for name in ("tools", "response_format", "guided_regex", "grammar", "regex", "json_schema")),
        *({name: word} for name in ("chat_template", "chat_template_kwargs", "structured_outputs", "suffix")),
    ]
    bodies += [("/v1/chat/completions", {"messages": messages, **SHORT} | fields) for fields in wrong]
    bodies += [(f"/v1/models/{name}/{verb}", {}) for verb in ("unload", "load") for name in ("classifier", word)]
    bodies += [
        ("/v1/load_lora_adapter", {"lora_name": "sql", "lora_path": f"/{word}"}),  # an operator gives the name
        ("/v1/load_lora_adapter", {"lora_name": word, "lora_path": word, "base_model_name": word}),
        ("/v1/unload_lora_adapter", {"lora_name": word}),
    ]
    raw: list[tuple[str, bytes, dict[str, str]]] = [
        ("/v1/generate", f'{{"prompt": "{word}'.encode(), JSON),
        ("/v1/generate", f'{{"{word}": {word}}}'.encode(), JSON),
        ("/v1/generate", f'{{"prompt": "\\{word}"}}'.encode(), JSON),
        ("/v1/generate", f'"{word}"'.encode(), JSON),
        ("/v1/generate", word.encode(), {"content-type": word}),
        ("/translate", f"q={word}&source={word}&target=%ff".encode(), FORM),
        ("/translate", urlencode({"q": word, "source": "en", "target": "fr"}).encode(), FORM),
        ("/v1/generate", json.dumps({"prompt": word}).encode(), JSON | {"x-request-timeout": word}),
        (
            "/v1/generate",
            json.dumps({"prompt": word, **SHORT}).encode(),
            JSON | {"x-request-id": f"{word} {word}", "authorization": f"Bearer {word}", "cookie": word},
        ),
    ]
    gets = ["/v1/models", f"/v1/models/{word}", "/v1/models/echo", "/v1/languages", f"/languages?{word}={word}"]
    gets += ["/tokenizer_info", f"/tokenizer_info?model={word}"]
    gets += ["/info", "/props", "/slots", f"/infill/{word}", "/api/tags", "/api/ps", "/api/version", f"/api/{word}"]
    gets += [f"/v1/responses/{word}", f"/v1/responses/{word}/input_items?after={word}&{word}={word}"]
    gets += ["/v3/languages?resource=glossary", f"/v3/languages?resource={word}", "/v3/languages/resources"]
    gets += ["/v2/glossaries", f"/v2/glossaries/{word}", "/v2/glossary-language-pairs", "/v3/glossaries"]
    gets += ["/v2/languages", f"/v2/languages?type={word}", "/v2/usage", "/version", f"/{word}/{word}?{word}"]
    gets += ["/", "/ping", "/health", "/health/live", "/health/ready", "/metrics", f"/v2/{word}", f"/models/{word}"]
    return [
        *(httpx.Request("POST", url + path, content=json.dumps(body).encode(), headers=JSON) for path, body in bodies),
        *(httpx.Request("POST", url + path, content=body, headers=headers) for path, body, headers in raw),
        *(httpx.Request("GET", url + path, headers={"user-agent": word, "referer": word}) for path in gets),
        httpx.Request(word.upper(), f"{url}/v1/generate"),
    ]


def glossary_calls(word: str) -> list[tuple[str, Any]]:
    """Glossaries with the word in all places."""
    entries = {"source_lang": "en", "target_lang": "fr", "entries": f"{word}\t{word}"}
    wrong: list[dict[str, Any]] = [{name: word} for name in (*entries, "entries_format")]
    return [
        ("/v2/glossaries", entries | {"name": word, word: word}),
        ("/v2/glossaries", entries | {"name": word}),
        ("/v3/glossaries", {"name": word, "dictionaries": [entries]}),
        *(("/v2/glossaries", entries | {"name": word} | fields) for fields in wrong),
        *(("/v3/glossaries", {"name": word, "dictionaries": [entries | fields]}) for fields in wrong),
        ("/v3/glossaries", {"name": f"{word}\n", "dictionaries": [entries, entries]}),
        ("/v3/glossaries", {"name": word, "dictionaries": [entries, entries]}),
        ("/v2/translate", {"text": [word], "target_lang": "FR", "source_lang": "EN", "glossary_ids": [word]}),
        (
            "/v2/translate",
            {"text": [f"<a>{word}</a>"], "target_lang": "FR", "source_lang": "EN", "tag_handling": "xml"}
            | {"ignore_tags": [word], "splitting_tags": word, "non_splitting_tags": [word]},
        ),
    ]


def calls_of_glossaries(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the stored glossaries."""
    made = [each for each in answers if each.request.url.path == "/v2/glossaries" and each.status_code == 201]
    glossary = f"glossaries/{made[0].json()['glossary_id']}"
    pair, other = "source_lang=en&target_lang=fr", f"source_lang={word}&target_lang={word}"
    entries = {"source_lang": "en", "target_lang": "fr", "entries": f"{word}\t{word}s"}
    bodies: list[tuple[str, str, Any]] = [
        ("PATCH", glossary, {"name": f"{word}s", "dictionaries": [entries], word: word}),
        ("PATCH", glossary, {"dictionaries": [{word: word}]}),
        ("PUT", f"{glossary}/dictionaries", entries),
        ("PUT", f"{glossary}/dictionaries", entries | {"entries": word}),
    ]
    text = {"text": [word], "source_lang": "EN", "target_lang": "FR", "glossary_id": made[0].json()["glossary_id"]}
    return [
        *(
            httpx.Request(method, f"{url}/v3/{path}", content=json.dumps(body).encode(), headers=JSON)
            for method, path, body in bodies
        ),
        httpx.Request("POST", f"{url}/v2/translate", content=json.dumps(text).encode(), headers=JSON),
        *(httpx.Request("GET", f"{url}/{path}") for path in (f"v2/{glossary}", f"v2/{glossary}/entries")),
        *(httpx.Request("GET", f"{url}/v3/{path}") for path in (glossary, f"{glossary}/entries?{pair}")),
        httpx.Request("GET", f"{url}/v3/{glossary}/entries?{other}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}/dictionaries?{other}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}/dictionaries?{pair}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}"),
        httpx.Request("DELETE", f"{url}/v2/glossaries/{made[1].json()['glossary_id']}"),
        httpx.Request("DELETE", f"{url}/v2/glossaries/{word}"),
    ]


def calls_of_stored(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the first stored response among the answers."""
    stored = next(answer for answer in answers if answer.request.url.path == "/v1/responses" and answer.is_success)
    path = f"{url}/v1/responses/{stored.json()['id']}"
    return [
        httpx.Request("GET", path),
        httpx.Request("GET", f"{path}/input_items"),
        httpx.Request("GET", f"{path}/input_items?after={word}"),
        httpx.Request("GET", f"{path}/input_items?order={word}&limit={word}"),
        httpx.Request("POST", f"{path}/cancel", headers=JSON, content=f'"{word}"'.encode()),
        httpx.Request("DELETE", path),
    ]


def file_calls(url: str, word: str) -> list[httpx.Request]:
    """Uploads with the word in all places, and requests about files and batches that there are not."""
    good, one = {"purpose": "batch"}, {"file": (word, _lines(word))}
    body = {"input_file_id": word, "endpoint": "/v1/completions", "completion_window": "24h", "metadata": {word: word}}
    uploads: list[tuple[dict[str, str], Any]] = [
        (good | {word: word}, one),
        (good, {"file": (word, f"{{{word}\n{word}\n".encode())}),
        ({"purpose": word}, one),
        (good, {word: (word, word.encode())}),
        (good | {"expires_after[anchor]": word, "expires_after[seconds]": word}, one),
    ]
    wrong: list[dict[str, Any]] = [{name: word} for name in body]
    return [
        *(httpx.Request("POST", f"{url}/v1/files", data=fields, files=files) for fields, files in uploads),
        httpx.Request("POST", f"{url}/v1/files", content=word.encode(), headers=JSON),
        *(
            httpx.Request("POST", f"{url}/v1/batches", content=json.dumps(body | changes).encode(), headers=JSON)
            for changes in wrong
        ),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in ("files", f"files?after={word}&purpose={word}")),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in (f"files/{word}", f"files/{word}/content")),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in ("batches", f"batches?after={word}", f"batches/{word}")),
        httpx.Request("DELETE", f"{url}/v1/files/{word}"),
        httpx.Request("POST", f"{url}/v1/batches/{word}/cancel"),
    ]


def document_calls(url: str, word: str) -> list[httpx.Request]:
    """Files to translate with the word in all places, and requests about documents that there are not."""
    path = f"{url}/v1/translate/document"
    good, text = {"target_lang": "fr", "source_lang": "en", "context": word}, (f"{word}.txt", f"{word}.\n".encode())
    uploads: list[tuple[dict[str, str], Any]] = [
        (good | {word: word}, {"file": text}),
        (good | {"wait": "20", "glossary": json.dumps([{"source": word, "target": word}])}, {"file": text}),
        (good, {"file": (f"{word}.txt", f"{RAISE} {word}".encode())}),
        (good, {"file": (f"{word}.{word}", word.encode())}),
        (good, {"file": (f"{word}.xml", f"<{word}".encode())}),
        (good, {"file": (f"{word}.txt", word.encode() + b"\xff")}),
        (good, {word: text}),
        *((good | {name: word}, {"file": text}) for name in ("target_lang", "source_lang", "format", "model")),
        *((good | {name: word}, {"file": text}) for name in ("glossary", "formality", "wait", "encoding")),
    ]
    return [
        *(httpx.Request("POST", path, data=fields, files=files) for fields, files in uploads),
        *(httpx.Request("POST", f"{url}/v2/document", data=fields, files=files) for fields, files in uploads),
        *(
            httpx.Request("POST", f"{url}/translate_file", data=fields | {word: word}, files={"file": text})
            for fields in ({"source": "en", "target": "fr"}, {"source": word, "target": "fr", "api_key": word})
        ),
        httpx.Request("POST", path, content=word.encode(), headers=JSON),
        httpx.Request("POST", f"{url}/v2/document/{word}", json={"document_key": word}),
        httpx.Request("GET", f"{url}/download_file/{word}"),
        *(httpx.Request("GET", f"{path}/{word}{end}") for end in ("", "/events", "/result")),
        httpx.Request("DELETE", f"{path}/{word}"),
    ]


def calls_of_documents(url: str, answers: list[httpx.Response]) -> list[httpx.Request]:
    """Requests about the documents, the last of which deletes each."""
    path = f"{url}/v1/translate/document"
    ids = [each.json()["id"] for each in answers if each.status_code == 202]
    ids += [each.headers["x-document-id"] for each in answers if "x-document-id" in each.headers]
    ends = ("/events", "", "/result")
    keys = {key["document_id"]: key for each in answers if '"document_key":"' in each.text for key in [each.json()]}
    urls = [each.json()["translatedFileUrl"] for each in answers if "translatedFileUrl" in each.text]
    return [
        *(httpx.Request("POST", f"{url}/v2/document/{id}", json=key) for id, key in keys.items()),
        *(httpx.Request("POST", f"{url}/v2/document/{id}/result", json=key) for id, key in keys.items()),
        *(httpx.Request("GET", each) for each in urls),
        *(httpx.Request("GET", f"{path}/{id}{end}") for id in ids for end in ends),
        *(httpx.Request("DELETE", f"{path}/{id}") for id in ids),
    ]


def _lines(word: str) -> bytes:
    """Lines of a batch with the word: a good one, and some that are refused or fail."""
    bodies: list[Any] = [
        {"prompt": word, **SHORT},
        {"prompt": f"{RAISE} {word}", **SHORT},
        {"prompt": word, "stream": word},
        {"prompt": word, "model": word},
        {word: word},
    ]
    lines = [
        {"custom_id": f"{word}-{number}", "method": "POST", "url": "/v1/completions", "body": body, word: word}
        for number, body in enumerate(bodies)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def calls_of_files(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the uploaded files, and batches of them."""
    uploads = [each for each in answers if each.request.url.path == "/v1/files" and each.request.method == "POST"]
    ids = [each.json()["id"] for each in uploads if each.is_success]
    body = {"endpoint": "/v1/completions", "completion_window": "24h", "metadata": {word: word}, word: word}
    return [
        *(httpx.Request("GET", f"{url}/v1/files/{id}") for id in ids),
        *(httpx.Request("GET", f"{url}/v1/files/{id}/content") for id in ids),
        *(
            httpx.Request(
                "POST", f"{url}/v1/batches", content=json.dumps(body | {"input_file_id": id}).encode(), headers=JSON
            )
            for id in ids
        ),
    ]


def calls_of_batches(url: str, answers: list[httpx.Response]) -> list[httpx.Request]:
    """Requests about the batches that were made."""
    made = [each.json() for each in answers if each.request.url.path == "/v1/batches" and each.is_success]
    batches = [each for each in made if each["object"] == "batch"]
    return [
        *(httpx.Request("GET", f"{url}/v1/batches/{each['id']}") for each in batches),
        *(httpx.Request("POST", f"{url}/v1/batches/{each['id']}/cancel") for each in batches),
        *(httpx.Request("DELETE", f"{url}/v1/files/{each['input_file_id']}") for each in batches),
    ]


def responses_calls(word: str) -> list[tuple[str, Any]]:
    """Requests to OpenAI's Responses API."""
    message = {"role": "user", "content": [{"type": "input_text", "text": word}], "id": word}
    called = {"type": "function_call", "call_id": word, "name": word, "arguments": word}
    result = {"type": "function_call_output", "call_id": word, "output": word}
    thoughts = {"type": "reasoning", "summary": [{"type": "summary_text", "text": word}]}
    tool = {"type": "function", "name": word, "description": word, "parameters": {"title": word, "type": "object"}}
    good = {
        "input": [message, thoughts, called, result],
        "instructions": word,
        "max_output_tokens": 40,
        "tools": [tool],
    }
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"input": [{"type": word, word: word}]},
        {"input": [{"role": word, "content": word}]},
        {"input": [{"role": "user", "content": [{"type": word, "image_url": word}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": word}]}]},
        {"input": [{"id": word}]},
        {"input": [result]},
        {"input": [{"type": "reasoning", "summary": [], "encrypted_content": word}]},
        {"previous_response_id": word},
        {"tools": [{"type": word}]},
        {"tools": [tool | {"parameters": {"type": "object", word: word, "not": {word: word}}}]},
        {"tool_choice": word},
        {"tool_choice": {"type": "function", "name": word}},
        {"text": {"format": {"type": "json_schema", "name": word, "schema": {"type": word}}}},
        {"text": {"format": {"type": word}, "verbosity": word}},
        {"reasoning": {"effort": word}},
        {"include": [word]},
        {"metadata": {word: 1}},
        *({name: word} for name in ("conversation", "prompt", "background", "truncation", "service_tier", "store")),
    ]
    return [
        ("/v1/responses", good | {"metadata": {word: word}, "user": word, "prompt_cache_key": word, word: word}),
        ("/v1/responses", good | {"stream": True}),
        ("/v1/responses", {"input": f"{RAISE} {word}", "stream": True, "max_output_tokens": 40}),
        ("/v1/responses", {"input": f"{RAISE} {word}", "max_output_tokens": 40}),
        ("/v1/responses/input_tokens", good),
        *(("/v1/responses", good | fields) for fields in wrong),
        *(("/v1/responses/input_tokens", good | fields) for fields in wrong),
        (f"/v1/responses/{word}/cancel", {}),
    ]


def anthropic_calls(word: str) -> list[tuple[str, Any]]:
    """Requests to Anthropic's routes."""
    text = {"type": "text", "text": word, "cache_control": {"type": word}}
    use = {"type": "tool_use", "id": word, "name": word, "input": {word: word}}
    thoughts = {"type": "thinking", "thinking": word, "signature": word}
    schema = {"type": "object", "properties": {word: {"type": "string"}}}
    ask: dict[str, Any] = {"role": "user", "content": word}
    turns = [
        ask,
        {"role": "assistant", "content": [thoughts, {"type": "redacted_thinking", "data": word}, text, use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": word, "content": [text]}, text]},
    ]
    good = {"system": [text], "messages": turns, "tools": [{"name": "f", "description": word, "input_schema": schema}]}
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"messages": [{"role": word, "content": word}]},
        {"messages": [{"role": "user", "content": [{"type": word, word: word}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": word, "content": word}]}]},
        {"messages": [ask, {"role": "assistant", "content": [use]}]},
        {"tools": [{"name": word, "type": word}]},
        {"tools": [{"name": "f", "input_schema": {"type": "object", word: word, "not": {word: word}}}]},
        {"tool_choice": {"type": "tool", "name": word}},
        {"thinking": {"type": word}},
        {"output_config": {"format": {"type": "json_schema", "schema": {"type": word}}}},
        {"thread": {"type": word}},
        {"container": word, word: word},
    ]
    return [
        ("/v1/messages", good | SHORT | {"metadata": {"user_id": word}, word: word}),
        ("/v1/messages", good | SHORT | {"stop_sequences": [f"z{word}"], "stream": True}),
        ("/v1/messages", {"messages": [{"role": "user", "content": f"{RAISE} {word}"}], "stream": True} | SHORT),
        ("/v1/messages/count_tokens", good),
        *(("/v1/messages", good | SHORT | fields) for fields in wrong),
        *(("/v1/messages/count_tokens", good | fields) for fields in wrong),
        (f"/v1/messages/{word}", good),
    ]
