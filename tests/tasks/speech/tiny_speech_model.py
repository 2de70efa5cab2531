"""Tiny random Whisper checkpoints with all files that the service reads: the tokens of text are bytes."""

import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

LANGUAGES = ("en", "de", "zh")
TEXT = 256  # tokens, one for each byte
END, START = TEXT, TEXT + 1
_TASKS = ("translate", "transcribe", "startofprev", "nospeech", "notimestamps")
NAMES = ("endoftext", "startoftranscript", *LANGUAGES, *_TASKS)
IDS = {name: TEXT + place for place, name in enumerate(NAMES)}
NO_TIMESTAMPS = IDS["notimestamps"]
FIRST = NO_TIMESTAMPS + 1
VOCABULARY = FIRST + 1501
MOST = 40  # tokens of a prompt and its output


def save(
    path: Path, *, multilingual: bool = True, seed: int = 0, timestamps: float = 0.0, sureness: float = 1.0
) -> None:
    """Write a checkpoint. ``timestamps`` is added to their logits, for weights that would write none or only them.

    All logits are multiplied by ``sureness``.
    """
    torch.manual_seed(seed)
    model = WhisperForConditionalGeneration(_config()).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name:
                parameter.copy_(torch.randn_like(parameter) * (0.6 if "embed" in name else 0.25))
        model.model.decoder.embed_tokens.weight[FIRST:] *= 1 + timestamps
        for parameter in model.model.decoder.layer_norm.parameters():
            parameter *= sureness
    model.generation_config = _generation_config(multilingual)
    model.save_pretrained(path)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(path)
    _tokenizer().save(str(path / "tokenizer.json"))
    (path / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|endoftext|>"}))


def _config() -> WhisperConfig:
    return WhisperConfig(
        vocab_size=VOCABULARY,
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_layers=2,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        max_source_positions=1500,
        max_target_positions=MOST,
        pad_token_id=END,
        bos_token_id=END,
        eos_token_id=END,
        decoder_start_token_id=START,
        begin_suppress_tokens=None,
    )


def _generation_config(multilingual: bool) -> GenerationConfig:
    config = GenerationConfig(
        eos_token_id=END, pad_token_id=END, bos_token_id=END, decoder_start_token_id=START, max_length=MOST
    )
    config.suppress_tokens = [5, 6, START, *range(IDS["translate"], IDS["notimestamps"])]
    config.begin_suppress_tokens = [32, END]
    config.no_timestamps_token_id = NO_TIMESTAMPS
    config.prev_sot_token_id = IDS["startofprev"]
    config.max_initial_timestamp_index = 50
    config.return_timestamps = False
    config.is_multilingual = multilingual
    if multilingual:
        config.lang_to_id = {f"<|{code}|>": IDS[code] for code in LANGUAGES}
        config.task_to_id = {"transcribe": IDS["transcribe"], "translate": IDS["translate"]}
    return config


def _tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={text: id for id, text in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True, normalized=False) for name in NAMES])
    return tokenizer
