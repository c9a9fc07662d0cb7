"""What the bot raises on purpose, named by who has to act.

KeeprateError
├── ConfigError          whoever runs the bot must mend config.yaml or the environment
├── Misunderstood        the person who typed it must say it otherwise
├── StoreUnavailable     whoever runs the bot must look at the disk or the database
└── SlackError           Slack said no
    ├── SlackRejected        an admin must mend a token, a scope or the app's set-up
    ├── ChannelUnreachable   somebody must invite the bot or name another channel
    ├── BlocksRefused        nobody: the same message goes out with its fallback
    ├── SlackUnavailable     nobody: it is tried again, and Slack did not take it
    └── OutcomeUnknown       nobody: it is looked up, because Slack may have taken it

Every sentence says what, where and what to do; none holds a secret or a customer's words.
"""

from collections.abc import Mapping


class Sentence(str):
    """English that knows how it was put together, so that it can be said in another language.

    The text has its values in {braces}; a whole number is grouped, and a value that is a Sentence
    itself is said in the other language too. `bot.messages.languages.retold` says it.
    """

    text: str
    values: Mapping[str, str | int]

    def __new__(cls, text: str, /, **values: str | int) -> "Sentence":
        shown = {
            name: each if isinstance(each, str) else f"{each:,}" for name, each in values.items()
        }
        made = super().__new__(cls, text.format(**shown) if values else text)
        made.text, made.values = text, values
        return made


def one_after_another(*sentences: str) -> Sentence:
    """As one, without those that say nothing."""
    said = {f"s{number}": each for number, each in enumerate(filter(None, sentences))}
    return Sentence(" ".join(f"{{{name}}}" for name in said), **said)


class KeeprateError(Exception):
    """Carries a sentence for the person who has to act."""

    def __init__(self, sentence: str, /, **values: str | int) -> None:
        """`values` stand in the sentence in {braces}, as in Sentence."""
        self.sentence = Sentence(sentence, **values) if values else sentence
        super().__init__(self.sentence)


class ConfigError(KeeprateError):
    """config.yaml or the environment is not as it must be."""


class Misunderstood(KeeprateError):
    """A person's words that we can't read; the sentence says what would be understood."""


class StoreUnavailable(KeeprateError):
    """The database does not take or give what it should."""


class SlackError(KeeprateError):
    """Slack said no, or nothing."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        """Slack's own word for it, such as `missing_scope`."""


class SlackRejected(SlackError):
    """A token, a scope or a setting of the app is wrong."""


class ChannelUnreachable(SlackError):
    """The channel is gone, archived, or does not know the bot."""


class BlocksRefused(SlackError):
    """Slack does not take these blocks here."""


class SlackUnavailable(SlackError):
    """Slack did not take it: rate limited, or an error of its own, before anything was done."""

    def __init__(self, sentence: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(sentence, code=code)
        self.retry_after = retry_after
        """Seconds, where Slack said how many."""


class OutcomeUnknown(SlackError):
    """The connection broke after the request left: Slack may or may not have taken it."""
