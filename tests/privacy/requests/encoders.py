"""Requests to the APIs of encoders: embeddings, relevance and classes."""

from tests.privacy.requests.bodies import PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to the APIs of encoders: embeddings, relevance and classes, correct ones and wrong ones."""
    return [
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
