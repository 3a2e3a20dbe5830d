"""Saving changes what the user changed on the page, and nothing else."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.feedback.preference_page.cells import (
    Cell,
    Entry,
    Place,
    cells_of,
    shown_categories,
    still_coming,
)
from property_alert_notification.feedback.preference_page.changes import Changes, Invalid, changes_of
from property_alert_notification.feedback.preference_page.values import (
    QuietRow,
    Values,
    sent_values,
    stored_values,
    wanted_values,
    written,
)
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category
from property_alert_notification.people.preferences.conversion import rules_of
from property_alert_notification.people.preferences.rule_fields import RuleFields
from property_alert_notification.people.preferences.rules import NO_RULES, PersonalRules
from property_alert_notification.people.suppressions.rules import (
    Suppression,
    SuppressionReason,
    SuppressionScope,
    default_scope,
)

EMAIL, SMS = Channel("email"), Channel("sms")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OWN = {"price_drop": Category("price_drop", CategoryKind.PROMOTIONAL, default={EMAIL: Frequency.WEEKLY})}
CATEGORIES = Categories({**BUILT_IN, **OWN})
ALERTS_BY_EMAIL = "often.listing_alert.email"


def entry(
    number: int,
    reason: str = "unsubscribe",
    channel: Channel | None = None,
    category: str | None = None,
    **fields: object,
) -> Entry:
    why = SuppressionReason(reason)
    scope = SuppressionScope(fields.pop("scope", default_scope(why)))
    return Entry(UUID(int=number), Suppression(channel, why, scope, category, **fields))  # type: ignore[arg-type]


def cells(rules: PersonalRules = NO_RULES, *entries: Entry) -> dict[Place, Cell]:
    return cells_of(shown_categories(CATEGORIES, rules, entries), rules, entries, NOW)


def saved(form: Mapping[str, str | list[str]], *entries: Entry, rules: PersonalRules = NO_RULES) -> Changes | Invalid:
    """What a form changes for a user with email, with these rules and these entries of the suppression list."""
    its = cells(rules, *entries)
    stored = stored_values({EMAIL: True, SMS: False}, rules, its)
    given = {name: value if isinstance(value, list) else [value] for name, value in form.items()}
    return changes_of(stored, sent_values(given, stored), its)


def changed(form: Mapping[str, str | list[str]], *entries: Entry, rules: PersonalRules = NO_RULES) -> Changes:
    found = saved(form, *entries, rules=rules)
    assert isinstance(found, Changes), found
    return found


def wrong(form: Mapping[str, str | list[str]], *, rules: PersonalRules = NO_RULES) -> dict[str, str]:
    found = saved(form, rules=rules)
    assert isinstance(found, Invalid), found
    return found.errors


def everything_as_shown(values: Values) -> dict[str, str | list[str]]:
    """The form that a browser sends if the user changes nothing, without what it says of the values that it showed."""
    form: dict[str, str | list[str]] = {f"switch.{one}": "on" if on else "off" for one, on in values.switches.items()}
    form |= {f"often.{category}.{channel}": often for (category, channel), often in values.frequencies.items()}
    for number, row in enumerate((*values.quiet, None)):
        form |= {f"quiet.{number}.from": row.start if row else "", f"quiet.{number}.to": row.end if row else ""}
        form |= {f"quiet.{number}.days": sorted(row.days)} if row else {}
    form |= {"digest.at": values.digest_at, "digest.weekday": values.digest_weekday, "digest.day": values.digest_day}
    return form | {"zone": values.zone, "language": values.language}


RICH = rules_of(
    RuleFields.model_validate(
        {
            "language": "es-MX",
            "time_zone": "Europe/Madrid",
            "quiet_hours": [{"days": ["sun", "mon"], "from": "21:00", "to": "08:00"}],
            "caps": {"email": {"day": 3}},
            "categories": {"digest": {"email": "weekly"}, "viewing": {"sms": "never"}, "undefined": {"email": "daily"}},
            "digest": {"at": "07:30"},
        }
    )
)


@pytest.mark.parametrize("rules", [NO_RULES, RICH])
@pytest.mark.parametrize("entries", [(), (entry(1),), (entry(1, "complaint", EMAIL), entry(2, channel=SMS))])
def test_a_page_that_is_saved_as_it_is_changes_nothing(rules: PersonalRules, entries: tuple[Entry, ...]) -> None:
    stored = stored_values({EMAIL: True, SMS: False}, rules, cells(rules, *entries))

    assert saved(everything_as_shown(stored), *entries, rules=rules) == Changes({}, frozenset(), ())


@pytest.mark.parametrize("rules", [NO_RULES, RICH])
def test_an_old_page_changes_only_what_the_user_changed_on_it(rules: PersonalRules) -> None:
    old = stored_values({EMAIL: True, SMS: True}, NO_RULES, cells())
    now = stored_values({EMAIL: True, SMS: False}, rules, cells(rules, entry(1)))
    form = {name: one if isinstance(one, list) else [one] for name, one in everything_as_shown(old).items()}
    form["shown"] = [written(old)]

    assert wanted_values(form, now) == now
    assert wanted_values(form | {"zone": ["Asia/Tokyo"]}, now) == now._replace(zone="Asia/Tokyo")
    chosen = wanted_values(form | {ALERTS_BY_EMAIL: ["daily"], "switch.email": ["off"]}, now)
    assert chosen == now._replace(
        switches={EMAIL: False, SMS: False},
        frequencies={**now.frequencies, ("listing_alert", EMAIL): "daily"},
    )
    hours = {"quiet.0.days": ["sat"], "quiet.0.from": ["01:00"], "quiet.0.to": ["02:00"]}
    assert wanted_values(form | hours, now).quiet == (QuietRow(frozenset({"sat"}), "01:00", "02:00"),)


def test_only_what_differs_is_in_the_patch() -> None:
    form = {
        "switch.email": "off",
        "switch.sms": "off",
        "zone": "America/Denver",
        "language": "",
        ALERTS_BY_EMAIL: "daily",
    }

    assert changed(form, rules=RICH) == Changes(
        {
            "email_enabled": False,
            "time_zone": "America/Denver",
            "language": None,
            "categories": {"listing_alert": {EMAIL: "daily"}},
        },
        frozenset(),
        ("switch.email", "zone", "language", ALERTS_BY_EMAIL),
    )


def test_a_control_that_the_form_leaves_out_stays_as_it_is() -> None:
    assert changed({}, rules=RICH) == Changes({}, frozenset(), ())
    assert changed({"often.unheard_of.email": "daily", "caps": "1"}, rules=RICH).patch == {}


def test_quiet_hours_are_added_changed_and_removed() -> None:
    row = {"quiet.0.days": ["mon", "sun"], "quiet.0.from": "21:00", "quiet.0.to": "08:00"}
    more = {"quiet.1.days": ["sat", "fri"], "quiet.1.from": "13:00", "quiet.1.to": "15:00"}
    hours = {"days": ["mon", "sun"], "from": "21:00", "to": "08:00"}

    assert changed(row | more, rules=RICH).patch == {
        "quiet_hours": [hours, {"days": ["fri", "sat"], "from": "13:00", "to": "15:00"}]
    }
    assert changed(row | {"quiet.0.to": "07:00"}, rules=RICH).patch == {"quiet_hours": [hours | {"to": "07:00"}]}
    assert changed(row | {"quiet.0.remove": "on"}, rules=RICH) == Changes({"quiet_hours": []}, frozenset(), ("quiet",))
    emptied = {"quiet.0.from": "", "quiet.0.to": ""}
    assert changed(emptied, rules=RICH).patch == {"quiet_hours": []}
    assert changed(emptied | more, rules=RICH).patch["quiet_hours"][0]["days"] == ["fri", "sat"]


def test_each_time_of_digests_changes_by_itself() -> None:
    assert changed({"digest.at": "19:00", "digest.day": "1"}).patch == {"digest": {"at": "19:00"}}
    assert changed({"digest.weekday": "fri", "digest.day": "31"}, rules=RICH) == Changes(
        {"digest": {"weekday": "fri", "day": 31}}, frozenset(), ("digest.weekday", "digest.day")
    )


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"quiet.0.from": "21:00", "quiet.0.to": "08:00"}, {"quiet.0.days": "error.quiet_days"}),
        ({"quiet.0.days": "mon", "quiet.0.from": "21:00", "quiet.0.to": ""}, {"quiet.0.to": "error.quiet_time"}),
        ({"quiet.0.days": "mon", "quiet.0.from": "25:00", "quiet.0.to": "8"},
         {"quiet.0.from": "error.quiet_time", "quiet.0.to": "error.quiet_time"}),
        ({"quiet.0.days": "mon", "quiet.0.from": "08:00", "quiet.0.to": "08:00"}, {"quiet.0.to": "error.quiet_same"}),
        ({"quiet.0.days": ["mon", "someday"], "quiet.0.from": "08:00", "quiet.0.to": "09:00"},
         {"quiet.0.days": "error.quiet_days"}),
        ({f"quiet.{row}.{part}": value for row in range(2) for part, value in (
            ("days", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
            ("from", ("00:00", "12:00")[row]), ("to", ("12:00", "00:00")[row]))}, {"quiet": "error.quiet_week"}),
        ({f"quiet.{row}.{part}": value for row in range(22) for part, value in (
            ("days", "mon"), ("from", "00:00"), ("to", "01:00"))}, {"quiet": "error.quiet_many"}),
        ({"zone": "Mars/Olympus"}, {"zone": "error.choose"}),
        ({"zone": "x" * 100}, {"zone": "error.choose"}),
        ({"language": "no language"}, {"language": "error.choose"}),
        ({"digest.at": ""}, {"digest.at": "error.time"}),
        ({"digest.weekday": "someday", "digest.day": "32"},
         {"digest.weekday": "error.choose", "digest.day": "error.choose"}),
        ({"digest.day": "-1"}, {"digest.day": "error.choose"}),
        ({ALERTS_BY_EMAIL: "hourly"}, {ALERTS_BY_EMAIL: "error.choose"}),
        ({"often.digest.email": "weekly"}, {"often.digest.email": "error.choose"}),
        ({ALERTS_BY_EMAIL: "hourly", "zone": "Mars"}, {ALERTS_BY_EMAIL: "error.choose", "zone": "error.choose"}),
    ],
)  # fmt: skip
def test_an_error_names_its_control(form: Mapping[str, str | list[str]], errors: dict[str, str]) -> None:
    assert wrong(form) == errors


def test_an_error_names_the_row_as_the_page_shows_it_again() -> None:
    """Rows without anything are not shown again, so that the next one moves up."""
    form = {"quiet.0.from": "", "quiet.0.to": "", "quiet.1.days": "mon", "quiet.1.from": "8", "quiet.1.to": "09:00"}
    removed = {"quiet.0.days": "mon", "quiet.0.from": "8", "quiet.0.to": "", "quiet.0.remove": "on"}

    assert wrong(form) == {"quiet.0.from": "error.quiet_time"}
    assert wrong(removed | {name: value for name, value in form.items() if name.startswith("quiet.1")}) == {
        "quiet.1.from": "error.quiet_time"
    }


def test_the_switch_of_a_channel_is_not_guessed() -> None:
    """A browser sends `off`, and `on` behind it if the box is checked."""
    assert changed({"switch.sms": ["off", "on"]}).patch == {"sms_enabled": True}
    assert changed({"switch.email": ["off"]}).patch == {"email_enabled": False}


def test_an_unsubscribed_category_is_off_and_wanting_it_again_releases_the_entry() -> None:
    unsubscribed = entry(7, channel=EMAIL, category="listing_alert")
    cell = cells(NO_RULES, unsubscribed)["listing_alert", EMAIL]

    assert (cell.frequency, cell.rule, cell.is_open) == (Frequency.NEVER, Frequency.ASAP, True)
    assert cells(NO_RULES, unsubscribed)["listing_alert", SMS].frequency is Frequency.ASAP
    assert changed({ALERTS_BY_EMAIL: "asap"}, unsubscribed) == Changes({}, {UUID(int=7)}, (ALERTS_BY_EMAIL,))
    assert changed({ALERTS_BY_EMAIL: "daily"}, unsubscribed) == Changes(
        {"categories": {"listing_alert": {EMAIL: "daily"}}}, {UUID(int=7)}, (ALERTS_BY_EMAIL,)
    )
    assert changed({ALERTS_BY_EMAIL: "never"}, unsubscribed) == Changes({}, frozenset(), ())


def test_what_stays_off_gets_a_rule_when_an_entry_that_stops_more_is_released() -> None:
    wanted = changed({ALERTS_BY_EMAIL: "asap"}, entry(1), rules=RICH)

    assert wanted.releases == {UUID(int=1)}
    assert wanted.patch == {
        "categories": {
            "listing_alert": {SMS: "never"},
            "price_drop": {EMAIL: "never", SMS: "never"},
            "digest": {EMAIL: "never", SMS: "never"},
        }
    }
    assert wanted.names == (ALERTS_BY_EMAIL,)


@pytest.mark.parametrize(
    "reason", sorted(set(SuppressionReason) - {SuppressionReason.UNSUBSCRIBE, SuppressionReason.ERASED})
)
def test_an_entry_of_another_reason_is_shown_and_cannot_be_released(reason: SuppressionReason) -> None:
    both = (entry(1, reason, EMAIL), entry(2, channel=EMAIL, category="listing_alert"))
    cell = cells(NO_RULES, *both)["listing_alert", EMAIL]

    assert (cell.blocked, cell.frequency, cell.is_open) == (reason, Frequency.NEVER, False)
    assert changed({ALERTS_BY_EMAIL: "daily", "often.account.email": "daily"}, *both) == Changes({}, frozenset(), ())


def test_the_gravest_reason_is_shown() -> None:
    assert cells(NO_RULES, entry(1, "manual"), entry(2, "complaint"))["viewing", EMAIL].blocked == "complaint"


def test_an_expired_entry_stops_nothing() -> None:
    expired = entry(1, "soft_bounce", EMAIL, expires_at=NOW - timedelta(seconds=1))

    assert cells(NO_RULES, expired)["listing_alert", EMAIL].blocked is None


def test_a_required_category_cannot_be_refused() -> None:
    cell = cells()["account", EMAIL]

    assert (cell.frequency, cell.is_open) == (Frequency.ASAP, False)
    assert changed({"often.account.email": "never"}) == Changes({}, frozenset(), ())
    everything = entry(1, scope="all")
    assert cells(NO_RULES, everything)["account", EMAIL].options == (Frequency.ASAP, Frequency.NEVER)
    assert changed({"often.account.email": "asap"}, everything).releases == {UUID(int=1)}


def test_the_page_shows_every_category_and_those_that_the_user_has_rules_for() -> None:
    its = shown_categories(CATEGORIES, RICH, [entry(1, channel=EMAIL, category="gone")])

    assert [category.name for category in its] == [
        "listing_alert", "price_drop", "digest", "general", "gone", "offer", "undefined", "viewing", "account",
    ]  # fmt: skip


def test_the_default_of_a_category_is_shown_until_the_user_chooses() -> None:
    assert cells()["price_drop", EMAIL].frequency is Frequency.WEEKLY
    assert cells(RICH)["digest", EMAIL].frequency is Frequency.ASAP
    assert changed({"often.price_drop.email": "weekly"}).patch == {}


def test_transactional_messages_still_come_after_stopping_everything() -> None:
    names = [category.name for category in still_coming(cells(RICH, entry(1)), [SMS])]

    assert names == ["general", "offer", "undefined", "account"]
    assert still_coming(cells(), []) == []
    assert [one.name for one in still_coming(cells(NO_RULES, entry(1, scope="all")), [EMAIL])] == []


@pytest.mark.parametrize(("digests", "comes"), [(Frequency.ASAP, True), (Frequency.NEVER, False)])
def test_messages_by_digest_come_only_while_the_user_wants_digests(digests: Frequency, comes: bool) -> None:
    rules = PersonalRules(frequencies={"viewing": {EMAIL: Frequency.DAILY}, "digest": {EMAIL: digests}})
    names = [category.name for category in still_coming(cells(rules, entry(1)), [EMAIL])]

    assert ("viewing" in names) is comes
