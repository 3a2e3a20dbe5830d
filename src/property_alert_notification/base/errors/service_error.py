"""The root of the tree, and the errors that belong to no branch."""


class ServiceError(Exception):
    """Anything this service raises on purpose."""


class UnreadableRow(ServiceError):
    """A row of the store holds an impossible value; the text names the column, never the value."""


class TooManyKeys(ServiceError):
    """A caller has the maximum number of API keys; the text says what to do."""


class ConfigurationError(ServiceError):
    """A setting is wrong; the text is one line that names it and shows a valid value."""
