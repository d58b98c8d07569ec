"""Writing from a browser: who may.

Other pages in the same browser are strangers, and so are pages next door on another port, where archived scripts run.
Cookies and SameSite do not tell ports apart, so each write is checked for its origin too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "tearsheet"
_MOST_BODY = 16 * 1024
_MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"


def derived(token: str, purpose: str) -> str:
    """What stands for the token where it may be seen: in the cookie, in a form. It does not tell the token."""
    return hmac.new(token.encode("utf-8"), purpose.encode("ascii"), hashlib.sha256).hexdigest()


def knows(request: Request, token: str) -> bool:
    """Whether the token has been entered in this browser."""
    return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), derived(token, "cookie").encode())


def remember(response: Response, request: Request, token: str) -> None:
    """Until the browser is closed."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, derived(token, "cookie"), httponly=True, samesite="strict", path="/", secure=secure)


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was sent. Raises HTTPException: 413, 415, 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, f"A form is sent as {_FORM}.")
    try:
        text = (await body_of(request)).decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"))
    except ValueError:
        raise HTTPException(400, "The form cannot be read.") from None


async def body_of(request: Request) -> bytes:
    """Bounded. Raises HTTPException 413."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BODY:
            raise HTTPException(413, f"More than {_MOST_BODY} bytes were sent.")
    return body


def refuse_strangers(request: Request) -> None:
    """Raises HTTPException 403 for a write that comes from another origin, as browsers tell.

    Pages of ours send no referrer, and then a form's Origin is "null": what tells those from a stranger's is
    Sec-Fetch-Site, or else the form's own field (`allowed`).
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None and fetched != "same-origin":
        raise HTTPException(403, "This came from another web page.")
    origin = request.headers.get("origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc.lower() != _host(request):
        raise HTTPException(403, "This came from another web page.")


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


def allowed(request: Request, fields: Mapping[str, str], token: str) -> bool:
    """Whether the write bears the token: in the form's field, or in the cookie beside a form of ours."""
    given = fields.get("token", "")
    if given:
        return hmac.compare_digest(given.encode(), token.encode())
    return knows(request, token) and hmac.compare_digest(
        fields.get("form", "").encode(), derived(token, "form").encode()
    )


def bears(request: Request, token: str) -> bool:
    """Whether a program's request bears the token (RFC 6750, section 2.1)."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
