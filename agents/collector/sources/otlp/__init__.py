"""Usage and sizes that OpenTelemetry collectors push: the receivers `kubeletstats` and `k8s_cluster`, over OTLP/HTTP.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""
