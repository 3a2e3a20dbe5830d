"""The answers of the page: the page itself, redirections to it, and pages that explain why there is none."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.dependencies import TokensDep
from property_alert_notification.feedback.pages import PRIVATE, page
from property_alert_notification.feedback.preference_page.languages import language_of
from property_alert_notification.feedback.preference_page.state import Controls, UserState
from property_alert_notification.feedback.preference_page.texts import TEXTS
from property_alert_notification.feedback.preference_page.values import Values, written
from property_alert_notification.feedback.preference_page.view import Words, saved_in_words, view_of
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens

_MOST_NAMED = 20
"""The changes that a redirection names."""
_AND_MORE = "more"


class PageAnswers:
    """The answers to one request."""

    def __init__(self, request: Request, tokens: Tokens, channels: Sequence[Channel]) -> None:
        """`channels` are those that the page shows."""
        self._request = request
        self._tokens = tokens
        self._channels = channels
        self._chosen = request.query_params.get("lang")

    def show(
        self,
        link: Link,
        state: UserState,
        controls: Controls,
        *,
        sent: Values | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """The page; with `sent` and `errors` what the user sent, which was not saved."""
        words = self.words_for(state)
        done = None if errors else self._request.query_params.get("done")
        return page(
            "preferences.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            **self.frame(words, "title"),
            view=view_of(state, controls, sent or controls.stored, errors or {}, self._channels, words),
            errors=errors or {},
            form_token=self._tokens.make(Purpose.PREFERENCES_FORM, link),
            shown=written(controls.stored),
            is_test=link.test,
            is_damaged=state.is_damaged,
            has_none=state.has_none,
            just_stopped=done == "stopped",
            **self._notice(done, state, controls, words),
        )

    def done(self, what: str, names: Sequence[str] = ()) -> Response:
        """A redirection to the page, which says what was done; `names` are those of the changed controls."""
        named = [*names[:_MOST_NAMED], *([_AND_MORE] if len(names) > _MOST_NAMED else [])]
        query = {"lang": self._chosen if self._chosen in TEXTS else None, "done": what, "names": ",".join(named)}
        # Relative to the page: whatever path a proxy shows, it stays the same.
        location = "?" + urlencode({name: value for name, value in query.items() if value})
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**PRIVATE, "Location": location})

    def invalid(self) -> Response:
        """The token is forged, garbled or too old; the answer is the same for each."""
        return self.message(HTTPStatus.NOT_FOUND, "invalid_title", "invalid")

    def away(self, error: Unavailable) -> Response:
        """The store is not available."""
        return self.message(HTTPStatus.SERVICE_UNAVAILABLE, "away_title", "away", again=True, headers=error.headers)

    def message(
        self,
        status: HTTPStatus,
        title: str,
        text: str,
        *,
        again: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A page with one text; `again` adds a link to the page of the token."""
        words = self.words()
        return page(
            "message.html", status=status, headers=headers, **self.frame(words, title), text=words(text), again=again
        )

    def words_for(self, state: UserState) -> Words:
        """The texts in the language of the page for this user."""
        return self.words(state.applied.rules.language, state.profile.language if state.profile else None)

    def words(self, *known: str | None) -> Words:
        """The texts in the language of the request; `known` are the BCP 47 tags of the user."""
        return Words(language_of(self._chosen, *known, accepted=self._request.headers.get("accept-language")))

    def frame(self, words: Words, title: str) -> dict[str, Any]:
        """The values that every template needs."""
        return {
            "t": words,
            "language": words.language,
            "title": words(title),
            "service": self._request.app.title,
            "languages": [(code, texts["language_name"]) for code, texts in TEXTS.items()],
            "action": f"?lang={words.language}" if self._chosen == words.language else "?",
        }

    def _notice(self, done: str | None, state: UserState, controls: Controls, words: Words) -> dict[str, Any]:
        """What was done before; the query names it, and only what is true is shown."""
        if done == "started" and not state.general:
            return {"notice": words("just_started"), "saved": []}
        if done != "saved":
            return {"notice": "", "saved": []}
        names = self._request.query_params.get("names", "").split(",")
        saved = list(saved_in_words(names, controls, self._channels, words))
        if _AND_MORE in names:
            saved.append(words("saved_more"))
        return {"notice": words("saved" if saved else "saved_nothing"), "saved": saved}


async def _plain_answers(request: Request, tokens: TokensDep) -> PageAnswers:
    return PageAnswers(request, tokens, [])


PlainAnswersDep = Annotated[PageAnswers, Depends(_plain_answers)]
"""The answers of the pages that have one button and no channels."""
