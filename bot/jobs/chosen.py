"""The settings that admins may choose in Slack, as they are in force."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.config import Config
from bot.domain.choices import Setting
from bot.store.choices import Choices


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen wins over config.yaml. It is read each time: another process may have been
    told."""

    config: Config
    choices: Choices

    @property
    def configured(self) -> Mapping[Setting, str]:
        """What holds where nobody chose; "" for nothing."""
        return {
            Setting.NOTICES: self.config.notices or "",
            Setting.LANGUAGE: self.config.language,
        }

    async def notices(self) -> str | None:
        """The channel for what went wrong, if there is one."""
        return await self.value(Setting.NOTICES) or None

    async def language(self) -> str:
        """Of what everybody reads."""
        return await self.value(Setting.LANGUAGE)

    async def restatements(self) -> str | None:
        """The channel in which it is told that figures have changed, if there is one."""
        post = self.config.weekly_post
        return post.channel if post else await self.notices()

    async def value(self, setting: Setting) -> str:
        """What was chosen, or what config.yaml says; "" for nothing."""
        choice = (await self.choices.all()).get(setting)
        return choice.value if choice else self.configured[setting]
