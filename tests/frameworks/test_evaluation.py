"""Evaluation and load tools: lm-eval's scores, and guidellm's load."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.frameworks.conftest import MODEL, model_directory, service


def test_lm_eval_gets_the_loglikelihoods_of_the_scored_texts(url: str) -> None:
    from lm_eval.api.instance import Instance
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    lm = LocalCompletionsAPI(
        model=MODEL,
        base_url=f"{url}/v1/completions",
        tokenizer_backend="remote",
        num_concurrent=1,
        max_retries=1,
    )
    pairs = [("The capital of France is", " Paris"), ("1 + 1 =", " 3")]
    requests = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    scores = lm.loglikelihood(requests)
    for (context, continuation), (score, is_greedy) in zip(pairs, scores, strict=True):
        body = {"prompt": context + continuation, "echo": True, "max_tokens": 0, "logprobs": 1, "temperature": 0}
        logprobs = httpx.post(f"{url}/v1/completions", json=body, timeout=60).json()["choices"][0]["logprobs"]
        start = next(i for i, offset in enumerate(logprobs["text_offset"]) if offset >= len(context))
        assert abs(score - sum(logprobs["token_logprobs"][start:])) < 1e-3
        assert isinstance(is_greedy, bool)


def test_lm_eval_gets_the_loglikelihoods_of_its_own_backend() -> None:
    """Float32 on both sides: each sum of log probabilities is that of transformers, to a thousandth."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    pairs = [
        ("The capital of France is", " Paris"),
        ("1 + 1 =", " 3"),
        ("", "The river is wide."),
        ("Das Café öffnet um acht Uhr. 👩\u200d👩\u200d👧 sagt:", " Grüße aus Zürich! 😀"),
        ("def add(a, b):\n", "    return a + b\n"),
        ("Once upon a time there was a river. " * 40, "It flowed to the sea, and nobody knew where it began."),
    ]
    requests = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    texts = [Instance("loglikelihood_rolling", {}, (text,), i) for i, (text, _) in enumerate(pairs) if text]
    with service("--dtype", "float32") as url:
        directory = model_directory()
        ours = LocalCompletionsAPI(
            model=MODEL,
            base_url=f"{url}/v1/completions",
            tokenizer_backend="huggingface",
            tokenizer=directory,
            num_concurrent=2,
            max_retries=1,
            max_length=2048,
        )
        scores, rolling = ours.loglikelihood(requests), ours.loglikelihood_rolling(texts)
    reference = HFLM(pretrained=directory, dtype="float32", device="cpu", batch_size=1, max_length=2048)
    for (score, greedy), (expected, expected_greedy) in zip(scores, reference.loglikelihood(requests), strict=True):
        assert abs(score - expected) < 1e-3
        assert greedy == expected_greedy
    for score, expected in zip(rolling, reference.loglikelihood_rolling(texts), strict=True):
        assert abs(score - expected) < 1e-3


def test_guidellm_measures(url: str, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    lines = [json.dumps({"prompt": text, "output_tokens_count": 8}) for text in ("Once upon a time", "The river", "A")]
    prompts.write_text("\n".join(lines))
    report = tmp_path / "report.json"
    command = [
        sys.executable, "-m", "guidellm", "run", "--backend", f"kind=openai_http,target={url},model={MODEL}",
        "--profile", "kind=synchronous", "--constraint", "kind=max_requests,count=3",
        "--data", f"kind=json_file,path={prompts}", "--output", f"kind=json,path={report}", "--disable-console",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    assert "successful=3 errored=0" in done.stdout + done.stderr
    assert json.loads(report.read_text())
