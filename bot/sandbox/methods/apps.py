"""Who the app is, where it is installed, its sockets, and the check of blocks."""

from typing import Any

from bot.sandbox import blocks
from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method
from bot.slack.validation import Problem, problems, view_problems


def auth_test(call: Call) -> Answer:
    workspace = call.workspace
    app, team = workspace.settings.app, workspace.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": app.name.lower(),
        "team_id": team.id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(call: Call) -> Answer:
    return {"url": call.open_socket()}


def team_info(call: Call) -> Answer:
    team = call.workspace.teams.get(call.text("team", call.workspace.team.id))
    if team is None:
        raise Refused("team_not_found")
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "icon": {}}}


def blocks_validate(call: Call) -> Answer:
    given = [name for name in ("blocks", "message", "view") if call.arguments.get(name)]
    if len(given) != 1:
        raise Refused(
            "invalid_arguments",
            messages=["[ERROR] provide exactly one of blocks, message, view"],
        )
    [name] = given
    value = blocks.parsed(call.arguments[name], error=f"invalid_{name}")
    found = _problems(name, value)
    if found:
        errors = [
            {"pointer": p.pointer, "code": "failed_constraint", "message": p.message} for p in found
        ]
        raise Refused(f"invalid_{name}", errors=errors)
    return {}


def _problems(name: str, value: Any) -> list[Problem]:
    if name == "view":
        return view_problems(value)
    inner = value.get("blocks", []) if isinstance(value, dict) else value
    if not isinstance(inner, list):
        return [Problem("", "must be an array")]
    return problems(inner, surface="message")


METHODS = {
    "auth.test": Method(auth_test, tier=5),
    "apps.connections.open": Method(connections_open, tier=1, app_token=True),
    "team.info": Method(team_info, ("team:read",)),
    "blocks.validate": Method(blocks_validate, tier=5),
}
