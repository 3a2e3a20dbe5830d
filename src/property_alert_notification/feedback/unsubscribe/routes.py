"""`/u/{token}`: one-click unsubscribing (RFC 8058). A GET shows a button and changes nothing; a POST acts at once.

Nothing but the token counts: no API key, no cookie, no field of the body. Mail programs send the POST by themselves, so
it answers without a redirect. A token that cannot be used has one answer, whatever the reason.
"""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from property_alert_notification.api.dependencies import ClientAddressDep, ClockDep
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.feedback.dependencies import TokensDep
from property_alert_notification.feedback.pages import page
from property_alert_notification.feedback.preference_page.answers import PageAnswers, PlainAnswersDep
from property_alert_notification.feedback.preference_page.texts import version_of_texts
from property_alert_notification.feedback.unsubscribe.service import ACTOR, Unsubscriber
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource

LARGEST_BODY = 4 * 1024
"""Bytes. Mail programs send 26; one that sends a form in parts a few hundred."""

_OUR_PAGE = b"from=page"
"""The form of our page. A mail program sends another one (RFC 8058, 3.2)."""

router = APIRouter(include_in_schema=False, max_body_size=LARGEST_BODY)


async def _unsubscriber(request: Request) -> Unsubscriber:
    return cast(Unsubscriber, request.app.state.unsubscriber)


@router.get("/u/{token}")
@router.get("/u/{token}/")
async def show_unsubscribe(token: str, tokens: TokensDep, clock: ClockDep, answers: PlainAnswersDep) -> Response:
    """Ask whether to unsubscribe. Link scanners of mail servers open this page, so it changes nothing."""
    link = tokens.read(Purpose.UNSUBSCRIBE, token, now=clock.now())
    return answers.invalid() if link is None else _page(answers, link, asks=True)


@router.post("/u/{token}")
@router.post("/u/{token}/")
async def unsubscribe(
    token: str,
    request: Request,
    tokens: TokensDep,
    clock: ClockDep,
    answers: PlainAnswersDep,
    ip_address: ClientAddressDep,
    unsubscriber: Annotated[Unsubscriber, Depends(_unsubscriber)],
) -> Response:
    """Unsubscribe at once; the same answer when it was done before."""
    if (link := tokens.read(Purpose.UNSUBSCRIBE, token, now=clock.now())) is None:
        return answers.invalid()
    try:
        body = await request.body()  # an unread body costs the connection
    except ClientDisconnect:
        return answers.invalid()  # nobody reads it
    try:
        await unsubscriber.unsubscribe(link, _origin(body, answers, ip_address))
    except Unavailable as error:
        return answers.away(error)
    return _page(answers, link, asks=False)


def _origin(body: bytes, answers: PageAnswers, ip_address: str | None) -> ConsentOrigin:
    """Who unsubscribes: the user by our page, or a mail program, which shows texts of its own."""
    if body != _OUR_PAGE:
        return ConsentOrigin(ConsentSource.ONE_CLICK, ACTOR, None, ip_address)
    wording = version_of_texts(answers.words().language)
    return ConsentOrigin(ConsentSource.UNSUBSCRIBE_PAGE, ACTOR, wording, ip_address)


def _page(answers: PageAnswers, link: Link, *, asks: bool) -> Response:
    words = answers.words()
    topic = words("unsubscribe_all") if link.category is None else words.category(link.category)
    about = topic if link.channel is None else words("by", topic=topic, channel=words.channel(link.channel))
    title, text = ("unsubscribe_title", "unsubscribe_text") if asks else ("unsubscribed_title", "unsubscribed_text")
    button = words("unsubscribe") if asks else None
    return page("button.html", **answers.frame(words, title), text=words(text, about=about), button=button)
