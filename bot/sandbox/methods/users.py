"""People, and the groups that they are in."""

from typing import Any

from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method, next_page
from bot.sandbox.settings import User


def info(call: Call) -> Answer:
    user = call.workspace.user(call.required("user"))
    if user is None:
        raise Refused("user_not_found")
    locale = {"locale": user.locale} if call.flag("include_locale") else {}
    return {"user": described(call, user) | locale}


def by_email(call: Call) -> Answer:
    """Of this workspace and still here: nobody else is found by an address."""
    wanted = call.required("email").casefold()
    for user in call.workspace.users.values():
        found = not (user.bot or user.deleted or call.workspace.foreign(user))
        if found and user.email.casefold() == wanted:
            return {"user": described(call, user)}
    raise Refused("users_not_found")


def list_(call: Call) -> Answer:
    """Of this workspace only: people met through shared channels are left out."""
    own = [u for u in call.workspace.users.values() if not call.workspace.foreign(u)]
    page, more = call.page(own, default=1000)
    return {"members": [described(call, user) for user in page], **next_page(more)}


def described(call: Call, user: User) -> dict[str, Any]:
    """The user object; of a foreign person it says less."""
    foreign = call.workspace.foreign(user)
    profile = {
        "real_name": user.real_name,
        "display_name": user.name,
        "title": "" if foreign else user.title,
        "team": user.team,
    }
    if not user.bot and not foreign and "users:read.email" in call.workspace.scopes:
        profile["email"] = user.email
    shown: dict[str, Any] = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_offset": user.tz_offset,
        "profile": profile,
        "is_bot": user.bot,
        "is_app_user": False,
    }
    if foreign:
        return shown | {"is_stranger": call.workspace.stranger(user)}
    return shown | {
        "is_admin": user.admin,
        "is_owner": False,
        "is_restricted": user.guest,
        "is_ultra_restricted": False,
    }


def groups(call: Call) -> Answer:
    found = []
    for group in call.workspace.settings.usergroups:
        shown: dict[str, Any] = {
            "id": group.id,
            "team_id": call.workspace.team.id,
            "is_usergroup": True,
            "name": group.name,
            "handle": group.handle,
            "user_count": len(group.users),
        }
        if call.flag("include_users"):
            shown["users"] = list(group.users)
        found.append(shown)
    return {"usergroups": found}


def group_users(call: Call) -> Answer:
    wanted = call.required("usergroup")
    for group in call.workspace.settings.usergroups:
        if group.id == wanted:
            return {"users": list(group.users)}
    raise Refused("no_such_subteam")


METHODS = {
    "users.info": Method(info, ("users:read",), tier=4),
    "users.lookupByEmail": Method(by_email, ("users:read.email",), tier=3),
    "users.list": Method(list_, ("users:read",), tier=2),
    "usergroups.list": Method(groups, ("usergroups:read",), tier=2),
    "usergroups.users.list": Method(group_users, ("usergroups:read",), tier=2),
}
