"""How a digest reads, and that it counts what it does not show."""

from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.digests.layout import SHORT, SHOWN, Part, compose


def parts(count: int) -> list[Part]:
    return [Part(f"Home {n}", f"{n} bedrooms\n\nnear the park\nwith a garden") for n in range(1, count + 1)]


def test_a_digest_has_a_title_and_its_items_with_their_first_lines_and_link() -> None:
    last = Part("Home 3", "See https://homes.example.com/3 and call us")
    title, message = compose("listing_alert", [*parts(2), last], short=False)

    assert title == "Listing alert: 3 new"
    assert message == (
        "• Home 1\n1 bedrooms near the park\n\n• Home 2\n2 bedrooms near the park\n\n"
        "• Home 3\nSee https://homes.example.com/3 and call us"
    )


def test_a_digest_in_spanish() -> None:
    title, message = compose("listing_alert", parts(SHOWN + 2), short=False, language="es-MX")

    assert title == "Avisos de viviendas: 22 novedades"
    assert message.endswith("\n\ny 2 más")
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
    assert short or shown == min(count, SHOWN)


@given(titles=st.lists(st.text("abc é", min_size=1, max_size=255), min_size=1, max_size=50))
def test_a_short_one_stays_short(titles: list[str]) -> None:
    _, message = compose("offer", [Part(title, "") for title in titles], short=True)
    assert len(message) <= SHORT


def test_a_long_one_fits_into_a_notification() -> None:
    longest = Part("t" * 255, "m" * 400 + " https://homes.example.com/" + "x" * 270)
    _, message = compose("offer", [longest] * 1_000, short=False)
    assert len(message) <= 20_000
    assert message.endswith("and 980 more")


def test_an_item_may_have_lines_of_its_own() -> None:
    part = Part(
        "New price: 1 Main St", "1 Main St\nmore", ("Price: $470,000", "Your saved search: Near work", "x" * 500)
    )
    _, message = compose("listing_alert", [part], short=False)
    title, price, search, cut = message.splitlines()
    assert (title, price, search) == ("• New price: 1 Main St", "Price: $470,000", "Your saved search: Near work")
    assert len(cut) < 300
    assert cut.endswith("…")
