"""The n best texts of a search and their scores are those of transformers, over HTTP from a real service."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sentencepiece import SentencePieceProcessor

from tests.api.raw_http import events
from tests.engine.encoder_decoder.tiny_encoder_decoders import load_reference, save
from tests.running_server import Server, running_server
from tests.tasks.text.sentencepiece.tiny_models import T5_IDS, processor, save_t5, trained

PROMPT = "The quick brown fox jumps over the lazy dog."
END, START, FORCED = 1, 0, 7
MOST = 12
OF_TASK: dict[str, Any] = {
    "num_beams": 3,
    "length_penalty": 2.0,
    "early_stopping": True,
    "min_length": 8,
    "max_length": 15,
    "no_repeat_ngram_size": 3,
    "forced_eos_token_id": END,
}
SEARCHES: list[dict[str, Any]] = [
    {"num_beams": 4, "num_return_sequences": 4},
    {"num_beams": 6, "num_return_sequences": 3, "length_penalty": 2.0, "early_stopping": True},
    {"num_beams": 3, "num_return_sequences": 2, "length_penalty": -0.5, "early_stopping": "never"},
    {"num_beams": 5, "num_return_sequences": 5, "no_repeat_ngram_size": 2, "repetition_penalty": 1.3},
]


@pytest.fixture(scope="module")
def pieces() -> SentencePieceProcessor:
    return processor(trained(**T5_IDS))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, pieces: SentencePieceProcessor) -> Path:
    """A T5 that forces a token behind its start, so that its outputs have a token that no beam has chosen."""
    path = tmp_path_factory.mktemp("t5")
    save_t5(path)
    tokens = {"pad_token_id": 0, "eos_token_id": END, "decoder_start_token_id": START}
    tasks = {"summarization": OF_TASK | {"prefix": "summarize: "}}
    save("t5", path, vocab_size=pieces.get_piece_size(), task_specific_params=tasks, **tokens)
    (path / "generation_config.json").write_text(json.dumps(tokens | {"forced_bos_token_id": FORCED}))
    return path


@pytest.fixture(scope="module")
def service(directory: Path) -> Iterator[Server]:
    with running_server(directory, "--threads", "1", "--kv-cache-memory", "8MiB", "--log-level", "warning") as server:
        yield server


@pytest.fixture(scope="module")
def reference(directory: Path) -> Any:
    return load_reference(directory)


@torch.inference_mode()
def found_by_transformers(
    reference: Any, pieces: SentencePieceProcessor, source: str = PROMPT, **options: Any
) -> list[tuple[list[int], float]]:
    """The tokens behind the forced one, without padding, and the score of each sequence."""
    length = {} if "max_length" in options else {"max_new_tokens": MOST + 1}  # the forced token is one
    found = reference.generate(
        input_ids=torch.tensor([[*pieces.encode(source), END]]),
        do_sample=False,
        output_scores=True,
        return_dict_in_generate=True,
        use_cache=False,
        **length,
        **options,
    )
    rows = []
    for row, score in zip(found.sequences.tolist(), found.sequences_scores.tolist(), strict=True):
        assert row[:2] == [START, FORCED]
        tokens = row[2:]
        rows.append((tokens[: tokens.index(END) + 1] if END in tokens else tokens, score))
    return rows


@pytest.mark.parametrize("options", SEARCHES)
def test_completions_have_the_sequences_and_the_scores_of_transformers(
    service: Server, reference: Any, pieces: SentencePieceProcessor, options: dict[str, Any]
) -> None:
    others = {name: value for name, value in options.items() if name not in ("num_beams", "num_return_sequences")}
    search = {"use_beam_search": True, "best_of": options["num_beams"], "n": options["num_return_sequences"]}
    body = {"prompt": PROMPT, "max_tokens": MOST, "return_token_ids": True} | search | others
    choices = service.http.post("/v1/completions", json=body).json()["choices"]
    due = found_by_transformers(reference, pieces, **options)
    assert [choice["token_ids"] for choice in choices] == [tokens for tokens, _ in due]
    assert [choice["score"] for choice in choices] == pytest.approx([score for _, score in due], abs=1e-4)


@pytest.mark.parametrize("options", SEARCHES)
def test_generate_has_the_same_texts_and_scores(
    service: Server, reference: Any, pieces: SentencePieceProcessor, options: dict[str, Any]
) -> None:
    due = found_by_transformers(reference, pieces, **options)
    body = {"prompt": PROMPT, "max_new_tokens": MOST} | options
    answer = service.http.post("/v1/generate", json=body).json()
    sequences = answer["sequences"]
    assert [each["text"] for each in sequences] == [pieces.decode(tokens) for tokens, _ in due]
    assert [each["score"] for each in sequences] == pytest.approx([score for _, score in due], abs=1e-4)
    reasons = ["stop" if tokens[-1] == END else "length" for tokens, _ in due]
    assert [each["finish_reason"] for each in sequences] == reasons
    assert {name: answer[name] for name in sequences[0]} == sequences[0]
    assert answer["usage"]["completion_tokens"] == sum(len(tokens) for tokens, _ in due)

    *parts, last = events(service.http.post("/v1/generate", json=body | {"stream": True}))
    assert last["usage"] == answer["usage"]
    for index, sequence in enumerate(sequences):
        own = [part for part in parts if part["index"] == index]
        assert "".join(part["text"] for part in own) == sequence["text"]
        assert [part.get("score") for part in own] == [None] * (len(own) - 1) + [sequence["score"]]
        assert own[-1]["finish_reason"] == sequence["finish_reason"]


def test_one_text_of_a_search_is_the_best(service: Server) -> None:
    search = {"prompt": PROMPT, "max_new_tokens": MOST, "num_beams": 4}
    one = service.http.post("/v1/generate", json=search).json()
    assert "sequences" not in one
    several = service.http.post("/v1/generate", json=search | {"num_return_sequences": 4}).json()["sequences"]
    assert {name: one[name] for name in several[0]} == several[0]
    assert [each["score"] for each in several] == sorted((each["score"] for each in several), reverse=True)


def test_several_samples_come_without_scores(service: Server) -> None:
    body = {"prompt": PROMPT, "max_new_tokens": MOST, "num_return_sequences": 3, "seed": 1}
    sequences = service.http.post("/v1/generate", json=body).json()["sequences"]
    assert [set(each) for each in sequences] == [{"text", "finish_reason"}] * 3
    assert len({each["text"] for each in sequences}) == 3
    choices = service.http.post(
        "/v1/completions", json={"prompt": PROMPT, "max_tokens": MOST, "n": 3, "seed": 1, "temperature": 0.7}
    ).json()["choices"]
    assert [each["text"] for each in choices] == [each["text"] for each in sequences]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"num_beams": 5, "num_return_sequences": 4, "length_penalty": -1.0},
        {"num_beams": 1, "early_stopping": False, "length_penalty": 1.0, "max_length": 9, "min_length": 0},
        {"early_stopping": "never", "no_repeat_ngram_size": 0, "min_length": 2, "max_length": 20},
        {"num_beams": 4, "num_return_sequences": 4, "min_length": 0, "max_length": 6, "length_penalty": 1.0},
        {"num_beams": 1, "early_stopping": False, "length_penalty": 1.0, "max_length": 8, "min_length": 8},
    ],
)
def test_summaries_are_those_of_the_checkpoints_parameters_for_the_task(
    service: Server, reference: Any, pieces: SentencePieceProcessor, given: dict[str, Any]
) -> None:
    options = OF_TASK | given
    if options["num_beams"] == 1:
        row = greedy_by_transformers(reference, pieces, f"summarize: {PROMPT}", **options)
        due = [row]
    else:
        due = [tokens for tokens, _ in found_by_transformers(reference, pieces, f"summarize: {PROMPT}", **options)]
    payload = {"inputs": PROMPT, "parameters": {"generate_parameters": given}}
    found = service.http.post("/pipeline/summarization", json=payload).json()
    assert [each["summary_text"] for each in found] == [pieces.decode(tokens) for tokens in due]


@torch.inference_mode()
def greedy_by_transformers(reference: Any, pieces: SentencePieceProcessor, source: str, **options: Any) -> list[int]:
    """The tokens behind the forced one."""
    for of_beams in ("early_stopping", "length_penalty"):
        del options[of_beams]
    ids = torch.tensor([[*pieces.encode(source), END]])
    row: list[int] = reference.generate(input_ids=ids, do_sample=False, use_cache=False, **options)[0].tolist()
    return row[2:]
