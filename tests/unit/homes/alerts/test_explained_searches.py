"""Which deleted searches are explained."""

from property_alert_notification.homes.alerts.details import AlertDetails, ToldSearch
from property_alert_notification.homes.alerts.explain.searches import deleted_searches, names_in
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.criteria.expression import Keywords, to_json


def a_version(number: int, version: int, begin: int, end: int | None) -> PastVersion:
    return PastVersion(number, version, begin, end, to_json(Keywords((f"word{version}",))), "New Listing", "ASAP")


VERSIONS = [
    a_version(1, 1, 0, None),
    a_version(2, 2, 5, 9),
    a_version(2, 1, 1, 5),
    a_version(3, 1, 1, 3),
    a_version(4, 1, 8, 12),
]


def test_those_that_saw_a_change_are_shown_as_they_were_when_they_were_deleted() -> None:
    found = deleted_searches(VERSIONS, {1}, [4, 10], {2: "Near work"}, limit=9)
    assert [(one.number, one.name, one.version, one.expression) for one in found] == [
        (2, "Near work", 2, Keywords(("word2",))),
        (4, None, 1, Keywords(("word1",))),
    ]
    assert {(one.key, one.active, one.is_deleted) for one in found} == {(None, False, True)}


def test_of_many_those_are_shown_that_were_saved_last() -> None:
    assert [one.number for one in deleted_searches(VERSIONS, (), [2, 10], {}, limit=2)] == [3, 4]


def test_the_newest_alert_has_the_name() -> None:
    newer, older = (
        AlertDetails("en", "1", None, None, "Active", 5, "USD", (), (ToldSearch(name, "", True, number),)).stored
        for name, number in (("Near school", 2), ("Near work", 2))
    )
    assert names_in([newer, "damaged", older]) == {2: "Near school"}
