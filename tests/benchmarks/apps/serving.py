"""How each of these apps is reached: as bolt's documentation says, on uvloop as ours."""

import argparse
import asyncio

import uvloop
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--api-url", required=True)
    parser.add_argument("--port", type=int, default=0, help="HTTP mode, on this port.")
    parser.add_argument("--database", default="")
    parser.add_argument("--ask", default="")
    parser.add_argument("--forms", action="store_true")
    return parser.parse_args()


def client(api_url: str) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-bench", base_url=api_url)


def serve(app: AsyncApp, asked: argparse.Namespace) -> None:
    """Until the process is ended."""
    uvloop.run(_http(app, asked.port) if asked.port else _socket(app))


async def _socket(app: AsyncApp) -> None:
    await AsyncSocketModeHandler(app, "xapp-bench").start_async()  # type: ignore[no-untyped-call]


async def _http(app: AsyncApp, port: int) -> None:
    # What app.start(port) does, in a loop that is uvloop's.
    runner = web.AppRunner(app.web_app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()
