"""Opening the demo's page, where there is something to open it with."""

import socket
import webbrowser
from contextlib import closing

HOST = "127.0.0.1"

USUAL_PORT = 4710
"""Of the demo, so that its address can be remembered."""


def free_port(wanted: int = USUAL_PORT) -> int:
    """The wanted port, or 0 for any free one where something else uses it."""
    with closing(socket.socket()) as probe:
        # As servers do: a port whose last connections are just ending is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return 0
    return wanted


def open_page(url: str) -> bool:
    """Whether a browser was told to show it. One that would take over the terminal is not."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(browser) is webbrowser.GenericBrowser:
        return False
    return browser.open(url)
