"""Somebody who approves by hand: only what stands, only in the half that auto-pilot leaves alone."""

from __future__ import annotations

from msgspec.structs import replace

from engine.demo.person import APPROVED, Person
from engine.messages import Cluster, Decision, Evidence
from tests.demo import made_up

HERS = [f"shop/team-b/web-{number}/main" for number in range(6)]


def person(*decisions: Decision) -> Person:
    somebody = Person("nowhere:9092", Cluster(name="shop", slots=1, declared_s=0.0), "team-a")
    for decision in decisions:
        somebody.hear(decision)
    return somebody


def test_a_move_then_the_largest_savings_that_stand_are_approved() -> None:
    cuts = [made_up.decision(name, 10, saving=float(n)) for n, name in enumerate(HERS)]
    held = made_up.decision(HERS[5], 11, "hold", 0.0)  # what was told of it last
    fresh = made_up.decision(HERS[4], 40, saving=99.0)  # may be replaced before her word arrives
    move = made_up.move(HERS[0], 9)
    assert chosen(person(*cuts, held, fresh, move), 4) == [move.id, cuts[3].id, cuts[2].id, cuts[1].id]


def test_when_enough_is_carried_out_she_stops() -> None:
    cuts = [made_up.decision(name, 10) for name in HERS]
    done = [replace(cut, evidence=Evidence(trigger="approval"), disposition="commanded") for cut in cuts[:APPROVED]]
    assert chosen(person(*cuts, *done), 1) == []
    assert len(chosen(person(*cuts, *done[1:]), 9)) == len(HERS) - 2


def chosen(somebody: Person, most: int) -> list[str]:
    """Ids in the order in which she would approve them."""
    ids: list[str] = []
    while len(ids) < most and (choice := somebody.choice()) is not None:
        somebody.tried.add(choice.id)
        ids.append(choice.id)
    return ids


def test_other_halves_and_clusters_are_not_hers() -> None:
    piloted = made_up.decision("shop/team-a/web-0/main", 10)
    elsewhere = replace(made_up.decision(HERS[0], 10), cluster="mill")
    assert person(piloted, elsewhere).choice() is None
