"""config.yaml: what is taken, and what is said about the rest."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import integrations
from bot.config import Config, load
from bot.domain.matching import By, Enriching
from bot.errors import ConfigError

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-hush#1",
    "SLACK_APP_TOKEN": 'xapp-"hush": 2',
    "SLACK_SIGNING_SECRET": "s",
}


def written(folder: Path, **changes: Any) -> Path:
    """A whole config.yaml with sections replaced, or left out where None."""
    sections: dict[str, Any] = {
        "slack": {"bot_token": "xoxb-hush", "app_token": "xapp-hush"},
        "sources": [{"kind": "csv", "path": "c.csv", "evidence": "stays"}],
        **changes,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in sections.items() if v is not None}))
    return path


def fault(folder: Path, **changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, **changes), {})
    return str(caught.value)


def test_the_example_loads_and_names_every_setting() -> None:
    config = load(EXAMPLE, SECRETS)

    assert config.slack.bot_token.get_secret_value() == "xoxb-hush#1"
    assert config.slack.app_token is not None
    assert config.slack.app_token.get_secret_value() == SECRETS["SLACK_APP_TOKEN"]
    text = EXAMPLE.read_text()
    missing = [name for name in settings(Config) if f"{name}:" not in text]
    assert missing == []


def settings(model: Any) -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        names.append(name)
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if hasattr(inner, "model_fields") and inner.__module__ == "bot.config":
                names += settings(inner)
    return names


def test_defaults_are_those_that_the_example_shows(tmp_path: Path) -> None:
    example, bare = load(EXAMPLE, SECRETS), load(written(tmp_path), {})

    assert example.pull == bare.pull
    assert example.slack.port == bare.slack.port
    assert example.log == bare.log
    assert example.definition.model_copy(update={"zone": "UTC"}) == bare.definition


def test_a_file_that_is_not_there_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not there\. Copy config\.example\.yaml"):
        load(tmp_path / "config.yaml", {})


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("slack:\n  bot_token: [oops\n")

    with pytest.raises(ConfigError, match=r"line 3, column 1 is not YAML"):
        load(path, {})


def test_on_and_no_are_words_and_not_truth_values(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "slack: {bot_token: no, app_token: off}\n"
        "sources: [{kind: csv, path: c.csv, evidence: purchases, on: when, header: true}]\n"
    )

    config = load(path, {})

    assert config.slack.bot_token.get_secret_value() == "no"
    assert config.sources[0].model_dump()["on"] == "when"


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "42\n"])
def test_a_file_without_sections_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content)

    with pytest.raises(ConfigError, match="must be a mapping of sections"):
        load(path, {})


def test_an_unset_variable_is_named_with_its_place(tmp_path: Path) -> None:
    text = fault(tmp_path, slack={"bot_token": "${NOT_SET}", "app_token": "x"})

    assert "slack.bot_token mentions ${NOT_SET}, which is not set" in text


def test_an_unknown_key_is_answered_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = fault(tmp_path, slack={"bot_tokn": "x", "bot_token": "x", "app_token": "x"})

    assert text.endswith("slack.bot_tokn is not a setting; did you mean bot_token?")


def test_an_unknown_key_like_none_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    assert "pull.zzz is not a setting; known: cron, full_every_days, hold_share" in fault(
        tmp_path, pull={"zzz": 1}
    )


def test_a_typo_in_a_rule_names_the_rule_and_the_nearest_setting(tmp_path: Path) -> None:
    rule = {"name": "a", "channel": "C0123", "pionts": 3}

    assert "rules.0.pionts is not a setting; did you mean points?" in fault(tmp_path, rules=[rule])


def test_a_typo_in_a_source_names_the_source_and_the_nearest_setting(tmp_path: Path) -> None:
    source = {"kind": "csv", "path": "c.csv", "evidence": "stays", "separatr": ","}

    assert "sources.0.separatr is not a setting; did you mean separator?" in fault(
        tmp_path, sources=[source]
    )


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path) -> None:
    text = fault(tmp_path, sources=[{"kind": "strpe"}])

    known = ", ".join(integrations.available())
    assert f"sources.0.kind must be one of {known}; did you mean stripe?" in text


@pytest.mark.parametrize("sources", [[], None, "csv", {"kind": "csv"}])
def test_there_must_be_a_source(tmp_path: Path, sources: Any) -> None:
    assert "sources must be a list with at least one source" in fault(tmp_path, sources=sources)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = fault(
        tmp_path, sources=[{"kind": "nope"}], pull={"cron": "x"}, definition={"zone": "Mars"}
    )

    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("cron", ["0 9 * * 1", "0 9 * * 1-5", "0 9 * * mon#2"])
def test_weekdays_by_number_are_refused(tmp_path: Path, cron: str) -> None:
    text = fault(tmp_path, pull={"cron": cron})

    assert "pull.cron: write weekdays by name" in text


@pytest.mark.parametrize("cron", ["", "daily", "0 9 * *", "99 9 * * mon", "0 9 * * someday"])
def test_a_cron_line_that_is_none_is_refused(tmp_path: Path, cron: str) -> None:
    assert "pull.cron: " in fault(tmp_path, pull={"cron": cron})


def test_a_channel_by_name_is_refused_with_how_to_find_its_id(tmp_path: Path) -> None:
    text = fault(tmp_path, weekly_post={"channel": "#general"})

    assert "weekly_post.channel: must be the id of a channel" in text


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert 'zone "Mars" is not known' in fault(tmp_path, definition={"zone": "Mars"})


def test_the_first_source_must_know_customers(tmp_path: Path) -> None:
    desk = {
        "kind": "json", "name": "desk", "url": "https://desk.example", "auth": "none",
        "tickets": {}, "ratings": {"lowest": 1, "highest": 5},
    }  # fmt: skip
    crm = {"kind": "csv", "path": "c.csv", "evidence": "stays"}

    told = fault(tmp_path, sources=[desk, crm])
    assert "of desk tickets and ratings are read; put one with customers before it" in told
    assert load(written(tmp_path, sources=[crm, desk]), {}).truth.name == "csv"


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    source = {"kind": "csv", "path": "c.csv", "evidence": "stays"}

    assert 'two sources are called "csv"' in fault(tmp_path, sources=[source, source])


def test_socket_mode_needs_the_app_token_and_http_mode_the_secret(tmp_path: Path) -> None:
    assert "mode socket needs app_token" in fault(tmp_path, slack={"bot_token": "x"})
    http = {"bot_token": "x", "mode": "http"}
    assert "mode http needs signing_secret" in fault(tmp_path, slack=http)


NEEDS = [{"kind": "hubspot", "token": "${CRM_TOKEN}"}]


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ("CRM_TOKEN=plain", "plain"),
        ("export CRM_TOKEN=exported", "exported"),
        ("CRM_TOKEN='hush#hush'", "hush#hush"),
        ("CRM_TOKEN=hush#hush # of the portal", "hush#hush"),
        ('  CRM_TOKEN="a\'b"  ', "a'b"),
        ("CRM_TOKEN=first\n\n# CRM_TOKEN='old\nCRM_TOKEN=last", "last"),
        ("CRM_TOKEN=a=b==", "a=b=="),
    ],
)
def test_secrets_are_read_from_the_file_beside_it(
    tmp_path: Path, line: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_TOKEN", raising=False)
    (tmp_path / ".env").write_text(f"# secrets\n{line}\n")
    [source] = load(written(tmp_path, sources=NEEDS)).sources

    assert source.token.get_secret_value() == token  # type: ignore[attr-defined]


def test_the_environment_counts_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CRM_TOKEN=of-the-file\n")
    monkeypatch.setenv("CRM_TOKEN", "of-the-environment")
    [source] = load(written(tmp_path, sources=NEEDS)).sources

    assert source.token.get_secret_value() == "of-the-environment"  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["hush", "hush-1=2", "=hush", "A=hush hush", "A='hush", 'A=x "'])
def test_a_line_that_is_none_is_told_by_its_number_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{line}\n")
    with pytest.raises(ConfigError, match=r"\.env line 2 is not NAME=value") as caught:
        load(written(tmp_path))

    assert "hush" not in str(caught.value).replace(os.fspath(tmp_path), "")


def test_what_is_nowhere_is_told_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"not set in the environment, nor in .*\.env"):
        load(written(tmp_path, sources=NEEDS))


def test_another_slack_can_be_named_in_the_environment(tmp_path: Path) -> None:
    config = load(written(tmp_path), {"KEEPRATE_SLACK_API_URL": "http://127.0.0.1:9/api/"})

    assert config.slack.api_url == "http://127.0.0.1:9/api/"


@pytest.mark.parametrize(
    "slack",
    [
        {"bot_token": ["xoxb-hush"], "app_token": "xapp-hush"},
        {"bot_token": {"xoxb-hush": 1}, "app_token": "xapp-hush"},
        {"bot_token": "xoxb-hush", "app_token": "xapp-hush", "mode": "carrier-pigeon"},
        {"bot_token": "xoxb-hush", "app_token": "xapp-hush", "port": "xoxb-hush"},
    ],
)
def test_no_fault_repeats_a_secret(tmp_path: Path, slack: dict[str, Any]) -> None:
    assert "hush" not in fault(tmp_path, slack=slack).replace(os.fspath(tmp_path), "")


def test_a_loaded_configuration_does_not_print_its_secrets() -> None:
    assert "hush" not in repr(load(EXAMPLE, SECRETS))


def test_rates_and_bands_reach_the_definition(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            definition={"rates": {"USD": 0.92, "EUR": 1}, "tenure_bands": [6], "size_bands": []},
        ),
        {},
    )

    definition = config.definition.definition()

    assert definition.rates == (("EUR", 1.0), ("USD", 0.92))
    assert definition.currency == "EUR"
    assert (definition.tenure_bands, definition.size_bands) == ((6,), ())


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"rates": {"EUR": 1.1, "USD": 0.9}}, "one currency must have the rate 1"),
        ({"rates": {"EUR": 1, "USD": 1}}, "one currency must have the rate 1"),
        ({"rates": {"eur": 1}}, '"eur" is not a currency; write it like EUR'),
        ({"rates": {"EUR": 1, "USD": 0}}, "greater than 0"),
        ({"rates": {"EUR": 1, "USD": float("inf")}}, "less than|finite"),
        ({"tenure_bands": [12, 3]}, "must rise from one number to the next"),
        ({"size_bands": [100, 100]}, "must rise from one number to the next"),
        ({"size_bands": [0]}, "greater than or equal to 1"),
    ],
)
def test_rates_and_bands_that_cannot_be_are_refused(
    tmp_path: Path, section: dict[str, Any], why: str
) -> None:
    assert re.search(why, fault(tmp_path, definition=section))


CRM = {"kind": "csv", "name": "crm", "path": "c.csv", "evidence": "stays"}
BILLING = {**CRM, "name": "billing", "matches": "domain"}
SCORES = {"id": "id", "on": "on", "score": "score", "lowest": 1, "highest": 5}
RATINGS = {"kind": "csv", "name": "desk", "path": "r.csv", "ratings": SCORES}


@pytest.mark.parametrize(
    ("matches", "by", "field"),
    [
        ("id", By.ID, ""),
        ("domain", By.DOMAIN, ""),
        ("email", By.EMAIL, ""),
        ({"field": "crm_id"}, By.FIELD, "crm_id"),
        ({"first": "stripe_id"}, By.FIRST, "stripe_id"),
    ],
)
def test_a_source_is_matched_with_the_first(
    tmp_path: Path, matches: Any, by: By, field: str
) -> None:
    alone = {**CRM, "name": "partners"}
    config = load(written(tmp_path, sources=[CRM, {**BILLING, "matches": matches}, alone]), {})

    assert config.enriching() == {"crm": (Enriching("billing", by, field),)}
    assert config.alone == ("partners",)


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([{**CRM, "matches": "id"}], "crm is the first source, with which others are matched"),
        ([CRM, {**CRM, "name": "b", "gives": ["plan"]}], "b gives nothing as long as matches:"),
        (
            [CRM, {**BILLING, "gives": ["mrr"]}, {**BILLING, "name": "b", "gives": ["mrr"]}],
            'billing and b both give "mrr"; one of them must be the truth for it',
        ),
        ([CRM, {**BILLING, "matches": "name"}], "sources.1.matches: must be id, domain, email"),
        ([CRM, {**BILLING, "matches": {"field": ""}}], "sources.1.matches: must be id"),
        (
            [CRM, {**RATINGS, "matches": {"field": "crm_id"}}],
            "desk has no customers to tell the field crm_id: of it ratings are read. Match it by",
        ),
        ([CRM, {**BILLING, "matches": {"field": "a", "first": "b"}}], "sources.1.matches: must"),
    ],
)
def test_a_match_that_can_not_be_is_refused(
    tmp_path: Path, sources: list[Any], sentence: str
) -> None:
    assert sentence in fault(tmp_path, sources=sources)


@pytest.mark.parametrize("matches", ["id", "domain", "email", {"first": "desk_id"}])
def test_a_helpdesk_is_matched_by_what_it_tells(tmp_path: Path, matches: Any) -> None:
    config = load(written(tmp_path, sources=[CRM, {**RATINGS, "matches": matches}]), {})
    assert config.helpdesks()["desk"] is not None


COUNTING: list[dict[str, object]] = [
    {"kind": "csv", "path": "c.csv", "evidence": "stays"},
    {"kind": "stripe", "token": "sk_1"},
    {"kind": "stripe", "name": "eu", "token": "sk_2", "trials": False, "statuses": ["active"]},
]


def test_each_source_has_a_definition_with_its_own_word_on_who_is_a_customer(
    tmp_path: Path,
) -> None:
    config = load(written(tmp_path, sources=COUNTING, definition={"trials": True}), {})

    csv, stripe, eu = (config.definition_of(each.name) for each in config.sources)

    assert csv.counting == (("evidence", "stays"),)
    assert stripe.counting == ()
    assert eu.counting == (("trials", "no"), ("statuses", "active"))
    assert (csv.trials, stripe.trials, eu.trials) == (True, True, True)
    assert len({csv.hash, stripe.hash, eu.hash}) == 3
    assert stripe == config.definition.definition()


def test_sources_are_read_as_the_definition_says_where_they_say_nothing(tmp_path: Path) -> None:
    config = load(written(tmp_path, sources=COUNTING, definition={"trials": True}), {})

    csv, stripe, eu = map(config.as_defined, config.sources)

    assert (getattr(stripe, "trials", None), getattr(eu, "trials", None)) == (True, False)
    assert csv == config.sources[0]


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"past_due_days": -1}, "definition.past_due_days"),
        ({"paused_days": "long"}, "definition.paused_days"),
        ({"parents": "all"}, "definition.parents: input should be 'own' or 'top'"),
        ({"trials": "perhaps"}, "definition.trials"),
    ],
)
def test_what_counts_is_checked(tmp_path: Path, section: dict[str, Any], why: str) -> None:
    assert why in fault(tmp_path, definition=section)
