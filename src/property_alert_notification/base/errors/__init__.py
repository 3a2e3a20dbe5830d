"""Every error that this service raises on purpose, as one tree.

ServiceError
├── RequestError              the caller can act on it: becomes an HTTP answer
│   ├── PreferencesExist      400
│   ├── UnreadableCallback    400
│   ├── Unauthorised          401
│   ├── Forbidden             403
│   │   └── LiveOnly
│   ├── ForgedCallback        403
│   ├── NotFound              404
│   │   ├── PreferenceNotFound
│   │   ├── PreferencesNotFound
│   │   └── ProfileNotFound
│   ├── Conflict              409
│   │   ├── AnswerLost
│   │   └── RowDamaged
│   │       ├── PreferencesDamaged
│   │       └── ProfileDamaged
│   ├── CallInProgress        409, with Retry-After
│   ├── FieldsMissing         422
│   ├── InvalidField          422
│   │   └── KeyReused
│   ├── TooManyRequests       429, with Retry-After
│   └── Unavailable           503, with Retry-After
│       ├── Overloaded
│       ├── TooManyAtOnce
│       ├── StoreUnavailable
│       │   ├── StoreLocked
│       │   ├── CommitInDoubt
│       │   ├── StoreOutdated
│       │   └── StoreMisconfigured
│       └── BrokerUnavailable
├── SendError                 a provider did not confirm a message
│   ├── RetryLater            it was not taken: safe to try again
│   │   ├── Deferred          this message has to wait; the provider works
│   │   └── ProviderDown      the provider takes no message now
│   │       └── Throttled     the provider's rate or quota is used up
│   ├── OutcomeUnknown        it may have been taken: trying again may send it twice
│   └── Refused               it will never be taken: do not try again
├── UnreadableRow             a row of the store holds an impossible value
├── TooManyKeys               a caller has the maximum number of API keys
└── ConfigurationError        a setting is wrong: stops the process at start
"""

from property_alert_notification.base.errors.request import (
    AnswerLost,
    CallInProgress,
    Conflict,
    FieldsMissing,
    Forbidden,
    ForgedCallback,
    InvalidField,
    KeyReused,
    LiveOnly,
    NotFound,
    PreferenceNotFound,
    PreferencesDamaged,
    PreferencesExist,
    PreferencesNotFound,
    ProfileDamaged,
    ProfileNotFound,
    RequestError,
    RowDamaged,
    TooManyRequests,
    Unauthorised,
    UnreadableCallback,
)
from property_alert_notification.base.errors.send import (
    Deferred,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
    Throttled,
)
from property_alert_notification.base.errors.service_error import (
    ConfigurationError,
    ServiceError,
    TooManyKeys,
    UnreadableRow,
)
from property_alert_notification.base.errors.unavailable import (
    BrokerUnavailable,
    CommitInDoubt,
    Overloaded,
    StoreLocked,
    StoreMisconfigured,
    StoreOutdated,
    StoreUnavailable,
    TooManyAtOnce,
    Unavailable,
)

__all__ = [
    "AnswerLost",
    "BrokerUnavailable",
    "CallInProgress",
    "CommitInDoubt",
    "ConfigurationError",
    "Conflict",
    "Deferred",
    "FieldsMissing",
    "Forbidden",
    "ForgedCallback",
    "InvalidField",
    "KeyReused",
    "LiveOnly",
    "NotFound",
    "OutcomeUnknown",
    "Overloaded",
    "PreferenceNotFound",
    "PreferencesDamaged",
    "PreferencesExist",
    "PreferencesNotFound",
    "ProfileDamaged",
    "ProfileNotFound",
    "ProviderDown",
    "Refused",
    "RequestError",
    "RetryLater",
    "RowDamaged",
    "SendError",
    "ServiceError",
    "StoreLocked",
    "StoreMisconfigured",
    "StoreOutdated",
    "StoreUnavailable",
    "Throttled",
    "TooManyAtOnce",
    "TooManyKeys",
    "TooManyRequests",
    "Unauthorised",
    "Unavailable",
    "UnreadableCallback",
    "UnreadableRow",
]
