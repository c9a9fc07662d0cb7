"""Slack's limits on what it shows, as data: the block makers cut to them, the validation refuses.

https://docs.slack.dev/reference/block-kit; the totals that Slack does not document are marked.
Lengths are in characters, `*_ITEMS` in elements.
"""

from typing import Final, Literal

Surface = Literal["message", "modal", "home"]

# A message.
MESSAGE_TEXT: Final = 40_000
MESSAGE_BLOCKS: Final = 50
MESSAGE_BLOCK_TEXT: Final = 13_200
"""All text of a message's blocks together. Undocumented: over it Slack answers
`msg_blocks_too_long` (slackapi/bolt-js#2509)."""
MESSAGE_CHARTS: Final = 2
MESSAGE_MARKDOWN: Final = 12_000
MESSAGE_TABLES: Final = 10_000
MESSAGE_DATA_TABLES: Final = 20_000

# A view: a modal or App Home.
VIEW_BLOCKS: Final = 100
VIEW_TITLE: Final = 24
VIEW_BUTTON: Final = 24
PRIVATE_METADATA: Final = 3000
CALLBACK_ID: Final = 255

# What all blocks and elements share.
BLOCK_ID: Final = 255
ACTION_ID: Final = 255
TEXT: Final = 3000
URL: Final = 3000
ALT_TEXT: Final = 2000
PLACEHOLDER: Final = 150

# Blocks.
HEADER: Final = 150
HEADER_LEVELS: Final = 4
SECTION: Final = 3000
FIELDS_ITEMS: Final = 10
FIELD: Final = 2000
CONTEXT_ITEMS: Final = 10
CONTEXT_ACTIONS_ITEMS: Final = 5
ACTIONS_ITEMS: Final = 25
INPUT_LABEL: Final = 2000
INPUT_HINT: Final = 2000
IMAGE_TITLE: Final = 2000
ALERT: Final = 200
CARD_TITLE: Final = 150
CARD_BODY: Final = 200
CARD_ACTIONS_ITEMS: Final = 3
CAROUSEL_ITEMS: Final = 10
CONTAINER_TITLE: Final = 150
CONTAINER_ITEMS: Final = 10
PLAN_ITEMS: Final = 50
VIDEO_TITLE: Final = 200
VIDEO_NAME: Final = 50
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20
DATA_TABLE_ROWS: Final = 201
DATA_TABLE_COLUMNS: Final = 20
DATA_TABLE_PAGE: Final = 100

# Charts (`data_visualization`).
CHART_TITLE: Final = 50
CHART_SERIES: Final = 12
CHART_SERIES_SAFE: Final = 6
"""What Slack took when charts came out; some workspaces may still be there."""
CHART_SEGMENTS: Final = 12
CHART_CATEGORIES: Final = 20
CHART_LABEL: Final = 20
CHART_AXIS: Final = 50

# Elements.
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2000
ACCESSIBILITY_LABEL: Final = 75
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTION_DESCRIPTION: Final = 75
OPTION_GROUP_LABEL: Final = 75
SELECT_ITEMS: Final = 100
CHOICES_ITEMS: Final = 10
"""Of radio buttons and of checkboxes."""
OVERFLOW_ITEMS: Final = 5
FILE_INPUT_FILES: Final = 10
TYPED_TEXT: Final = 3000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30

SELECTS: Final = frozenset(
    {
        f"{many}{what}_select"
        for many in ("", "multi_")
        for what in ("static", "external", "users", "conversations", "channels")
    }
)
PICKERS: Final = frozenset({"datepicker", "timepicker", "datetimepicker"})
CHOICES: Final = frozenset({"checkboxes", "radio_buttons"})
TYPED: Final = frozenset(
    {
        "plain_text_input",
        "rich_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "file_input",
    }
)

ELEMENTS: Final = {
    "section": SELECTS
    | CHOICES
    | {"button", "datepicker", "image", "overflow", "timepicker", "workflow_button"},
    "actions": SELECTS
    | PICKERS
    | CHOICES
    | {"button", "overflow", "rich_text_input", "workflow_button"},
    "input": SELECTS | PICKERS | CHOICES | TYPED,
    "context": frozenset({"image", "mrkdwn", "plain_text"}),
    "context_actions": frozenset({"feedback_buttons", "icon_button"}),
}
"""Which elements a block may hold."""

_EVERYWHERE: Final = frozenset(
    {
        "actions",
        "card",
        "context",
        "divider",
        "header",
        "image",
        "input",
        "rich_text",
        "section",
        "video",
    }
)

BLOCKS: Final[dict[Surface, frozenset[str]]] = {
    "message": _EVERYWHERE
    | {
        "carousel",
        "container",
        "context_actions",
        "data_table",
        "data_visualization",
        "file",
        "markdown",
        "plan",
        "table",
        "task_card",
    },
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE | {"carousel", "container", "data_table", "table"},
}
"""Which blocks may stand where."""

FILE_ALT_TEXT = 1000
"""Of a file that is uploaded."""
