"""`/confirm/{token}`: GET shows what is confirmed and changes nothing, POST confirms it. Twice is the same.

Link scanners of mail servers open every link, so that a GET proves nothing about the user.
"""

from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from property_alert_notification.api.dependencies import ClientAddressDep, ClockDep
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.feedback.confirmations.confirm import ACTOR, Confirmer
from property_alert_notification.feedback.dependencies import TokensDep
from property_alert_notification.feedback.pages import page
from property_alert_notification.feedback.preference_page.answers import PageAnswers, PlainAnswersDep
from property_alert_notification.feedback.preference_page.texts import version_of_texts
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource

LARGEST_BODY = 4 * 1024
"""Bytes. The form of the page has no fields."""

router = APIRouter(include_in_schema=False, max_body_size=LARGEST_BODY)


async def _confirmer(request: Request) -> Confirmer:
    return cast(Confirmer, request.app.state.confirmer)


@router.get("/confirm/{token}")
@router.get("/confirm/{token}/")
async def show_confirmation(token: str, tokens: TokensDep, clock: ClockDep, answers: PlainAnswersDep) -> Response:
    """Ask whether the user wants the messages."""
    link = tokens.read(Purpose.CONFIRM, token, now=clock.now())
    return _nothing(answers) if link is None else _page(answers, link, asks=True)


@router.post("/confirm/{token}")
@router.post("/confirm/{token}/")
async def confirm_opt_in(
    token: str,
    request: Request,
    tokens: TokensDep,
    clock: ClockDep,
    answers: PlainAnswersDep,
    ip_address: ClientAddressDep,
    confirmer: Annotated[Confirmer, Depends(_confirmer)],
) -> Response:
    """Confirm the opt-in."""
    if (link := tokens.read(Purpose.CONFIRM, token, now=clock.now())) is None:
        return _nothing(answers)
    wording = version_of_texts(answers.words().language)
    origin = ConsentOrigin(ConsentSource.CONFIRMATION_PAGE, ACTOR, wording, ip_address)
    try:
        await request.body()  # an unread body costs the connection
        is_confirmed = await confirmer.by_link(link, origin)
    except ClientDisconnect:
        return _nothing(answers)  # nobody reads it
    except Unavailable as error:
        return answers.away(error)
    return _page(answers, link, asks=False) if is_confirmed else _nothing(answers)


def _nothing(answers: PageAnswers) -> Response:
    return answers.message(HTTPStatus.NOT_FOUND, "unconfirmed_title", "unconfirmed_text")


def _page(answers: PageAnswers, link: Link, *, asks: bool) -> Response:
    words = answers.words()
    topic = words.category(link.category or "")
    about = topic if link.channel is None else words("by", topic=topic, channel=words.channel(link.channel))
    title, text = ("confirm_title", "confirm_text") if asks else ("confirmed_title", "confirmed_text")
    button = words("confirm") if asks else None
    return page("button.html", **answers.frame(words, title), text=words(text, about=about), button=button)
