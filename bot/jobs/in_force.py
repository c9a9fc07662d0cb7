"""The settings in force, as they are said in Slack: no secret is among them."""

from collections.abc import Iterable

from bot.config import Config, DigestConfig, WeeklyPostConfig
from bot.domain.roles import Access
from bot.messages import wording
from bot.messages.blocks import escape
from bot.messages.languages import tr
from bot.messages.named import mentioned


def in_force(config: Config, access: Access) -> list[tuple[str, list[str]]]:
    """Titles and their lines, escaped; `access` is config.yaml's, with who was named in Slack."""
    of, people, pull = config.definition, config.people, config.pull
    yes_no = {True: tr("yes"), False: tr("no")}
    first = sorted(access.channels)
    named = tr("everybody") if access.everybody_views else _many(access.viewers)
    return [
        (
            tr("Definition"),
            [
                _line("zone", of.zone),
                _line("first_weekday", of.first_weekday),
                _line("fiscal_year_start", wording.month(of.fiscal_year_start)),
                _line("grace_days", str(of.grace_days)),
                _line("purchase_keeps_days", str(of.purchase_keeps_days)),
                _line("minimum_base", str(of.minimum_base)),
                _line("trials", yes_no[of.trials]),
                _line("free", yes_no[of.free]),
                _line("parents", of.parents),
            ],
        ),
        (
            tr("People"),
            [
                _line("viewers", named),
                _line("operators", _many(access.operators)),
                _line("admins", _many(access.admins)),
                _line("names", people.names),
                _line("channels", wording.listed([f"<#{id}>" for id in first]) or tr("none")),
            ],
        ),
        (
            tr("Schedule"),
            [
                _line("pull", wording.schedule(pull.cron)),
                _line("weekly_post", _post(config.weekly_post)),
                _line("digest", _post(config.digest)),
                _line("notices", f"<#{config.notices}>" if config.notices else tr("none")),
                _line("language", config.language),
            ],
        ),
    ]


def _post(of: WeeklyPostConfig | DigestConfig | None) -> str:
    return f"{wording.schedule(of.cron)}, <#{of.channel}>" if of else tr("none")


def _line(name: str, said: str) -> str:
    is_told = said.startswith(("<", "*", "`")) or "<#" in said or "<@" in said
    shown = said if is_told else escape(said)
    return f"`{name}` {shown}"


def _many(ids: Iterable[str]) -> str:
    return mentioned(ids) or tr("none named")
