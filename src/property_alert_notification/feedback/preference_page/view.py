"""The page in words: every control with its label, options and error, in one language. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from property_alert_notification.base.languages import primary
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.feedback.preference_page import values as fields
from property_alert_notification.feedback.preference_page.cells import Cell, still_coming
from property_alert_notification.feedback.preference_page.state import Controls, UserState
from property_alert_notification.feedback.preference_page.texts import TEXTS
from property_alert_notification.feedback.preference_page.values import QuietRow, Values, cell_field, quiet_field
from property_alert_notification.people.categories.rules import BUILT_IN, Category
from property_alert_notification.people.preferences.rule_fields import MOST_QUIET_HOURS

_REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


class Words:
    """The texts of one language, and the names of channels and categories in it."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.texts = TEXTS[language]

    def __call__(self, name: str, **values: object) -> str:
        """One text with these values in it."""
        return self.texts[name].format(**values)

    def channel(self, channel: Channel) -> str:
        """The name of a channel inside a sentence."""
        return definition_of(channel).noun_in(self.language)

    def channel_label(self, channel: Channel) -> str:
        """The name of a channel at the beginning of a line."""
        noun = self.channel(channel)
        return noun[0].upper() + noun[1:]

    def category(self, name: str) -> str:
        """The name of a category; that of an own one is made from its identifier."""
        if name in BUILT_IN:
            return self(f"category.{name}")
        return name.replace("_", " ").replace("-", " ").capitalize()

    def hint(self, category: str) -> str:
        """What a built-in category is about."""
        return self(f"category.{category}.hint") if category in BUILT_IN else ""


class Option(NamedTuple):
    """One option of a choice."""

    value: str
    label: str
    selected: bool


class Choice(NamedTuple):
    """The messages of a category on a channel."""

    name: str
    label: str
    spoken: str
    """The label with the category, for screen readers."""
    options: Sequence[Option]
    text: str
    """What is said in place of options, if the user cannot choose."""
    note: str


class Topic(NamedTuple):
    """One category."""

    label: str
    hint: str
    choices: Sequence[Choice]


class Switch(NamedTuple):
    """The switch of one channel."""

    name: str
    label: str
    on: bool


class QuietView(NamedTuple):
    """One row of quiet hours."""

    number: int
    title: str
    row: QuietRow
    is_new: bool


class View(NamedTuple):
    """Everything that the template shows between its headings."""

    switches: Sequence[Switch]
    topics: Sequence[Topic]
    quiet: Sequence[QuietView]
    days: Sequence[tuple[str, str]]
    weekdays: Sequence[Option]
    month_days: Sequence[Option]
    zones: Mapping[str, Sequence[Option]]
    """By region; those without one are under an empty name."""
    languages: Sequence[Option]
    values: Values
    rest: str
    """What still comes after stopping everything."""
    is_stopped: bool
    problems: Sequence[tuple[str, str]]
    """The name of each wrong control, and what is wrong, in the order of the page."""


def view_of(
    state: UserState,
    controls: Controls,
    values: Values,
    errors: Mapping[str, str],
    channels: Sequence[Channel],
    t: Words,
) -> View:
    """The page for these values; `channels` are those that it shows."""
    labels = _labels(controls, values, t)
    on = [channel for channel in channels if controls.stored.switches[channel]]
    rest = [t.category(category.name) for category in still_coming(controls.cells, on)]
    return View(
        switches=[
            Switch(fields.switch_field(one), t("channel_on", channel=t.channel(one)), values.switches[one])
            for one in channels
        ],
        topics=[_topic(category, controls, values, channels, t) for category in controls.categories],
        quiet=_quiet(values.quiet, t),
        days=[(day, t(day)) for day in fields.WEEKDAYS],
        weekdays=[Option(day, t(day), day == values.digest_weekday) for day in fields.WEEKDAYS],
        month_days=[Option(str(day), str(day), str(day) == values.digest_day) for day in range(1, 32)],
        zones=_zones(values.zone, t),
        languages=_languages(values.language, t),
        values=values,
        rest=t("stop_rest", topics=", ".join(rest)) if rest else t("stop_no_rest"),
        is_stopped=bool(state.general),
        problems=[(name, f"{label}: {t(errors[name])}") for name, label in labels if name in errors],
    )


def _topic(category: Category, controls: Controls, values: Values, channels: Sequence[Channel], t: Words) -> Topic:
    cells = [controls.cells[category.name, channel] for channel in channels]
    return Topic(t.category(category.name), t.hint(category.name), [_choice(cell, values, t) for cell in cells])


