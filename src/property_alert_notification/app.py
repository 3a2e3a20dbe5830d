"""Builds the ASGI application from the routes of all slices."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache

import structlog
from fastapi import FastAPI
from starlette.routing import BaseRoute

from property_alert_notification import __version__
from property_alert_notification.api import problems
from property_alert_notification.api.beside import serve_beside
from property_alert_notification.api.dependencies import LARGEST_BATCH, LARGEST_BODY
from property_alert_notification.api.document import TAGS, DescribedApi
from property_alert_notification.api.lifespan import ExplainsItsStart
from property_alert_notification.api.loopback import LoopbackOnly
from property_alert_notification.api.middleware import (
    DeclaredSize,
    ErrorsAsProblems,
    HeadAsGet,
    RequestContext,
)
from property_alert_notification.api.path_prefix import UnderPath
from property_alert_notification.api.request_body import BodyRoom
from property_alert_notification.base import logs
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.settings.listening import listen
from property_alert_notification.base.supervise import WELL_AFTER, end
from property_alert_notification.channels.registry import unused
from property_alert_notification.feedback.callbacks import routes as callback_routes
from property_alert_notification.feedback.callbacks.fast_path import CallbackFastPath
from property_alert_notification.feedback.callbacks.intake import CallbackIntake
from property_alert_notification.feedback.callbacks.routes import router as callbacks
from property_alert_notification.feedback.confirmations.confirm import Confirmer
from property_alert_notification.feedback.confirmations.routes import router as confirmations_page
from property_alert_notification.feedback.confirmations.setup import confirmations
from property_alert_notification.feedback.preference_page.routes import router as preference_page
from property_alert_notification.feedback.replies.routes import router as replies
from property_alert_notification.feedback.replies.take import ReplyIntake
from property_alert_notification.feedback.unsubscribe.routes import router as unsubscribe
from property_alert_notification.feedback.unsubscribe.service import Unsubscriber
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.feedback.webhooks.routes import router as webhooks
from property_alert_notification.feedback.webhooks.setup import webhook_rules
from property_alert_notification.homes.alerts.answer_turns import answer_turns
from property_alert_notification.homes.alerts.approvals import routes as approvals
from property_alert_notification.homes.alerts.backtest.routes import router as backtest
from property_alert_notification.homes.alerts.digests.reevaluate import reevaluate_with_searches_by
from property_alert_notification.homes.alerts.explain.routes import router as explain
from property_alert_notification.homes.feeds import routes as entity_events
from property_alert_notification.homes.feeds.settings import configured_feeds
from property_alert_notification.homes.listing_preferences import routes as listing_preferences
from property_alert_notification.homes.listings import routes as listing_routes
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.fast_path import SearchFastPath
from property_alert_notification.homes.saved_searches.market.kept import KeptMarket
from property_alert_notification.homes.saved_searches.preview.routes import router as search_preview
from property_alert_notification.homes.saved_searches.routes import router as saved_searches
from property_alert_notification.homes.saved_searches.settings import SearchSettings
from property_alert_notification.homes.search_life.routes import router as search_page
from property_alert_notification.matcher import Matching
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.notifications.consents import router as notification_consents
from property_alert_notification.notifications.fast_path import FastPath
from property_alert_notification.notifications.recipients.queries import addresses_of
from property_alert_notification.notifications.routes import router as notifications
from property_alert_notification.notifications.schedules.routes import router as schedules
from property_alert_notification.notifications.submit import PATH
from property_alert_notification.notifications.submit import batch_router as batch
from property_alert_notification.notifications.submit import router as submit_router
from property_alert_notification.operators.audit.routes import router as administration
from property_alert_notification.operators.dashboard.documentation import add_documentation
from property_alert_notification.operators.dashboard.landing import landing_router
from property_alert_notification.operators.dashboard.mailbox import mailbox_routers
from property_alert_notification.operators.dashboard.pages import static_files
from property_alert_notification.operators.health import router as health
from property_alert_notification.operators.pauses.routes import router as pauses
from property_alert_notification.operators.privacy.routes import router as personal_data
from property_alert_notification.operators.properties.routes import router as properties
from property_alert_notification.operators.quarantine.routes import router as quarantine
from property_alert_notification.people.categories.routes import router as categories
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.consent.routes import router as consents
from property_alert_notification.people.directory.routes import router as profiles
from property_alert_notification.people.effective.routes import router as effective
from property_alert_notification.people.preferences.routes import batch_router as preferences_batch
from property_alert_notification.people.preferences.routes import router as preferences
from property_alert_notification.people.suppressions.routes import router as suppressions
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.user_service.api import create_user_service
from property_alert_notification.wiring import (
    Parts,
    address_rules,
    assemble,
    default_preferences,
    planner,
    report_intake,
)

log = structlog.get_logger()

_YEAR = timedelta(days=365)

LARGER_BODIES = {
    f"{PATH}/batch": LARGEST_BATCH,
    listing_routes.PATH: LARGEST_BATCH,
    entity_events.PATH: LARGEST_BATCH,
    f"{callback_routes.PREFIX}/": callback_routes.LARGEST,
}
"""The largest bodies of calls that may have more, by path; one that ends with a slash stands for all below it."""

DESCRIPTION = """
Other services submit notifications; this service sends them to the right person, on the channel they chose.

