"""What the routes of saved searches ask for. The application puts it into its state."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Request

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import needs
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.market.kept import KeptMarket
from property_alert_notification.homes.saved_searches.settings import SearchSettings

# Alerts to real people follow from searches.
MayRead = Annotated[Admission, needs(Scope.SEARCHES_READ, live_only=True)]
MayWrite = Annotated[Admission, needs(Scope.SEARCHES_WRITE, live_only=True)]

SearchKey = Annotated[UUID, Path(description="The SavedSearchKey of a search.")]


async def _settings(request: Request) -> SearchSettings:
    return cast(SearchSettings, request.app.state.search_settings)


async def _listing_settings(request: Request) -> ListingSettings:
    return cast(ListingSettings, request.app.state.listing_settings)


async def _currency(request: Request) -> str:
    return (await _listing_settings(request)).currency


async def _estimator(request: Request) -> Estimator:
    return cast(Estimator, request.app.state.search_estimator)


async def _market(request: Request) -> KeptMarket:
    return cast(KeptMarket, request.app.state.kept_market)


SettingsDep = Annotated[SearchSettings, Depends(_settings)]
ListingSettingsDep = Annotated[ListingSettings, Depends(_listing_settings)]
CurrencyDep = Annotated[str, Depends(_currency)]
"""The currency of amounts that name none."""
EstimatorDep = Annotated[Estimator, Depends(_estimator)]
MarketDep = Annotated[KeptMarket, Depends(_market)]