def _choice(cell: Cell, values: Values, t: Words) -> Choice:
    name, chosen = cell_field(cell.place), values.frequencies.get(cell.place, cell.frequency.value)
    is_off = not values.switches[cell.channel]
    return Choice(
        name=name,
        label=t.channel_label(cell.channel),
        spoken=t("by", topic=t.category(cell.category.name), channel=t.channel(cell.channel)),
        options=[Option(one.value, t(one.value), one.value == chosen) for one in cell.options] if cell.is_open else [],
        text=_fixed(cell, t),
        note=t("is_off", channel=t.channel_label(cell.channel)) if is_off else "",
    )


def _fixed(cell: Cell, t: Words) -> str:
    if cell.blocked is not None:
        return t(f"blocked.{cell.blocked}")
    return t("required", frequency=t(cell.frequency.value))


def _labels(controls: Controls, values: Values, t: Words) -> Iterator[tuple[str, str]]:
    """Every control that may be wrong, with its label, in the order of the page."""
    yield fields.TOPICS, t("topics")
    for cell in controls.cells.values():
        yield cell_field(cell.place), t("by", topic=t.category(cell.category.name), channel=t.channel(cell.channel))
    yield fields.QUIET, t("quiet")
    for number in range(len(values.quiet)):
        for part in ("days", "from", "to"):
            yield quiet_field(number, part), t("quiet_row", number=number + 1)
    yield fields.DIGEST_AT, t("digest_at")
    yield fields.DIGEST_WEEKDAY, t("digest_weekday")
    yield fields.DIGEST_DAY, t("digest_day")
    yield fields.ZONE, t("zone")
    yield fields.LANGUAGE, t("language")


def _quiet(rows: Sequence[QuietRow], t: Words) -> list[QuietView]:
    found = [QuietView(number, t("quiet_row", number=number + 1), row, False) for number, row in enumerate(rows)]
    if len(found) < MOST_QUIET_HOURS:
        title = t("quiet_new") if found else t("quiet")
        found.append(QuietView(len(found), title, QuietRow(), True))
    return found


def _languages(chosen: str, t: Words) -> list[Option]:
    names = {"": t("language_unset"), **{tag: texts["language_name"] for tag, texts in TEXTS.items()}}
    if chosen not in names:
        known = TEXTS.get(primary(chosen))
        names[chosen] = f"{known['language_name']} ({chosen})" if known else chosen
    return [Option(tag, name, tag == chosen) for tag, name in names.items()]


def _zones(chosen: str, t: Words) -> dict[str, list[Option]]:
    zones: dict[str, list[Option]] = {
        "": [Option("", t("zone_unset"), not chosen), Option("UTC", "UTC", chosen == "UTC")]
    }
    known = _known_zones()
    if chosen and chosen != "UTC" and chosen not in known:
        zones[""].append(Option(chosen, chosen, True))
    for name in known:
        region, _, place = name.partition("/")
        zones.setdefault(region, []).append(Option(name, place.replace("_", " "), name == chosen))
    return zones


@cache
def _known_zones() -> tuple[str, ...]:
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return tuple(sorted(name for name in names if name.partition("/")[0] in _REGIONS))


def saved_in_words(names: Sequence[str], controls: Controls, channels: Sequence[Channel], t: Words) -> Iterator[str]:
    """What was saved, with its present value, for each of these names of controls; other names are left out."""
    values = controls.stored
    for channel in channels:
        if fields.switch_field(channel) in names:
            yield f"{t.channel_label(channel)}: {t('on' if values.switches[channel] else 'off')}"
    for cell in controls.cells.values():
        if cell_field(cell.place) in names and cell.channel in channels:
            by = t("by", topic=t.category(cell.category.name), channel=t.channel(cell.channel))
            yield f"{by}: {t(cell.frequency.value)}"
    zone, language = values.zone or t("zone_unset"), values.language or t("language_unset")
    for name, words in (
        (fields.QUIET, t("quiet")),
        (fields.ZONE, f"{t('zone')}: {zone}"),
        (fields.LANGUAGE, f"{t('language')}: {language}"),
        (fields.DIGEST_AT, f"{t('digest_at')}: {values.digest_at}"),
        (fields.DIGEST_WEEKDAY, f"{t('digest_weekday')}: {t(values.digest_weekday)}"),
        (fields.DIGEST_DAY, f"{t('digest_day')}: {values.digest_day}"),
    ):
        if name in names:
            yield words
