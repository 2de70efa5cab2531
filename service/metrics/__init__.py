"""The service's Prometheus metrics, in the API process. The only package that imports prometheus-client.

Names and labels are a promise to dashboards and alert rules, and a test compares them. No label identifies a client, a
user or a text: labels are names of served models and routes, and words from bounded sets.
"""

from service.metrics.metrics import Metrics, method_label
from service.metrics.model_metrics import ModelMetrics

__all__ = ["Metrics", "ModelMetrics", "method_label"]
