"""Who may talk to the server's own addresses."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_own_page(headers: Headers) -> bool:
    """Whether a request was made by a page of this server, or by a program, which sends no Origin.

    Behind a proxy the page's host stands in X-Forwarded-Host, which no page can set.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    hosts = {headers.get("host"), *(host.strip() for host in headers.get("x-forwarded-host", "").split(","))}
    return urlsplit(origin).netloc in hosts - {None, ""}
