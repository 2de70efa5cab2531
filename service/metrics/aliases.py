"""Names under which dashboards and autoscalers for vLLM and TGI find this service's series: one table.

An alias is read off the series it stands for whenever the metrics are written, so nothing is counted twice. What this
service does not measure has no alias.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import Metric
from prometheus_client.utils import floatToGoString

_WRITTEN = ("_total", "_info")  # suffixes of counters and infos, which the name of an alias has if it needs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another name of a family of series. ``source`` is the family's name without a final ``_total`` or ``_info``."""

    name: str  # as it is written, with the ``_total`` of a counter if it has one
    source: str
    labels: Mapping[str, str]  # of the source to those of the alias. Series that differ in no label left are summed
    constants: Mapping[str, str] = field(default_factory=dict)  # labels that the source has not
    values: Mapping[str, str] = field(default_factory=dict)  # values of the source's labels that are written otherwise
    only: tuple[str, Collection[str]] | None = None  # a label of the source, and the values that count

    def lines(self, family: Metric) -> Iterator[str]:
        """The series in Prometheus' text format, which has no type for infos."""
        yield f"# HELP {self.name} The same as {self.source}, for programs that know this name."
        yield f"# TYPE {self.name} {'gauge' if family.type == 'info' else family.type}"
        sums: dict[str, float] = {}
        for sample in family.samples:
            if self.only is not None and sample.labels[self.only[0]] not in self.only[1]:
                continue
            suffix = sample.name.removeprefix(family.name)
            labels = {name: value for name, value in sample.labels.items() if name == "le"}
            labels |= {self.labels[name]: value for name, value in sample.labels.items() if name in self.labels}
            labels = {name: self.values.get(value, value) for name, value in labels.items()} | dict(self.constants)
            text = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
            series = f"{self.name}{'' if suffix in _WRITTEN else suffix}{{{text}}}"
            sums[series] = sums.get(series, 0.0) + sample.value
        for series, value in sums.items():
            yield f"{series} {floatToGoString(value)}"  # type: ignore[no-untyped-call]


def alias_text(families: Iterable[Metric], dialects: Collection[str]) -> str:
    """The aliases of these families, for the programs that the setting ``metrics_compat`` names."""
    by_name = {family.name: family for family in families}
    lines = [
        line
        for dialect in dialects
        for alias in ALIASES[dialect]
        if alias.source in by_name
        for line in alias.lines(by_name[alias.source])
    ]
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _vllm(name: str, source: str, **labels: str) -> Alias:
    return Alias(
        name=f"vllm:{name}",
        source=f"trivium_{source}",
        labels={"model": "model_name", **labels},
        constants={"engine": "0"},  # vLLM numbers the engines of a model
        values={"complete": "stop", "timeout": "abort", "drain": "abort"},
    )


def _tgi(name: str, source: str, only: tuple[str, Collection[str]] | None = None) -> Alias:
    return Alias(name=f"tgi_{name}", source=f"trivium_{source}", labels={"model": "model"}, only=only)


ALIASES: Mapping[str, tuple[Alias, ...]] = {
    "vllm": (
        _vllm("num_requests_running", "sequences_running"),
        _vllm("num_requests_waiting", "sequences_waiting"),
        _vllm("kv_cache_usage_perc", "kv_cache_usage_ratio"),
        _vllm("gpu_cache_usage_perc", "kv_cache_usage_ratio"),  # its name before vLLM 0.10
        _vllm("prompt_tokens_total", "prompt_tokens"),
        _vllm("prompt_tokens_cached_total", "cached_tokens"),
        _vllm("generation_tokens_total", "generated_tokens"),
        _vllm("request_success_total", "sequences_finished", reason="finished_reason"),
        _vllm("num_preemptions_total", "preemptions"),
        _vllm("prefix_cache_queries_total", "prefix_cache_queried_tokens"),
        _vllm("prefix_cache_hits_total", "prefix_cache_hit_tokens"),
        _vllm("spec_decode_num_draft_tokens_total", "speculation_proposed_tokens"),
        _vllm("spec_decode_num_accepted_tokens_total", "speculation_accepted_tokens"),
        _vllm("time_to_first_token_seconds", "time_to_first_token_seconds"),
        _vllm("inter_token_latency_seconds", "inter_token_latency_seconds"),
        _vllm("time_per_output_token_seconds", "inter_token_latency_seconds"),  # its name before vLLM 0.11
        _vllm("request_time_per_output_token_seconds", "time_per_output_token_seconds"),
        _vllm("e2e_request_latency_seconds", "completion_duration_seconds"),
        _vllm("request_queue_time_seconds", "queue_wait_seconds"),
        _vllm("request_prefill_time_seconds", "prefill_duration_seconds"),
        _vllm("request_decode_time_seconds", "decode_duration_seconds"),
        _vllm("request_inference_time_seconds", "inference_duration_seconds"),
        _vllm("request_prompt_tokens", "completion_prompt_tokens"),
        _vllm("request_generation_tokens", "completion_generated_tokens"),
        _vllm("iteration_tokens_total", "step_tokens"),  # a histogram, in spite of its name
        _vllm("cache_config_info", "engine", block_size="block_size", num_blocks="num_gpu_blocks"),
        # Every loaded adapter serves at once, so none waits, and there is room for no other without an operator.
        Alias(
            name="vllm:lora_requests_info",
            source="trivium_adapters",
            labels={"adapters": "running_lora_adapters", "count": "max_lora"},
            constants={"waiting_lora_adapters": ""},
        ),
    ),
    "tgi": (
        _tgi("queue_size", "sequences_waiting"),
        _tgi("batch_current_size", "sequences_running"),
        _tgi("request_count", "completions_started"),
        _tgi("request_success", "sequences_finished", only=("reason", ("stop", "complete", "length"))),
        _tgi("request_duration", "completion_duration_seconds"),
        _tgi("request_queue_duration", "queue_wait_seconds"),
        _tgi("request_inference_duration", "inference_duration_seconds"),
        _tgi("request_mean_time_per_token_duration", "time_per_output_token_seconds"),
        _tgi("request_input_length", "completion_prompt_tokens"),
        _tgi("request_generated_tokens", "completion_generated_tokens"),
    ),
}
