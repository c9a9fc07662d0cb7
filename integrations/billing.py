"""What the sections of billing systems have in common: whom to count who does not pay, or not now.

What is left out of a section is as the bot's definition says, where that says something.
"""

from pydantic import Field

from integrations import base


class BillingSettings(base.Settings):
    """Of a system that knows subscriptions."""

    trials: bool = Field(
        default=False, description="Whether somebody on a trial is a customer already."
    )
    free: bool = Field(
        default=False, description="Whether a subscription that costs nothing makes a customer."
    )


class PausingSettings(BillingSettings):
    """Where subscriptions may pause."""

    paused: bool | None = Field(
        default=None,
        description="Whether who has paused is still a customer; if left out, as long as"
        " `definition.paused_days` says.",
    )


class OwingSettings(PausingSettings):
    """Where it is told who owes something too."""

    past_due: bool | None = Field(
        default=None,
        description="Whether who has not paid an invoice is still a customer; if left out, as long"
        " as `definition.past_due_days` says.",
    )
