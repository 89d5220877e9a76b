"""Usage and sizes of a cluster from a Prometheus that scrapes cAdvisor and kube-state-metrics already.

Anything that answers Prometheus's HTTP API will do: Thanos, Mimir, VictoriaMetrics and the clouds' services.
"""
