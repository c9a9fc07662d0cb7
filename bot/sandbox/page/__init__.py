"""A Slack in the browser: plain modules, styles and pictures, served as they lie here.

The page talks to the sandbox's own side (`bot.sandbox.control`) and to nothing else: the browser is
told to load no script, style or picture from any other address, and to make no HTML out of text.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_HERE = Path(__file__).parent
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[web.RouteDef]:
    """`/` and each file beside this one; no other path leads to a file."""
    files = sorted(path for path in _HERE.iterdir() if path.suffix in _TYPES)
    index = next(path for path in files if path.name == "index.html")
    return [
        web.get("/", _serve(index)),
        *(web.get(f"/page/{path.name}", _serve(path)) for path in files),
    ]


def _serve(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    headers = {**_HEADERS, "Content-Type": _TYPES[path.suffix]}

    async def serve(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers=headers)

    return serve
