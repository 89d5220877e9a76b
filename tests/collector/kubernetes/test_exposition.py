"""Kubelets' pages: golden ones, and any that prometheus_client writes or reads, against its own parser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from agents.collector.sources.kubernetes.exposition import CFS, RESOURCE, Page, Parser, Value

RESOURCE_PAGE = b"""# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-0"} 4.710169811 1633253812125
container_cpu_usage_seconds_total{container="log",namespace="shop",pod="web-0"} 0.5 1633253811000
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="app",namespace="shop",pod="web-0"} 1.4356480e+07 1633253812125
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="app",namespace="shop",pod="web-0"} 1.633253e+09
# TYPE container_swap_usage_bytes gauge
container_swap_usage_bytes{container="app",namespace="shop",pod="web-0"} 0 1633253812125
node_cpu_usage_seconds_total 357.35491 1633253809720
pod_cpu_usage_seconds_total{namespace="shop",pod="web-0"} 5.21 1633253810000
resource_scrape_error 0
"""
OTHER = b'image="",name="",namespace="shop",pod="web-0"'
OURS = b'image="r/x:1",name="3f",namespace="shop",pod="web-0"'
CADVISOR_PAGE = b"""# TYPE container_cpu_cfs_periods_total counter
container_cpu_cfs_periods_total{container="",id="/kubepods/pod1",OTHER} 9 1633
container_cpu_cfs_periods_total{container="app",id="/kubepods/pod1/a}\\"b",OURS} 200 1633253812125
container_cpu_cfs_throttled_periods_total{container="app",id="/kubepods/pod1/a}\\"b",OURS} 50 1633253812125
container_cpu_cfs_throttled_periods_total{container="POD",id="/x",OTHER} 1 1633253812125
container_cpu_cfs_throttled_seconds_total{container="app",id="/x",OURS} 3.5 1633253812125
""".replace(b"OTHER", OTHER).replace(b"OURS", OURS)
APP, LOG = ("shop", "web-0", "app"), ("shop", "web-0", "log")


def test_a_kubelets_page() -> None:
    parser = Parser(RESOURCE)
    expected = {
        APP: [Value(4.710169811, 1633253812.125), Value(14356480.0, 1633253812.125)],
        LOG: [Value(0.5, 1633253811.0), None],
    }
    assert parser.parse(RESOURCE_PAGE) == expected
    assert parser.parse(RESOURCE_PAGE) == expected  # by the labels that it remembers
    assert parser.parse(b"") == {}


def test_cadvisors_page_has_pods_and_sandboxes_too() -> None:
    expected = {APP: [Value(200.0, 1633253812.125), Value(50.0, 1633253812.125)]}
    assert Parser(CFS).parse(CADVISOR_PAGE) == expected


def test_lines_that_are_no_samples_are_passed_over() -> None:
    broken = b"""container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-0"} NaN 1633253812125
container_cpu_usage_seconds_total{container="log",namespace="shop",pod="web-0"} -1 1633253812125
container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web-1"}
container_memory_working_set_bytes{container="app",namespace="shop",pod="web-2"} 17
container_cpu_usage_seconds_total{container="app",namespa"""
    assert Parser(RESOURCE).parse(broken) == {("shop", "web-2", "app"): [None, Value(17.0, None)]}


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
lines = st.tuples(
    st.sampled_from(["container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "pod_cpu", "node"]),
    names, names, names, st.floats(0, 1e12), st.one_of(st.none(), st.integers(0, 2**41)),
)  # fmt: skip


@given(st.lists(lines, max_size=30, unique_by=lambda line: line[:4]))
def test_the_same_as_the_reference_reads(found: list[tuple[str, str, str, str, float, int | None]]) -> None:
    text = "".join(
        f'{name}{{container="{c}",namespace="{n}",pod="{p}"}} {value!r}{"" if at is None else f" {at}"}\n'
        for name, n, p, c, value, at in found
    )
    assert Parser(RESOURCE).parse(text.encode()) == reference(text)


def reference(text: str) -> Page:
    page: Page = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            column = RESOURCE.get(sample.name.encode())
            if column is not None:
                key = tuple(sample.labels[name] for name in ("namespace", "pod", "container"))
                time_s = None if sample.timestamp is None else float(sample.timestamp)
                page.setdefault(key, [None, None])[column] = Value(sample.value, time_s)  # type: ignore[arg-type]
    return page
