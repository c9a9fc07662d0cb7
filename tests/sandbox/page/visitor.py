"""Somebody at the page, who is one person after the other, and sees to it that it can be used."""

from tests.sandbox.page import axe as axe_core
from tests.sandbox.page.browser import Page

PATIENCE = 60.0
"""Seconds for what the bot does; a slow machine makes the demo slow, not broken."""

MESSAGES = "[...document.querySelectorAll('#place .message')]"
DONE = "document.querySelectorAll('.guide .done').length"


class Visitor:
    def __init__(self, page: Page, axe: str) -> None:
        self.page = page
        self._axe = axe

    async def become(self, name: str) -> None:
        await self.page.click("button.person")
        await self.page.click(".option", name)
        await self.page.see(name, within="button.person")

    async def go(self, place: str) -> None:
        """To a channel by its id, or to the `app`."""
        await self.page.click(f"[data-place={place}]")
        await self.page.until(f"document.querySelector('[data-place={place}][aria-current]')")

    async def types(self, words: str) -> None:
        await self.page.click("#writing")
        await self.page.type(words)
        await self.page.key("Enter")

    async def reads(self, *words: str) -> str:
        """The newest message on screen that says all of it, as soon as there is one."""
        says = " && ".join(f"one.innerText.includes({word!r})" for word in words)
        found = f"{MESSAGES}.findLast((one) => {says})?.innerText"
        return str(await self.page.until(found, timeout=PATIENCE))

    async def has_done(self, steps: int) -> None:
        """So many of the things to try are ticked off."""
        await self.page.until(f"{DONE} === {steps}", timeout=PATIENCE)

    async def finds_nothing_wrong(self) -> None:
        """Nobody is kept from using what is shown, and no script complains."""
        assert await axe_core.faults(self.page, self._axe) == []
        assert self.page.complaints() == []
