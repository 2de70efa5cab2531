"""The tested models of the catalogue, from their real sources: tokenizer, weights and generated text."""

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from gguf import MODEL_ARCH, get_tensor_name_map
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from model_store import checkpoint
from model_store.catalog import load
from model_store.convert.gguf_file import GgufFile
from model_store.store import Store
from model_store.types import LocalModel
from service.models.hf.checkpoint import load_language_model
from tests.model_store import nasty
from tests.model_store.plain_bpe import PlainBpe
from tests.model_store.plain_sentencepiece import PlainSentencePiece


def artifact(model: LocalModel) -> Path:
    """The GGUF file that the model was made from."""
    entry = load().models[model.name]
    assert entry.artifact is not None
    return model.path.parents[1] / "artifacts" / model.name / entry.artifact.file


@dataclass(frozen=True)
class Tokenized:
    """A model's converted tokenizer, and the reference made from its GGUF file."""

    model: LocalModel
    metadata: dict
    ours: Tokenizer
    reference: PlainBpe | PlainSentencePiece


@pytest.fixture(
    scope="module",
    params=[
        "smollm2",
        "default_model",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("gemma3", "larger_model")),
    ],
)
def tokenized(request: pytest.FixtureRequest) -> Tokenized:
    model: LocalModel = request.getfixturevalue(request.param)
    with GgufFile(artifact(model)) as file:
        metadata = file.metadata
    reference = PlainSentencePiece if metadata["tokenizer.ggml.model"] == "llama" else PlainBpe
    return Tokenized(model, metadata, Tokenizer.from_file(str(model.path / "tokenizer.json")), reference(metadata))


def test_text_is_encoded_as_the_gguf_vocabulary_and_merges_say(tokenized: Tokenized) -> None:
    texts = nasty.texts()
    assert len(texts) > 600
    wrong = {
        text: ids for text in texts if (ids := tokenized.ours.encode(text).ids) != tokenized.reference.encode(text)
    }
    assert wrong == {}


def test_ids_are_decoded_as_the_gguf_vocabulary_says(tokenized: Tokenized) -> None:
    chance = random.Random(5)
    known = [index for index, kind in enumerate(tokenized.metadata["tokenizer.ggml.token_type"]) if kind != 5]
    rows = [tokenized.reference.encode(text) for text in nasty.texts()]
    rows += [chance.choices(known, k=chance.randint(1, 8)) for _ in range(1000)]
    rows += [[index] for index in chance.sample(known, 2000)]
    wrong = [
        ids for ids in rows if tokenized.ours.decode(ids, skip_special_tokens=False) != tokenized.reference.decode(ids)
    ]
    assert wrong == []


def test_every_token_has_the_id_that_the_gguf_file_gives_it(tokenized: Tokenized) -> None:
    tokens, kinds = tokenized.metadata["tokenizer.ggml.tokens"], tokenized.metadata["tokenizer.ggml.token_type"]
    vocabulary = tokenized.ours.get_vocab(with_added_tokens=True)
    assert vocabulary == {token: index for index, token in enumerate(tokens) if kinds[index] != 5}
    special = {index for index, token in tokenized.ours.get_added_tokens_decoder().items() if token.special}
    assert special == {index for index, kind in enumerate(kinds) if kind == 3}


def test_transformers_reads_the_same_tokenizer(tokenized: Tokenized) -> None:
    theirs = AutoTokenizer.from_pretrained(tokenized.model.path)
    for text in nasty.texts():
        assert theirs(text)["input_ids"] == tokenized.ours.encode(text).ids, text


