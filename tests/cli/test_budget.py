"""`trimtab budget`, from files to files; see `tests.budget.made` for what is in them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.budget.output import COLUMNS
from engine.cli.budget import budget
from engine.errors import UserError
from engine.units import GIB
from tests.budget.made import SHEET, sheet_file, trace_file

FINDINGS = (
    "No CPU request set",
    "No memory request set",
    "No memory limit set",
    "Request below use",
    "Request far above use",
)


def called(*arguments: str) -> Result:
    return CliRunner().invoke(budget, arguments, env={"COLUMNS": "120"})


def done(*arguments: str) -> str:
    result = called(*arguments)
    assert result.exception is None, result.exception
    return result.stdout


def refusal(*arguments: str) -> str:
    error = called(*arguments).exception
    assert isinstance(error, UserError), error
    assert "\n" not in str(error)
    return str(error)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    return ("--from", str(trace_file(tmp_path)), "--sheet", str(sheet_file(tmp_path)))


def test_findings_come_first_and_in_their_order(files: tuple[str, ...]) -> None:
    said = done(*files)
    places = [said.index(text) for text in (*FINDINGS, "By container", "By namespace", "3 containers at the price of")]
    assert places == sorted(places)
    assert "shop/web/b" in said
    assert "not set" in said


def test_the_csv_has_the_figures(files: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done(*files, "--csv", str(out))
    with out.open(newline="") as file:
        rows = {row["series_id"]: row for row in csv.DictReader(file)}
    assert len(rows) == 3
    assert all(list(row) == list(COLUMNS) for row in rows.values())
    a, b, c = rows["shop/web/a"], rows["shop/web/b"], rows["ops/log/c"]
    assert (a["namespace"], a["workload"], a["container"], a["containers"]) == ("shop", "web", "a", "1")
    numbers = {name: float(a[name]) for name in COLUMNS if name.startswith(("cpu_", "memory_"))}
    assert numbers["cpu_request"] == 2.0
    assert numbers["memory_limit"] == 4 * GIB
    assert numbers["cpu_used_p95"] == pytest.approx(2.7)
    assert numbers["memory_wasted"] == 2 * GIB
    assert numbers["cpu_idle_share"] == 0.375
    assert numbers["cpu_engine_request"] >= 3.0
    assert (b["cpu_request"], b["memory_used_max"], b["no_cpu_request"], b["no_memory_limit"]) == ("", "", "1", "1")
    assert (c["no_cpu_request"], c["no_cpu_limit"], c["cpu_request"]) == ("0", "1", "1")


def test_the_page_has_everything_and_needs_no_network(files: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    done(*files, "--page", str(out))
    page = out.read_text()
    for text in (*FINDINGS, "shop/web/a", "shop/web/b", "ops/log/c", "requested", "data-v='2.7'", "CPU", "Memory"):
        assert text in page
    assert not re.search(r"https?:|//[a-z]|src=|href=|@import|url\(|\$[a-z]", page)


def test_names_of_a_trace_are_text_and_nothing_else(tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    trace.write_text("series_id,timestamp_s,cpu,mem\n<script>[bold]$x,0,1,5000\n")
    page = tmp_path / "out.html"
    assert "<script>[bold]$x" in done("--from", str(trace), "--page", str(page))
    assert "&lt;script&gt;[bold]$x" in page.read_text()


def test_lines_by_namespace(files: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = done(*files, "--by", "namespace", "--csv", str(out))
    assert said.count("By namespace") == 1
    with out.open(newline="") as file:
        rows = {row["namespace"]: row for row in csv.DictReader(file)}
    assert (rows["shop"]["containers"], rows["shop"]["no_cpu_request"], rows["shop"]["workload"]) == ("2", "1", "")
    assert float(rows["shop"]["cpu_used_p95"]) == pytest.approx(3.2)


def test_a_narrow_terminal_shows_fewer_columns(files: tuple[str, ...]) -> None:
    said = CliRunner().invoke(budget, files, env={"COLUMNS": "80"}).stdout
    heads = next(line for line in said.splitlines() if line.startswith(" container"))
    assert heads.split() == ["container", "request", "p95", "wasted", "engine", "saves"]
    assert " shop/web/a " in said


def test_a_terminal_shows_thirty_lines_and_says_so(tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    rows = [f"ns/w/c{n},{time_s},{n},5000" for n in range(41) for time_s in (0, 300, 600)]
    trace.write_text("\n".join(["series_id,timestamp_s,cpu,mem", *rows]) + "\n")
    said = done("--from", str(trace))
    assert "… and 11 more: --csv FILE has them all." in said
    assert "ns/w/c40" in said
    assert "ns/w/c1 " not in said
    assert "No sheet was given" in said


def test_other_units(tmp_path: Path) -> None:
    trace = str(trace_file(tmp_path, memory_unit=2 * GIB))
    assert "give --memory-gib-per-unit" in refusal("--from", trace)
    out = tmp_path / "out.csv"
    done("--from", trace, "--memory-gib-per-unit", "2", "--cpu-cores-per-unit", "0.5", "--csv", str(out))
    with out.open(newline="") as file:
        rows = {row["series_id"]: row for row in csv.DictReader(file)}
    assert float(rows["shop/web/a"]["memory_used_max"]) == 2 * GIB
    assert float(rows["shop/web/a"]["cpu_used_max"]) == 1.5


def test_errors(files: tuple[str, ...], tmp_path: Path) -> None:
    assert "has no price of 'm5.lage'; try m5.large" in refusal(*files, "--instance-type", "m5.lage")
    assert "There is no directory" in refusal(*files, "--csv", str(tmp_path / "no" / "out.csv"))
    assert "cannot be read" in refusal("--from", str(tmp_path / "none.csv"))
    sheet_file(tmp_path, SHEET + "x,1x,,,\n")
    assert "sheet.csv line 5: cpu_request: '1x' is not an amount of CPU" in refusal(*files)
    (tmp_path / "empty.csv").write_text("series_id,timestamp_s,cpu,mem\na,0,,\n")
    assert "has no value in any row" in refusal("--from", str(tmp_path / "empty.csv"))


POLICY = """version: 1
budgets:
- {namespace: shop, owner: anna@example.com, cpu: 3, monthly_usd: 500}
- {namespace: ops, cpu: 1500m, memory: 2Gi}
"""


def test_namespaces_against_their_budgets(files: tuple[str, ...], tmp_path: Path) -> None:
    policy, page = tmp_path / "policy.yaml", tmp_path / "out.html"
    policy.write_text(POLICY)
    said = done(*files, "--budgets", str(policy), "--page", str(page))
    # shop uses 3 and 0.5 cores in its last 5 minutes, and 2 and 0.5 on the whole: 2.25 and 0.5 in the mean of the hour.
    assert "Namespace budget exceeded" not in said
    assert "There is no trend of namespaces yet: it wants 4 whole days" in said
    [line] = [line for line in said.splitlines() if line.startswith(" shop ") and "CPU" in line and "anna" in line]
    assert line.split()[:8] == ["shop", "anna@example.com", "CPU", "3.00", "2.00", "3.20", "2.75", "92%"]
    text = page.read_text()
    for words in ("Namespaces and their budgets", "anna@example.com", "Namespace budget will be exceeded"):
        assert words in text
    sheet_file(tmp_path, SHEET + "shop/more/x,2,,,\n")
    assert "shop, CPU (anna@example.com): 4.00 of 3.00, 133%" in done(*files, "--budgets", str(policy)), "not sampled"
    sheet_file(tmp_path, SHEET)
    policy.write_text(POLICY.replace("cpu: 3", "cpu: 2"))
    said = done(*files, "--budgets", str(policy))
    assert "Namespace budget exceeded: 1\n  shop, CPU (anna@example.com): 2.75 of 2.00, 138%" in said


def test_where_from_is_said_once(files: tuple[str, ...]) -> None:
    assert "give either --from" in refusal()
    assert "give either --from" in refusal(*files, "--broker", "b:1", "--cluster", "shop")
    assert "--broker needs --cluster" in refusal("--broker", "b:1")
    assert "--sheet goes with --from" in refusal("--broker", "b:1", "--cluster", "shop", *files[2:])
    for last in ("8d", "0h", "", "7", "-1h", "h"):
        assert "--last: expected a time up to 7 days" in refusal("--broker", "b:1", "--cluster", "shop", "--last", last)
    assert "no Kafka broker answers at 127.0.0.1:1" in refusal("--broker", "127.0.0.1:1", "--cluster", "shop")


def test_budgets_that_cannot_be_read(files: tuple[str, ...], tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\nbudgets: [{namespace: shop, cpu: lots}]")
    assert "policy.yaml:2:34: 'lots' is not an amount of CPU" in refusal(*files, "--budgets", str(policy))
    assert "cannot be read" in refusal("rules", "--budgets", str(tmp_path / "none.yaml"))


def test_noisy_neighbours_of_a_sheet_with_nodes(files: tuple[str, ...], tmp_path: Path) -> None:
    nodes = ("n1,,4,8Gi", "n1,,,", "n2,m5.large,,")
    lines = [",".join(pair) for pair in zip(SHEET.splitlines()[1:], nodes, strict=True)]
    sheet_file(tmp_path, "\n".join([SHEET.splitlines()[0] + ",node,node_type,node_cpu,node_memory", *lines]) + "\n")
    page = tmp_path / "out.html"
    said = done(*files, "--page", str(page))
    # p95 of 1.5, 1.5, 1.5, 3.5: b is there for an hour after its last sample too.
    assert ["n1", "CPU", "2", "4.00", "2.00", "50%", "3.20", "80%"] in [line.split() for line in said.splitlines()]
    assert "noisy neighbours" not in said
    assert "Nodes, the fullest first" in page.read_text()
    sheet_file(tmp_path, (tmp_path / "sheet.csv").read_text().replace("n1,,4,8Gi", "n1,,3500m,8Gi"))
    said = done(*files)
    assert "n1, CPU: 91% of 3.50 used (p95), 57% requested; at fault: shop/web/a 58% of the excess" in said
