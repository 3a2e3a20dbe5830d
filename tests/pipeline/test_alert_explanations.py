"""Why a user was told of a home, or was not, on each store."""

from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.before_sending.freshness import PRICE_CHANGED_SINCE, SEARCH_PAUSED
from property_alert_notification.homes.alerts.digests import search_digests
from property_alert_notification.homes.alerts.explain.explain import (
    explained_alerts,
    explained_change,
    explained_search,
)
from property_alert_notification.homes.alerts.explain.look_up import Found, look_up
from property_alert_notification.homes.alerts.outcomes.words import Outcome
from property_alert_notification.homes.criteria.expression import Keywords
from property_alert_notification.homes.listings import queries as listings
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.words import ScheduleType
from tests.pipeline.homes import ANY, Homes, a_home, up_to
from tests.pipeline.test_alert_digests import digest_is_near
from tests.pipeline.test_backtests import NO_PREFERENCES, backtest
from tests.pipeline.test_overtaken_alerts import deliver, suppress, two_alerts
from tests.pipeline.world import World

DAILY = ScheduleType.DAILY


async def found(homes: Homes, user_id: int, key: str = "1") -> Found:
    async with homes.database.reading() as connection:
        [listing] = await listings.find(connection, key)
        return await look_up(connection, user_id, listing)


async def outcomes(homes: Homes, user_id: int = 1, *, key: str = "1") -> list[list[str]]:
    """What became of each change of a home, the newest first, for each search of the user."""
    its = await found(homes, user_id, key)
    changes = [explained_change(one, its) for one in its.changes]
    return [[each.outcome.value for each in one.searches] for one in changes]


async def named_alerts(homes: Homes, user_id: int = 1, *, key: str = "1") -> list[list[UUID | None]]:
    """The alerts that the outcomes name, in the same order."""
    its = await found(homes, user_id, key)
    changes = [explained_change(one, its) for one in its.changes]
    return [[each.alert and each.alert.notification_id for each in one.searches] for one in changes]


