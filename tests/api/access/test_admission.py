"""The name of a caller in the audit record and in timelines, and what the caller may see."""

import pytest

from property_alert_notification.api.access.admission import ANONYMOUS, Admission
from property_alert_notification.api.access.visibility import EVERYTHING, Visibility
from property_alert_notification.base.errors import Forbidden
from property_alert_notification.base.vocabulary import Scope

WRITER = Admission("crm", "crm", False, (), frozenset({Scope.NOTIFICATIONS_WRITE}), "pa_live_12345678")
TESTER = Admission("crm", "test:crm", True, (), frozenset({Scope.ADMIN}), "pa_test_12345678")


def test_an_actor_is_named_with_the_kind_and_the_beginning_of_their_key() -> None:
    assert WRITER.actor == "crm (live key pa_live_12345678)"
    assert TESTER.actor == "crm (test key pa_test_12345678)"
    assert ANONYMOUS.actor == "local"


@pytest.mark.parametrize(
    ("admission", "caller", "test", "named"),
    [
        (WRITER, "crm", False, "its caller, crm (live key pa_live_12345678)"),
        (WRITER, "listings", False, "crm (live key pa_live_12345678)"),
        (WRITER, "crm", True, "crm (live key pa_live_12345678)"),
        (WRITER, None, False, "crm (live key pa_live_12345678)"),
        (ANONYMOUS, None, False, "its caller"),
        (ANONYMOUS, "crm", False, "local"),
    ],
)
def test_only_its_caller_is_called_its_caller(admission: Admission, caller: str | None, test: bool, named: str) -> None:
    assert admission.actor_beside(caller, test=test) == named


def test_a_key_sees_its_own_and_with_admin_all_of_its_kind() -> None:
    assert ANONYMOUS.visible == EVERYTHING
    assert WRITER.visible == Visibility("crm", test=False)
    assert TESTER.visible == Visibility(None, test=True)


@pytest.mark.parametrize("caller", ["crm", "listings", None])
@pytest.mark.parametrize("test", [False, True])
def test_visibility_of_notifications(caller: str | None, test: bool) -> None:
    assert EVERYTHING.covers(caller, test=test)
    assert Visibility("crm", test=False).covers(caller, test=test) == (caller == "crm" and not test)
    assert Visibility(None, test=True).covers(caller, test=test) == test


def test_a_missing_scope_is_refused_by_its_name() -> None:
    WRITER.require(Scope.NOTIFICATIONS_WRITE)
    ANONYMOUS.require(Scope.ADMIN)
    with pytest.raises(Forbidden, match="notifications:urgent"):
        WRITER.require(Scope.NOTIFICATIONS_URGENT)
