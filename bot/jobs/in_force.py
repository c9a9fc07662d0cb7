"""The settings in force, as they are said in Slack: no secret is among them."""

from collections.abc import Iterable, Mapping

from bot.config import Config, DigestConfig, WeeklyPostConfig
from bot.domain.choices import Choice, Setting
from bot.domain.roles import Access
from bot.messages import wording
from bot.messages.blocks import escape
from bot.messages.languages import tr
from bot.messages.named import mentioned


def in_force(
    config: Config, access: Access, chosen: Mapping[Setting, Choice]
) -> list[tuple[str, list[str]]]:
    """Titles, which say where it is changed, and their lines, escaped. `access` is config.yaml's,
    with who was named in Slack; `chosen` is what was chosen there over config.yaml."""
    of, people, pull = config.definition, config.people, config.pull
    yes_no = {True: tr("yes"), False: tr("no")}
    first = sorted(access.channels)
    viewers = tr("everybody") if access.everybody_views else _many(access.viewers)
    named = [
        _line("viewers", viewers),
        _line("operators", _many(access.operators)),
        _line("channels", wording.listed([f"<#{id}>" for id in first]) or tr("none")),
    ]
    notices = f"<#{config.notices}>" if config.notices else tr("none")
    return [
        (
            tr("Definition, changed in config.yaml"),
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
            tr("Changed in App Home, by admins"),
            [
                *(named if access.admins else []),
                _chosen("notices", chosen.get(Setting.NOTICES), notices, "<#{}>"),
                _chosen("language", chosen.get(Setting.LANGUAGE), config.language, "{}"),
            ],
        ),
        (
            tr("Changed in config.yaml"),
            [
                *([] if access.admins else named),
                _line("admins", _many(access.admins)),
                _line("names", people.names),
                _line("pull", wording.schedule(pull.cron)),
                _line("weekly_post", _post(config.weekly_post)),
                _line("digest", _post(config.digest)),
            ],
        ),
    ]


def _chosen(name: str, choice: Choice | None, configured: str, written: str) -> str:
    if choice is None:
        return _line(name, configured)
    return tr(
        "{setting}, chosen by {person}",
        setting=_line(name, written.format(choice.value)),
        person=f"<@{choice.by}>",
    )


def _post(of: WeeklyPostConfig | DigestConfig | None) -> str:
    return f"{wording.schedule(of.cron)}, <#{of.channel}>" if of else tr("none")


def _line(name: str, said: str) -> str:
    is_told = said.startswith(("<", "*", "`")) or "<#" in said or "<@" in said
    shown = said if is_told else escape(said)
    return f"`{name}` {shown}"


def _many(ids: Iterable[str]) -> str:
    return mentioned(ids) or tr("none named")
