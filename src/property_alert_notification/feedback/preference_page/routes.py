"""`/preferences/{token}`: the token is the permission. GET changes nothing; POST redirects to GET."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from property_alert_notification.api.dependencies import ClientAddressDep, ClockDep
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.dependencies import TokensDep
from property_alert_notification.feedback.preference_page.answers import PageAnswers
from property_alert_notification.feedback.preference_page.forms import FormTooLarge, NoForm, form_of
from property_alert_notification.feedback.preference_page.origin import is_own
from property_alert_notification.feedback.preference_page.service import ACTOR, NotSaved, OriginOf, PageService
from property_alert_notification.feedback.preference_page.state import UserState
from property_alert_notification.feedback.preference_page.texts import version_of_texts
from property_alert_notification.feedback.preference_page.values import Given
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource

router = APIRouter(include_in_schema=False)

_SMALL_FORM = 16 * 1024
"""Bytes of a form without its frequencies."""
_CELL = 224
"""Bytes of one frequency in a form, which has it as it is and as it was shown."""
_UNDEFINED_CATEGORIES = 100
"""Categories that a user may have set without a definition."""


async def _service(request: Request) -> PageService:
    state = request.app.state
    return PageService(
        state.database,
        state.clock,
        state.categories.current,
        state.subjects,
        state.consent_ledger,
        state.default_preferences,
        state.reevaluate,
        state.confirmations,
    )


async def _answers(request: Request, tokens: TokensDep) -> PageAnswers:
    unused = request.app.state.unused_channels
    return PageAnswers(request, tokens, [channel for channel in Channel if channel not in unused])


ServiceDep = Annotated[PageService, Depends(_service)]
AnswersDep = Annotated[PageAnswers, Depends(_answers)]


@router.get("/preferences/{token}")
@router.get("/preferences/{token}/")
async def show_preferences(
    token: str, tokens: TokensDep, clock: ClockDep, service: ServiceDep, answers: AnswersDep
) -> Response:
    """The page. It changes nothing, so that programs which follow every link of an email do no harm."""
    if (link := tokens.read(Purpose.PREFERENCES, token, now=clock.now())) is None:
        return answers.invalid()
    try:
        state, controls = await service.read(link)
    except Unavailable as error:
        return answers.away(error)
    return answers.show(link, state, controls)


@router.post("/preferences/{token}")
@router.post("/preferences/{token}/")
async def change_preferences(
    token: str,
    request: Request,
    tokens: TokensDep,
    clock: ClockDep,
    service: ServiceDep,
    answers: AnswersDep,
    ip_address: ClientAddressDep,
) -> Response:
    """Save the page, stop everything, or start again. Nothing of the body is read unless the token is valid."""
    if (link := tokens.read(Purpose.PREFERENCES, token, now=clock.now())) is None:
        return answers.invalid()
    if not is_own(request.headers, cast(str, request.app.state.base_url)):
        return answers.message(HTTPStatus.FORBIDDEN, "refused_title", "refused", again=True)
    try:
        given = await form_of(request, largest=_largest(service))
    except FormTooLarge:
        return answers.message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "refused_title", "too_large", again=True)
    except NoForm:
        return answers.message(HTTPStatus.BAD_REQUEST, "refused_title", "refused", again=True)
    if not _is_of_page(given, link, tokens, clock.now()):
        return answers.message(HTTPStatus.FORBIDDEN, "refused_title", "refused", again=True)
    try:
        return await _change(given, link, service, answers, _origin(answers, ip_address))
    except Unavailable as error:
        return answers.away(error)


def _origin(answers: PageAnswers, ip_address: str | None) -> OriginOf:
    def origin(state: UserState) -> ConsentOrigin:
        wording = version_of_texts(answers.words_for(state).language)
        return ConsentOrigin(ConsentSource.PREFERENCE_PAGE, ACTOR, wording, ip_address)

    return origin


async def _change(
    given: Given, link: Link, service: PageService, answers: PageAnswers, origin_of: OriginOf
) -> Response:
    match given.get("action", ()):
        case ["stop"] if not link.test:
            await service.stop(link, origin_of)
            return answers.done("stopped")
        case ["start"] if not link.test:
            await service.start(link, origin_of)
            return answers.done("started")
        case ["save"]:
            try:
                return answers.done("saved", await service.save(link, given, origin_of))
            except NotSaved as error:
                return answers.show(link, error.state, error.controls, sent=error.sent, errors=error.errors)
        case _:
            return answers.message(HTTPStatus.BAD_REQUEST, "refused_title", "refused", again=True)


def _is_of_page(given: Given, link: Link, tokens: Tokens, now: datetime) -> bool:
    """Whether the form has the token that the page of this link has put into it."""
    sent = given.get("form", ())
    return len(sent) == 1 and tokens.read(Purpose.PREFERENCES_FORM, sent[0], now=now) == link


def _largest(service: PageService) -> int:
    """Bytes of the largest form that the page can send."""
    cells = (len(service.categories().names) + _UNDEFINED_CATEGORIES) * len(Channel)
    return _SMALL_FORM + cells * _CELL
