"""What a module must offer to be an integration. Read this, then stripe.py.

A module `integrations/acme.py` answers to `kind: acme` in config.yaml. It defines `Settings` and
`customers`, and its docstring, which users read, says which objects count as customers and links
the API's page. Nothing else is edited, and no list names it.
"""

from collections.abc import AsyncIterator
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from integrations.http import Http
from integrations.records import Page


class Settings(BaseModel):
    """A source's section of config.yaml. Subclass it and add your fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    requests_per_second_default: ClassVar[float] = 5.0
    """What the vendor's published limit allows with room for the company's other programs."""

    kind: str
    name: str = Field(default="", description="How messages call this source; its kind if empty.")
    requests_per_second: float | None = Field(
        default=None, gt=0, description="At most so many requests a second to this source."
    )

    @model_validator(mode="before")
    @classmethod
    def _called_by_its_kind(cls, section: Any) -> Any:
        if isinstance(section, dict) and not section.get("name"):
            return {**section, "name": section.get("kind", "")}
        return section

    def pace(self) -> float:
        """Requests a second that may be sent."""
        return self.requests_per_second or self.requests_per_second_default


class Integration(Protocol):
    """The two names an integration module defines."""

    Settings: type[Settings]

    def customers(self, settings: Any, http: Http) -> AsyncIterator[Page]:
        """Every record, page by page, to the end. Raises what the source's answers deserve."""
        ...
