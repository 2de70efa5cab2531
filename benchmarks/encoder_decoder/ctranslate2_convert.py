"""Converts a random checkpoint for CTranslate2, with the words of ``shapes`` as its vocabulary.

    python -m benchmarks.encoder_decoder.ctranslate2_convert CHECKPOINT CONVERTED

The Python of the peer's own environment runs it. The weights stay in float32: the server chooses a compute type.
"""

import sys
from pathlib import Path

from ctranslate2.converters.transformers import BartLoader, MBartLoader
from transformers import AutoModelForSeq2SeqLM


def main() -> None:
    """Write the converted model. Token 0 ends a sentence."""
    checkpoint, converted = sys.argv[1:]
    model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint)
    is_bart = model.config.model_type == "bart"
    loader = BartLoader() if is_bart else MBartLoader()
    # Fields that the loaders read and that transformers 5 has dropped.
    model.config.normalize_before, model.config.normalize_embedding = not is_bart, True
    spec = loader.get_model_spec(model)
    vocabulary = [f"t{token}" for token in range(model.config.vocab_size)]
    vocabulary[0] = "</s>"
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.bos_token = spec.config.eos_token = spec.config.decoder_start_token = "</s>"
    spec.config.unk_token = "t1"
    spec.config.add_source_eos = False
    spec.validate()
    Path(converted).mkdir(exist_ok=True)
    spec.save(converted)


if __name__ == "__main__":
    main()
