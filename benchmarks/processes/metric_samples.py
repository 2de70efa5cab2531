"""The samples of /metrics by name, whatever model they are about."""

from collections import defaultdict

from prometheus_client.parser import text_string_to_metric_families


def metric_samples(text: str) -> dict[str, float]:
    """``name{label="value"}`` to value. The label ``model`` is left out: values of several models are added up."""
    samples: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()) if key != "model")
            samples[sample.name + f"{{{labels}}}" * bool(labels)] += sample.value
    return dict(samples)