async def test_each_outcome_has_its_reason(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.list(a_home())
    await homes.search(1, up_to(600_000))
    await homes.search(1, up_to(600_000), changes=[ChangeType.OPEN_HOUSE])
    await homes.search(1, up_to(400_000))
    await homes.search(1, up_to(480_000), schedule=ScheduleType.DAILY)
    await homes.match()
    await homes.list(a_home(60, ListPrice=470_000))
    assert await outcomes(homes) == [["not_yet_matched"] * 4, ["no_active_search"] * 4]
    await homes.match()
    assert await outcomes(homes) == [
        ["on_its_way", "not_asked_for", "not_matching", "waits_for_digest"],
        ["no_active_search"] * 4,
    ]
    await homes.list(a_home(120, InternetEntireListingDisplayYN=False, ListPrice=460_000))
    await homes.match()
    assert (await outcomes(homes))[0] == ["hidden"] * 4


async def reasons(homes: Homes, user_id: int, key: str) -> set[str | None]:
    """Why the user was not told of the changes of a home."""
    its = await found(homes, user_id, key)
    changes = [explained_change(one, its) for one in its.changes]
    return {each.reason_code for one in changes for each in one.searches if each.outcome is Outcome.NOT_TOLD}


async def test_a_match_that_was_dropped_has_its_reason(
    world: World, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_digests, "SLICE", 2)
    for user in (1, 2, 4, 5):
        await world.a_user(user)
    await homes.list(a_home(key="back"), a_home(key="no"), a_home(key="no too"))
    await homes.search(1, up_to(600_000), schedule=DAILY)
    await homes.search(2)
    for schedule in (ScheduleType.ASAP, DAILY):
        await homes.search(NO_PREFERENCES, schedule=schedule)
    paused, edited = await homes.search(4, schedule=DAILY), await homes.search(5, schedule=DAILY)
    await homes.list(a_home(60, key="back", ListPrice=480_000), a_home(60, key="no too", ListPrice=480_000))
    await homes.list(a_home(key="gone"), a_home(key="dear"), a_home(key="here"))
    await homes.discard(2, "no")
    await homes.list(a_home(60, key="no", ListPrice=490_000))
    await homes.match()
    await homes.change_search(paused, None)
    await homes.resume_search(paused, ANY)
    await homes.change_search(edited, up_to(100_000))
    await homes.discard(1, "no too")
    await homes.list(a_home(120, key="back"), a_home(120, key="gone", StandardStatus="Withdrawn"))
    await homes.list(a_home(120, key="dear", ListPrice=700_000))
    await digest_is_near(homes)

    expected = {
        "back": "changed_back", "gone": "listing_gone", "dear": "no_longer_matches", "no too": "home_discarded"
    }  # fmt: skip
    assert {key: await reasons(homes, 1, key) for key in expected} == {key: {why} for key, why in expected.items()}
    assert await reasons(homes, 1, "here") == set()
    assert await reasons(homes, 2, "no") == {"home_discarded"}
    assert await reasons(homes, NO_PREFERENCES, "here") == {"no_preferences"}
    assert await reasons(homes, 4, "here") == {"search_paused"}
    assert await reasons(homes, 5, "here") == {"no_longer_matches"}
    for user in (1, 2, NO_PREFERENCES, 4, 5):
        replayed = await backtest(homes, user)
        for key in ("back", "no", "no too", "gone", "dear", "here"):
            facts = [fact for one in replayed.changes if one.change.after["ListingKey"] == key for fact in one.facts]
            # Each search has its reason, and a fact one of them.
            its, of_searches = (
                {one.became.code for one in facts if one.became.outcome == "not_told"},
                await reasons(homes, user, key),
            )
            assert its <= of_searches
            assert bool(its) == bool(of_searches)


async def test_an_explanation_names_conditions_and_deliveries(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    await homes.search(1, up_to(600_000))
    await homes.search(1, up_to(400_000))
    await homes.list(a_home())
    await homes.match()
    await world.a_worker()
    await world.smtp.wait_for(1)

    its = await found(homes, 1)
    first, second = (explained_search(one, its) for one in its.searches)
    assert (first.matches, second.matches) == (True, False)
    assert [(one.condition, one.met) for one in second.conditions] == [("Active", True), ("up to $400,000", False)]
    assert second.conditions[1].value == {"amount": 500_000, "currency": "USD"}
    change = explained_change(its.changes[0], its)
    assert change.searches[1].unmet == [second.conditions[1].reason]
    assert "$500,000" in second.conditions[1].reason
    [alert] = explained_alerts(its.alerts)
    assert [one.ChangeType for one in alert.facts] == ["New Listing"]
    assert "email" in {one.channel for one in alert.deliveries}


async def test_a_user_without_searches_gets_an_answer(world: World, homes: Homes) -> None:
    await homes.list(a_home())
    its = await found(homes, 9)
    assert (its.searches, its.alerts) == ([], [])
    assert len(its.changes) == 1


async def test_a_deleted_search_is_explained_as_it_was(world: World, homes: Homes) -> None:
    await world.a_user(1)
    await homes.profile(1)
    told, by_digest = await homes.search(1, up_to(600_000)), await homes.search(1, name="Daily", schedule=DAILY)
    await homes.search(1, up_to(400_000), name="Cheap")
    dear, unseen = await homes.search(1, up_to(300_000), name="Dear"), await homes.search(1)
    await homes.delete_search(unseen)
    await homes.list(a_home())
    await homes.match()
    for one in (told, by_digest, dear):
        await homes.delete_search(one)
    await homes.match()
    await homes.list(a_home(60, ListPrice=490_000))
    await homes.match()

    its = await found(homes, 1)
    searches = [explained_search(one, its) for one in its.searches]
    assert [(one.SavedSearchName, one.deleted, one.ActiveYN) for one in searches] == [
        ("Cheap", False, True),
        ("Near work", True, False),
        ("Daily", True, False),
        (None, True, False),  # no alert names it
    ]
    assert [one.SavedSearchKey is None for one in searches] == [False, True, True, True]
    cut, listed = (explained_change(one, its).searches for one in its.changes)
    assert [one.outcome.value for one in cut] == ["not_matching", *["no_active_search"] * 3]
    assert [(one.outcome.value, one.SearchQueryHumanReadable) for one in listed][1:] == [
        ("on_its_way", "Homes, Active, up to $600,000"),
        ("on_its_way", "All homes"),  # by the other search
        ("not_matching", "Homes, Active, up to $300,000"),
    ]


async def test_a_home_that_begins_to_match_by_its_remarks_alone_is_told_in_words_not_to_be_news(
    world: World, homes: Homes
) -> None:
    await world.a_user(1)
    await homes.search(1, Keywords(("view",)))
    await homes.list(a_home(PublicRemarks="Quiet street"))
    await homes.match()
    assert [explained_search(one, its).outcome for its in [await found(homes, 1)] for one in its.searches] == [None]
    await homes.list(a_home(60, PublicRemarks="A sea view"))
    await homes.match()
    its = await found(homes, 1)
    [search] = (explained_search(one, its) for one in its.searches)
    assert (search.matches, search.outcome) == (True, Outcome.NO_CHANGE)
    assert "remarks and photos alone are no change" in str(search.reason)
    [[then]] = (explained_change(one, its).searches for one in its.changes)
    assert (then.outcome, len(then.unmet)) == (Outcome.NOT_MATCHING, 1)

    await homes.list(a_home(120, PublicRemarks="A sea view", ListPrice=490_000))
    await homes.match()
    assert [explained_search(one, its).outcome for its in [await found(homes, 1)] for one in its.searches] == [None]


async def test_a_fact_of_an_alert_that_was_replaced_is_told_only_if_a_newer_one_went_out(
    world: World, homes: Homes
) -> None:
    first, second, _ = await two_alerts(world, homes)
    await suppress(homes, first, PRICE_CHANGED_SINCE)

    async def of_first() -> tuple[Outcome, object, object, object]:
        """What became of the change that it tells, for its search, and which alerts told it, or were to."""
        its = await found(homes, 1)
        one = explained_change(its.changes[-1], its).searches[0]
        named = one.alert and one.alert.notification_id
        return one.outcome, one.reason_code, explained_alerts(its.alerts)[-1].deliveries[0].told_by, named

    expected = {"sent": Outcome.TOLD, "unknown": Outcome.TOLD, "queued": Outcome.ON_ITS_WAY}
    for state, outcome in expected.items():
        await deliver(homes, second, state)
        assert await of_first() == (outcome, None, second if outcome is Outcome.TOLD else None, second), state
    await suppress(homes, second, SEARCH_PAUSED)
    assert await of_first() == (Outcome.NOT_TOLD, SEARCH_PAUSED.code, None, second)
    # On another channel it was sent.
    await deliver(homes, second, "sent", Channel.SMS)
    assert await of_first() == (Outcome.NOT_TOLD, PRICE_CHANGED_SINCE.code, None, first)
    await deliver(homes, first, "sent")
    assert await of_first() == (Outcome.TOLD, None, None, first)
