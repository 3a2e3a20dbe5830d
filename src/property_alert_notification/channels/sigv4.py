"""Signs a request to AWS with Signature Version 4. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """Who signs."""

    key_id: str
    secret: str
    session_token: str | None = None


def signed_headers(
    method: str, host: str, path: str, body: bytes, *, who: Credentials, region: str, service: str, now: datetime
) -> dict[str, str]:
    """The headers with which AWS accepts a request without a query; `path` has no sign that needs escaping."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {"host": host, "x-amz-date": moment}
    if who.session_token is not None:
        signed["x-amz-security-token"] = who.session_token
    names = ";".join(sorted(signed))
    fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join([method, path, "", fields, names, sha256(body).hexdigest()])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    content = "\n".join([_ALGORITHM, moment, scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{who.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, content.encode(), "sha256").hexdigest()
    login = f"{_ALGORITHM} Credential={who.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {name: value for name, value in signed.items() if name != "host"} | {"authorization": login}
