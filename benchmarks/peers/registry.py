"""The peers that can install themselves, by their names on the command line."""

from benchmarks.peers.environment import Environment
from benchmarks.peers.llama_cpp import LlamaCpp
from benchmarks.peers.peer import Peer
from benchmarks.peers.transformers_serve import TransformersServe
from benchmarks.peers.vllm import VLLM

PEERS: dict[str, Peer] = {
    "vllm": VLLM(Environment("vllm")),
    "llama-bf16": LlamaCpp("bf16", Environment("llama.cpp")),
    "llama-q8": LlamaCpp("q8_0", Environment("llama.cpp")),
    "transformers": TransformersServe(Environment("transformers")),
}
