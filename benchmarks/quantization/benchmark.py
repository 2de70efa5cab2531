"""The benchmark of quantized weights: one model with several kinds of weights, on the same texts and prompts.

All variants are in memory at once. The serving engine computes them.
"""

from pathlib import Path

import transformers
from rich.table import Table

from benchmarks.quantization.agreement import Agreement, measure_agreement
from benchmarks.quantization.likelihood import Likelihood, measure_likelihood
from benchmarks.quantization.model_variant import ModelVariant
from benchmarks.quantization.texts import LANGUAGES, load_passages, load_prompts
from benchmarks.report.files import write_results
from benchmarks.report.tables import numeric_table, open_console
from service.engine.protocol.config import EngineConfig
from service.tasks.text.tokenizer import Tokenizer


def measure(
    config: EngineConfig,
    *,
    name: str,
    data: Path,
    kinds: list[str],
    tokens: int,
    passage_tokens: int,
    prompts: int,
    output_tokens: int,
) -> None:
    """Measure, print and write. ``tokens`` is the number for each language; the first of ``kinds`` is the reference."""
    console = open_console(120)
    transformers.logging.disable_progress_bar()
    tokenizer = Tokenizer.load(Path(config.model_path))
    with console.status("loading") as status:
        variants = [ModelVariant(kind, config) for kind in kinds]
        likelihoods: list[Likelihood] = []
        for language in LANGUAGES:
            status.update(f"reading {language}")
            passages = load_passages(data, language, tokenizer, tokens=tokens, length=passage_tokens)
            likelihoods += measure_likelihood(name, variants, language, passages)
        status.update("generating")
        prompt_tokens = load_prompts(data, tokenizer, count=prompts)
        agreements = measure_agreement(name, variants, prompt_tokens, output_tokens, tokenizer.eos_token_ids)
    info = variants[0].info
    console.print(f"{name} ({info.architecture}) on {info.device}; differences are from {kinds[0]}")
    console.print(_likelihood_table(likelihoods))
    console.print(_agreement_table(agreements))
    console.print(f"Written to {write_results('quantization', [*likelihoods, *agreements])}")


def _likelihood_table(results: list[Likelihood]) -> Table:
    table = numeric_table(
        "language", "weights", "tokens", "perplexity", "difference", "divergence", "same likeliest token", labels=2
    )
    for each in results:
        table.add_row(
            each.language,
            each.weights,
            f"{each.tokens:,}",
            f"{each.perplexity:.3f}",
            f"{each.difference:+.2f} ± {each.error:.2f} %",
            f"{each.divergence:.5f}",
            f"{each.top1:.1%}",
        )
    return table


def _agreement_table(results: list[Agreement]) -> Table:
    table = numeric_table(
        "greedy answers", "weights", "tokens", "same before the first difference", "wholly the same", labels=2
    )
    for each in results:
        table.add_row(f"{each.prompts}", each.weights, f"{each.tokens:,}", f"{each.same:.1%}", f"{each.whole:.1%}")
    return table