A 2xx answer means that the notification is stored on disk. Each delivery is tried at least once. If its result is not
known, the API says so.
"""


def create_app(settings: Settings, *, with_worker: bool, clock: Clock | None = None) -> FastAPI:
    """The API, whose parts are assembled when it starts; `with_worker` runs a worker and a matcher beside it."""
    logs.configure(level=settings.log_level, as_json=settings.logs_as_json)
    clock, metrics = clock or Clock(), Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(assemble(settings, clock=clock, metrics=metrics))
            if with_worker and settings.is_local and parts.user_service.url is None:
                parts = await stack.enter_async_context(_with_user_service(parts))
            _share(app, parts)
            await parts.authenticator.announce()
            for name, run in (("backlog", parts.backlog.run), ("market", app.state.kept_market.run)):
                stack.push_async_callback(end, parts.supervisor.start(name, run))
            for role in (Worker, Matching) if with_worker else ():
                await stack.enter_async_context(role(parts))
            yield

    app = DescribedApi(
        title=settings.project_name,
        description=DESCRIPTION,
        version=__version__,
        openapi_tags=TAGS,
        contact={"name": "The operators of this service"},
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This service."}],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=_routes(with_mailbox=settings.is_local),
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are in metrics.py and logs.py
    )
    problems.add_handlers(app)
    app.add_middleware(ErrorsAsProblems)
    # From the innermost to the outermost.
    for inner in (CallbackFastPath, SearchFastPath, FastPath, HeadAsGet):
        app.put_before(inner)
    if settings.is_local and not settings.allow_remote:
        app.put_before(LoopbackOnly)
    app.put_before(DeclaredSize, largest=LARGEST_BODY, larger=LARGER_BODIES)
    room = BodyRoom(clock, size=settings.max_body_memory * 1024 * 1024)
    app.put_before(RequestContext, clock=clock, metrics=metrics, room=room)
    if settings.root_path:
        app.put_before(UnderPath, prefix=settings.root_path)
    app.put_before(ExplainsItsStart)
    app.mount("/static", static_files(), name="static")
    add_documentation(app)
    return app


@asynccontextmanager
async def _with_user_service(parts: Parts) -> AsyncIterator[Parts]:
    """The same parts with the small User service, which replaces the company's on a developer's machine.

    It does not know whose profile was pushed, so it is not asked again about a profile that is stored.
    """
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/users"
        log.info("user_service.serves", url=url)
        known = {"url": f"{url}/{{user_id}}", "bulk_url": f"{url}?ids={{user_ids}}", "ttl": _YEAR.total_seconds()}
        serving = parts.supervisor.start(
            "user_service", lambda _: serve_beside(create_user_service(), listener), well_after=WELL_AFTER
        )
        try:
            yield replace(parts, user_service=parts.user_service.model_copy(update=known))
        finally:
            await end(serving)


def _share(app: FastAPI, parts: Parts) -> None:
    """Put what the routes need into the state of the application."""
    settings = parts.settings
    app.state.parts = parts
    app.state.database = parts.database.within(settings.store_timeout)
    app.state.clock = parts.clock
    app.state.authenticator = parts.authenticator
    app.state.acceptance = parts.acceptance
    app.state.address_rules = address_rules(settings, parts.user_service)
    app.state.keep_keys_for = timedelta(hours=settings.idempotency_hours)
    app.state.default_preferences = default_preferences(settings)
    app.state.subjects = Subjects(settings.secrets)
    app.state.consent_ledger = ConsentLedger(parts.clock, app.state.subjects, parts.categories.current)
    app.state.addresses_of = addresses_of
    app.state.base_url = settings.base_url
    app.state.message_ttl = settings.default_ttl
    app.state.tokens = Tokens(settings.link_keys)
    app.state.webhook_rules = webhook_rules(settings)
    app.state.unused_channels = unused(settings)
    app.state.categories = parts.categories
    app.state.planner = planner(settings, parts.clock, parts.categories)
    app.state.reevaluate = reevaluate_with_searches_by(app.state.planner)
    app.state.confirmations = confirmations(settings, app.state.address_rules, app.state.planner)
    app.state.confirmer = Confirmer(
        app.state.database, parts.clock, app.state.reevaluate, app.state.consent_ledger, app.state.confirmations
    )
    app.state.callbacks = CallbackIntake(
        report_intake(parts),
        ReplyIntake(
            app.state.database,
            app.state.subjects,
            parts.clock,
            app.state.address_rules,
            settings.project_name,
            app.state.confirmer,
        ),
        parts.metrics,
        providers=parts.create_callbacks(),
    )
    app.state.listing_settings = load(ListingSettings)
    app.state.feeds = configured_feeds()
    app.state.search_settings = load(SearchSettings)
    app.state.search_estimator = Estimator(
        app.state.database, parts.clock, too_many=app.state.search_settings.too_many_matches
    )
    app.state.answer_turns = answer_turns()
    app.state.kept_market = KeptMarket(app.state.database, parts.clock)
    app.state.unsubscriber = Unsubscriber(
        app.state.database, parts.clock, app.state.subjects, parts.categories.current, app.state.reevaluate
    )


@cache
def _routes(*, with_mailbox: bool) -> list[BaseRoute]:
    """The routes of all slices.

    The routes find the parts of their process in the application's state. So all applications of a process share
    them. FastAPI would prepare each route of an included router once more, at the first call.
    """
    routers = [
        submit_router,
        batch,
        notifications,
        notification_consents,
        schedules,
        preferences_batch,
        preferences,
        effective,
        categories,
        profiles,
        suppressions,
        replies,
        consents,
        entity_events.router,
        listing_routes.events_router,
        listing_routes.router,
        listing_preferences.router,
        listing_preferences.list_router,
        search_preview,
        backtest,
        saved_searches,
        explain,
        approvals.router,
        approvals.all_router,
        personal_data,
        webhooks,
        quarantine,
        pauses,
        properties,
        administration,
        preference_page,
        callbacks,
        health,
        unsubscribe,
        confirmations_page,
        search_page,
        *(mailbox_routers if with_mailbox else ()),
        landing_router(with_mailbox=with_mailbox),
    ]
    return [route for router in routers for route in router.routes]
