"""Prompts for a server that takes only text."""

import random
from dataclasses import replace

import pytest

from benchmarks.peers.text_prompts import text_maker
from benchmarks.serving.cases import streams
from benchmarks.serving.client import Target
from service.tasks.text.tokenizer import Tokenizer
from tests.tasks.text.vocabularies import byte_level


def test_prompts_as_text_have_about_as_many_tokens() -> None:
    tokenizer = Tokenizer(byte_level())
    generator = random.Random(1)
    target = Target("it", "", "m", as_text=text_maker(tokenizer))
    for count in (16, 128):
        requests = [
            replace(request, prompt=[int(token) % 500 + 1 for token in request.prompt])
            for request in streams(4, count, 9)(generator)
        ]
        for before, after in zip(requests, target.adapt(requests), strict=True):
            assert isinstance(after.prompt, str)
            assert after.output_tokens == before.output_tokens
            assert len(tokenizer.encode(after.prompt)) == pytest.approx(
                count, rel=0.1, abs=3
            )  # a cut character at the end is 3
    plain = Target("it", "", "m")
    assert plain.adapt(requests) == requests
