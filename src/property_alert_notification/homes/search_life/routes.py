"""`/searches/{token}`: GET shows a saved search and changes nothing, POST keeps it as it was. Twice is the same.

Link scanners of mail servers open every link, so that a GET proves nothing about the user.
"""

from http import HTTPStatus
from typing import cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from property_alert_notification.api.dependencies import ClockDep
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound, Unavailable
from property_alert_notification.database import Database
from property_alert_notification.feedback.dependencies import TokensDep
from property_alert_notification.feedback.pages import page
from property_alert_notification.feedback.preference_page.answers import PageAnswers, PlainAnswersDep
from property_alert_notification.feedback.unsubscribe.tokens import Purpose, Tokens
from property_alert_notification.homes.saved_searches import changes, queries
from property_alert_notification.homes.saved_searches.models import SavedSearch

LARGEST_BODY = 4 * 1024
"""Bytes. The form of the page has no fields."""

router = APIRouter(include_in_schema=False, max_body_size=LARGEST_BODY)


@router.get("/searches/{token}")
@router.get("/searches/{token}/")
async def show_search(
    token: str, request: Request, tokens: TokensDep, clock: ClockDep, answers: PlainAnswersDep
) -> Response:
    """Ask whether the user still needs the search."""
    if (named := _named(tokens, token, clock)) is None:
        return _nothing(answers)
    try:
        async with cast(Database, request.app.state.database).reading() as connection:
            search = await queries.find(connection, *named)
    except Unavailable as error:
        return answers.away(error)
    return _nothing(answers) if search is None else _page(answers, search, asks=True)


@router.post("/searches/{token}")
@router.post("/searches/{token}/")
async def keep_search(
    token: str, request: Request, tokens: TokensDep, clock: ClockDep, answers: PlainAnswersDep
) -> Response:
    """Let the search alert as before its user did not look at it."""
    if (named := _named(tokens, token, clock)) is None:
        return _nothing(answers)
    try:
        await request.body()  # an unread body costs the connection
        database = cast(Database, request.app.state.database)
        search = (await database.run(changes.keep(*named, now=clock.now()))).search
    except (ClientDisconnect, NotFound):
        return _nothing(answers)
    except Unavailable as error:
        return answers.away(error)
    return _page(answers, search, asks=False)


def _named(tokens: Tokens, token: str, clock: Clock) -> tuple[int, UUID] | None:
    """The user and the key of the search in a token; None if it was not made for this page."""
    link = tokens.read(Purpose.SEARCH, token, now=clock.now())
    if link is None or link.category is None:
        return None
    try:
        return link.user_id, UUID(hex=link.category)
    except ValueError:
        return None


def _nothing(answers: PageAnswers) -> Response:
    return answers.message(HTTPStatus.NOT_FOUND, "no_search_title", "no_search_text")


def _page(answers: PageAnswers, search: SavedSearch, *, asks: bool) -> Response:
    words = answers.words()
    title, text = ("keep_search_title", "keep_search_text") if asks else ("kept_search_title", "kept_search_text")
    button = words("keep_search") if asks else None
    return page("button.html", **answers.frame(words, title), text=words(text, search=search.name), button=button)
