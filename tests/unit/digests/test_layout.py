"""How a digest reads, and that it counts what it does not show."""

from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.digests.layout import LONGEST, SHORT, SHOWN, Part, compose


def parts(count: int) -> list[Part]:
    return [Part(f"Home {n}", f"{n} bedrooms\n\nnear the park\nwith a garden") for n in range(1, count + 1)]


def test_a_digest_has_a_title_and_its_items_with_their_first_lines_and_link() -> None:
    last = Part("Home 3", "See https://homes.example.com/3 and call us")
    title, message = compose("listing_alert", [*parts(2), last], short=False)

    assert title == "Listing alerts: 3 new"
    assert message == (
        "• Home 1\n1 bedrooms near the park\n\n• Home 2\n2 bedrooms near the park\n\n"
        "• Home 3\nSee https://homes.example.com/3 and call us"
    )


def test_a_digest_in_spanish() -> None:
    title, message = compose("listing_alert", parts(SHOWN + 2), short=False, language="es-MX")

    assert title == "Avisos de viviendas: 22 novedades"
    assert message.endswith("\n\n• Home 21\n• Home 22")
    assert compose("offer", parts(1), short=True, language="es")[0] == "Ofertas: 1 novedad"


def test_a_link_further_down_is_shown_too() -> None:
    _, message = compose("offer", [Part("Home", "one\ntwo\nthree\nhttps://homes.example.com/1")], short=False)
    assert message == "• Home\none two\nhttps://homes.example.com/1"


@given(count=st.integers(1, 200), short=st.booleans())
def test_items_that_are_not_shown_are_counted(count: int, short: bool) -> None:
    _, message = compose("offer", parts(count), short=short)

    shown = message.count("Home ")
    *_, last = message.splitlines()
    more = int(last.removeprefix("and ").removesuffix(" more")) if last.startswith("and ") else 0
    assert shown + more == count
    assert shown >= 1
    assert short or shown == count


@given(titles=st.lists(st.text("abc é", min_size=1, max_size=255), min_size=1, max_size=50))
def test_a_short_one_stays_short(titles: list[str]) -> None:
    _, message = compose("offer", [Part(title, "") for title in titles], short=True)
    assert len(message) <= SHORT


def test_a_long_one_fits_into_a_notification() -> None:
    longest = Part("t" * 255, "m" * 400 + " https://homes.example.com/" + "x" * 270)
    _, message = compose("offer", [longest] * 1_000, short=False)
    assert len(message) <= 20_000
    lines = message.splitlines()
    assert int(lines[-1].removeprefix("and ").removesuffix(" more")) == 1_000 - message.count("• ") < 980


def test_a_long_one_is_never_longer_than_it_may_be() -> None:
    for length in range(130):
        homes = [Part("t" * 100, "")] * SHOWN + [Part("t" * length, ""), *[Part("t" * 100, "")] * 300]
        assert len(compose("offer", homes, short=False)[1]) <= LONGEST


def test_items_for_which_there_is_no_room_in_full_have_a_line_each() -> None:
    search = "Your saved search: Near work"
    homes = [Part(f"New listing: {n} Main St", "", (f"Price: ${n},000", search)) for n in range(30)]
    _, message = compose("listing_alert", homes, short=False)
    *_, last, brief = message.split("\n\n")
    assert last == "• New listing: 19 Main St\nPrice: $19,000\nYour saved search: Near work"
    assert brief.splitlines()[-1] == "• New listing: 29 Main St (Price: $29,000)"
    assert len(brief.splitlines()) == 10


def test_an_item_may_have_lines_of_its_own() -> None:
    part = Part(
        "New price: 1 Main St", "1 Main St\nmore", ("Price: $470,000", "Your saved search: Near work", "x" * 500)
    )
    _, message = compose("listing_alert", [part], short=False)
    title, price, search, cut = message.splitlines()
    assert (title, price, search) == ("• New price: 1 Main St", "Price: $470,000", "Your saved search: Near work")
    assert len(cut) < 300
    assert cut.endswith("…")


def test_a_first_alert_in_a_digest_names_all_of_its_homes() -> None:
    homes = [f"- {n} Main St, $400,000" for n in range(20)]
    lines = ["Homes in Seattle", *homes, "and 2 more", "You will hear of others."]
    _, message = compose("listing_alert", [Part("22 homes match your search", "", lines)], short=False)
    assert message.splitlines()[1:] == lines
