"""What a sandbox starts with: workspaces, people, channels, the app, and how strict time is.

Plain frozen values; `dataclasses.replace` makes another workspace out of the default one.
"""

from dataclasses import dataclass, field

from bot.slack.manifest import BOT_EVENTS, COMMANDS, SCOPES, escapes

TEAM = "T0KEEP"
CUSTOMER = "T0ACME"

LEAST_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:read",
        "im:write",
        "users:read",
    }
)
EVENTS = frozenset(
    {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "channel_archive",
        "channel_id_changed",
        "channel_left",
        "channel_rename",
        "channel_shared",
        "channel_unarchive",
        "channel_unshared",
        "group_archive",
        "group_left",
        "group_unarchive",
        "member_joined_channel",
        "member_left_channel",
        "message",
        "tokens_revoked",
        "user_change",
    }
)


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    """The handle, as in `user_name` of a slash command."""
    real_name: str
    team: str = TEAM
    title: str = ""
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    """Seconds east of UTC."""
    locale: str = "en-US"
    admin: bool = False
    guest: bool = False
    bot: bool = False
    deleted: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@{self.team.lower()}.example"


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    members: tuple[str, ...] = ()
    """User ids, the app's bot user among them where it was invited."""
    private: bool = False
    archived: bool = False
    shared_with: tuple[str, ...] = ()
    """Other workspaces that the channel is shared with (Slack Connect)."""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Usergroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a slash command, as the app's manifest says it."""

    usage_hint: str
    description: str
    escapes: bool = False
    """Whether channels and people in what is typed after it are sent by their ids."""


def _usage() -> dict[str, Usage]:
    return {
        command: Usage(hint, description, escapes(command))
        for command, description, hint in COMMANDS
    }


@dataclass(frozen=True, slots=True)
class App:
    id: str = "A0KEEP"
    name: str = "Keeprate"
    bot_id: str = "B0KEEP"
    bot_user: str = "U0KEEP"
    bot_token: str = "xoxb-sandbox"  # noqa: S105 - opens nothing but the sandbox
    app_token: str = "xapp-sandbox"  # noqa: S105
    signing_secret: str = "sandbox-signing-secret"  # noqa: S105
    scopes: frozenset[str] = LEAST_SCOPES
    events: frozenset[str] = EVENTS
    """Subscribed to; an event is sent only if a granted scope allows it too."""
    commands: tuple[str, ...] = ("/crr", "/churn", "/nps", "/csat", "/ces", "/keeprate")
    usage: dict[str, Usage] = field(default_factory=_usage)
    """What Slack shows while one types a command, by command."""
    messages_tab_read_only: bool = True
    """Whether people can't write to the app in its Messages tab."""
    request_url: str = ""
    """Where HTTP mode delivers to; empty for Socket Mode."""


def as_installed(*also: str) -> App:
    """The bot's app with what its manifest cannot do without, `also` these optional scopes, and
    nothing more."""
    return App(scopes=frozenset({*SCOPES, *also}), events=frozenset(BOT_EVENTS))


@dataclass(frozen=True, slots=True)
class Timing:
    """Slack's own figures, in seconds; tests shorten what they would have to wait for."""

    ack: float = 3.0
    trigger: float = 3.0
    response_url: float = 1800.0
    response_url_uses: int = 5
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    """How long each redelivery of an event waits after the one before."""
    warning: float = 10.0
    """Between `disconnect: warning` and the closing of the socket."""
    refresh: float = 1.0
    """Between `disconnect: refresh_requested` and the closing of the socket."""
    server_ping: float = 10.0
    ticket: float = 30.0
    """How long a wss URL may be redeemed."""
    max_sockets: int = 10
    file_processing: float = 0.0
    """Until an uploaded file may be shown by a `slack_file` image block."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rate limits, per method unless said otherwise; `enabled=False` for measuring."""

    enabled: bool = True
    posts_per_second: float = 1.0
    """Per channel, for chat.postMessage."""
    post_burst: int = 3
    workspace_posts_per_minute: int = 300
    workspace_post_burst: int | None = None
    """How many posts are let through at once; None for those of a minute."""
    tiers: dict[int, int] = field(default_factory=lambda: {1: 20, 2: 20, 3: 50, 4: 100, 5: 600})
    """Calls a minute. Slack promises tier 1 one call a minute and lets short bursts through,
    without which ten sockets could not be opened; tier 5 is "special"."""


def _people() -> tuple[User, ...]:
    return (
        User("U0LEAD", "lea", "Lea Lindqvist", title="Customer success lead"),
        User("U0OWNER", "omar", "Omar Haddad", title="Account owner, Acme"),
        User("U0ADMIN", "ada", "Ada Novak", title="Workspace admin", admin=True),
        User("U0GUEST", "gil", "Gil Moreau", title="Agency", guest=True),
        User("U0ACME", "carla", "Carla Acosta", CUSTOMER, title="Head of operations"),
    )


def _channels() -> tuple[Channel, ...]:
    return (
        Channel("C0GENERAL", "general", ("U0LEAD", "U0OWNER", "U0ADMIN")),
        Channel("C0SUCCESS", "customer-success", ("U0LEAD", "U0OWNER", "U0ADMIN", "U0KEEP")),
        Channel(
            "C0ACME",
            "acme-shared",
            ("U0LEAD", "U0OWNER", "U0GUEST", "U0ACME", "U0KEEP"),
            shared_with=(CUSTOMER,),
        ),
        Channel("C0BOARD", "board", ("U0ADMIN",), private=True),
        Channel("C0OLD", "old-project", ("U0LEAD", "U0KEEP"), archived=True),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The workspace Brightside, whose customer Acme shares a channel with it."""

    team: Team = Team(TEAM, "Brightside", "brightside")
    other_teams: tuple[Team, ...] = (Team(CUSTOMER, "Acme", "acme"),)
    users: tuple[User, ...] = field(default_factory=_people)
    channels: tuple[Channel, ...] = field(default_factory=_channels)
    usergroups: tuple[Usergroup, ...] = (Usergroup("S0CS", "cs", "Customer success", ("U0LEAD",)),)
    app: App = field(default_factory=App)
    timing: Timing = field(default_factory=Timing)
    rates: Rates = field(default_factory=Rates)
    native_blocks: bool = True
    """False for a workspace whose Slack still refuses charts and tables."""
    journal_entries: int = 20_000
    """How much of what happened is remembered."""
