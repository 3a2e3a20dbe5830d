"""Whether a form comes from the page itself (https://owasp.org/www-community/attacks/csrf). Pure.

The page asks browsers to hide its address, so they send `Origin: null` with its form, and `Sec-Fetch-Site` says where
it comes from (https://www.w3.org/TR/fetch-metadata/). A form must also carry its own token in any case.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

_OWN_SITES = ("same-origin", "none")
"""`none`: the user repeats it by hand, as by reloading."""


def is_own(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether these headers of a POST do not show that another site sent it."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in _OWN_SITES:
        return False
    return origin in (None, "null") or _is_ours(str(origin), headers.get("host", ""), base_url)


def _is_ours(origin: str, host: str, base_url: str) -> bool:
    base = urlsplit(base_url)
    return origin == f"{base.scheme}://{base.netloc}" or origin.partition("://")[2] == host
