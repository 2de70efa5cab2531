"""The peers that can install themselves, by their names on the command line."""

from benchmarks.peers.environment import Environment
from benchmarks.peers.llama_cpp import AS_IT_COMES, LlamaCpp
from benchmarks.peers.openvino import OpenVINO
from benchmarks.peers.peer import Peer
from benchmarks.peers.transformers_serve import TransformersServe
from benchmarks.peers.vllm import VLLM

PEERS: dict[str, Peer] = {
    "vllm": VLLM(Environment("vllm")),
    "llama-bf16": LlamaCpp("bf16", Environment("llama.cpp")),
    "llama-q8": LlamaCpp("q8_0", Environment("llama.cpp")),
    "llama-q4": LlamaCpp("q4_0", Environment("llama.cpp")),
    "llama-gguf": LlamaCpp(AS_IT_COMES, Environment("llama.cpp")),
    "openvino-fp16": OpenVINO("fp16", Environment("openvino")),
    "openvino-int8": OpenVINO("int8", Environment("openvino")),
    "openvino-int4": OpenVINO("int4", Environment("openvino")),
    "transformers": TransformersServe(Environment("transformers")),
}