@pytest.mark.parametrize(
    ("fixture", "system"),
    [
        ("smollm2", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
        ("default_model", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
        pytest.param(
            "larger_model",
            "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_chat_template_and_ends(request: pytest.FixtureRequest, fixture: str, system: str) -> None:
    model: LocalModel = request.getfixturevalue(fixture)
    tokenizer = AutoTokenizer.from_pretrained(model.path)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "你好"}], tokenize=False, add_generation_prompt=True
    )
    expected = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n"
    assert prompt == expected
    ends = json.loads((model.path / "generation_config.json").read_text())["eos_token_id"]
    assert tokenizer.convert_ids_to_tokens(ends) == ["<|im_end|>", "<|endoftext|>"]


def test_smollm2_has_the_dequantized_weights_of_its_file(smollm2: LocalModel) -> None:
    """Its output matrix is the embedding."""
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, 30)
    converted = load_language_model(str(smollm2.path), torch.float32)
    with GgufFile(artifact(smollm2)) as file:
        for name, ours in converted.named_parameters():
            values = file.rows(file.tensors[f"{names.get_name(name.removesuffix('.weight'))}.weight"])
            if "q_proj" in name or "k_proj" in name:  # llama.cpp interleaves the halves of each head of 64
                values = values.reshape(-1, 32, 2, 576).swapaxes(1, 2).reshape(-1, 576)
            assert torch.equal(ours, torch.from_numpy(values)), name


def test_the_default_model_keeps_one_tied_matrix_the_finer_copy(default_model: LocalModel) -> None:
    assert json.loads((default_model.path / "config.json").read_text())["tie_word_embeddings"] is True
    with GgufFile(artifact(default_model)) as file, safe_open(default_model.path / "model.safetensors", "pt") as ours:
        assert "lm_head.weight" not in ours.keys()  # noqa: SIM118
        head = file.tensors["output.weight"]
        assert head.type.name == "Q8_0"
        stored = ours.get_tensor("model.embed_tokens.weight").numpy()
        assert (stored == file.packed(head)).all()


def test_gemma_3_has_the_layers_of_its_architecture(gemma3: LocalModel) -> None:
    config = json.loads((gemma3.path / "config.json").read_text())
    assert (config["vocab_size"], config["sliding_window"]) == (262_144, 512)
    assert [n for n, kind in enumerate(config["layer_types"], 1) if kind == "full_attention"] == [6, 12, 18]
    assert not (gemma3.path / "chat_template.jinja").exists()
    places = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm"}
    with GgufFile(artifact(gemma3)) as file, safe_open(gemma3.path / "model.safetensors", "pt") as ours:
        for name, place in places.items():
            theirs = torch.from_numpy(file.rows(file.tensors[f"blk.7.{place}.weight"]))
            assert torch.equal(ours.get_tensor(f"model.layers.7.{name}.weight"), theirs - 1)


@pytest.mark.parametrize(
    ("fixture", "question", "expected"),
    [
        ("smollm2", "What is the capital of France?", "Paris"),
        ("default_model", "中国的首都是哪里？", "北京"),
        pytest.param("larger_model", "中国的首都是哪里？", "北京", marks=pytest.mark.slow),
    ],
)
def test_the_model_answers_sensibly(request: pytest.FixtureRequest, fixture: str, question: str, expected: str) -> None:
    model: LocalModel = request.getfixturevalue(fixture)
    tokenizer = AutoTokenizer.from_pretrained(model.path)
    loaded = load_language_model(str(model.path), torch.float32)
    messages = [{"role": "user", "content": question}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = loaded.generate(**prompt, max_new_tokens=16, do_sample=False)
    answer = tokenizer.decode(output[0, prompt["input_ids"].shape[1] :])
    assert expected in answer
    assert answer.endswith("<|im_end|>")


def test_the_conversion_needs_little_memory(smollm2: LocalModel, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from model_store.convert.model import convert\n"
        "convert(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    command = [sys.executable, "-c", script, str(artifact(smollm2)), str(tmp_path)]
    peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1024
    mapped = artifact(smollm2).stat().st_size  # the file itself, which the kernel may drop at any time
    assert peak - mapped < 150_000_000
    assert (tmp_path / "model.safetensors").stat().st_size > 96_000_000


def test_the_stored_model_is_as_it_was_pulled(smollm2: LocalModel) -> None:
    artifact = load().models[smollm2.name].artifact
    assert artifact is not None
    assert Store().verify(smollm2.name).artifact_sha256 == artifact.sha256


def test_the_embedder_has_the_modules_of_sentence_transformers(minilm: LocalModel) -> None:
    assert (minilm.tasks, minilm.context_length) == (("embed",), 256)
    assert checkpoint.module_folders(minilm.path) == ["1_Pooling", "2_Normalize"]
    assert Store().verify(minilm.name).files.keys() == {
        "1_Pooling/config.json",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
