"""The web page on which who cannot click in Slack answers, and what it says afterwards.

Plain HTML without scripts, which any browser and any screen reader shows; the form's fields are
written and read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from bot.domain.surveys import Answer, Ask, Band, Scale
from bot.messages import limits
from bot.messages.blocks import Message
from bot.messages.languages import said
from bot.messages.surveys import closed, ends, follow_up, labels, not_on_scale, thanks_alone

_SCORE, _COMMENT, OPT_OUT = "score", "comment", "opt_out"

_STYLE = """
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;
color:#1d1c1d;background:#fff}
h1{font-size:1.4rem}fieldset{border:1px solid #767676;border-radius:.5rem;padding:1rem}
label.score{display:inline-block;padding:.4rem .6rem;min-width:2.2rem}
textarea{width:100%;box-sizing:border-box;font:inherit;border:1px solid #767676}
button{font:inherit;padding:.5rem 1.2rem;margin-top:1rem;border:1px solid #1f4d3a;
border-radius:.3rem;background:#1f4d3a;color:#fff}
button.quiet{background:#fff;color:#1d1c1d;border-color:#767676}
.refused{border-left:.3rem solid #b00020;padding-left:.8rem}
:focus-visible{outline:3px solid #1264a3;outline-offset:2px}
"""


@dataclass(frozen=True, slots=True)
class Page:
    html: str
    status: int = 200


def question_page(ask: Ask, *, refused: str = "", typed: Mapping[str, str] | None = None) -> Page:
    """The question, a choice for each score and a field for words. To look at it changes nothing:
    mail programs and scanners open every link. `refused` says why what was sent was not taken, and
    `typed` is what they had written."""
    language, words = ask.language, (typed or {}).get(_COMMENT, "")
    last = ask.scale.scores[-1]
    why = dict(ask.follow_ups).get(Band.MIDDLE) or follow_up(language)
    scores = "\n".join(
        f'<label class="score"><input type="radio" name="{_SCORE}" value="{score}" required'
        f' aria-label="{escape(said(language, "{score} out of {last}", score=score, last=last))}">'
        f" {escape(label)}</label>"
        for score, label in labels(ask).items()
    )
    told = f'<p class="refused" role="alert">{escape(refused)}</p>' if refused else ""
    body = f"""<h1>{escape(ask.question)}</h1>
{told}
<form method="post">
<fieldset><legend>{escape(said(language, "Your score"))}: {escape(ends(ask))}</legend>
{scores}
</fieldset>
<p><label for="{_COMMENT}">{escape(why)}</label><br>
<textarea id="{_COMMENT}" name="{_COMMENT}" rows="5" maxlength="{limits.TYPED_TEXT}">\
{escape(words)}</textarea></p>
<button type="submit">{escape(said(language, "Send"))}</button>
</form>
<p>{escape(said(language, "This page is for you alone, and takes one answer."))}</p>
<form method="post"><input type="hidden" name="{OPT_OUT}" value="1">
<button type="submit" class="quiet">{escape(said(language, "Don't ask me again"))}</button>
</form>"""
    return _page(ask.language, ask.question, body, 422 if refused else 200)


def read_form(form: Mapping[str, str], scale: Scale) -> tuple[int | None, str]:
    """The score, None where none was chosen or it is not on the scale, and the words."""
    score = str(form.get(_SCORE, ""))
    known = {str(each): each for each in scale.scores}
    return known.get(score), str(form.get(_COMMENT, "")).strip()[: limits.TYPED_TEXT]


def is_refusal(form: Mapping[str, str]) -> bool:
    """Whether they do not want to be asked again."""
    return bool(form.get(OPT_OUT))


def no_score(ask: Ask, form: Mapping[str, str]) -> Page:
    """Where none was chosen, or one that is not on the scale."""
    refused = said(ask.language, "Please choose a score.")
    if form.get(_SCORE):
        refused = not_on_scale(ask.scale, ask.language).text
    return question_page(ask, refused=refused, typed=form)


def thanks_page(answer: Answer, ask: Ask) -> Page:
    return told_page(ask.language, thanks_alone(answer, ask.scale, ask.style))


def used_page(language: str) -> Page:
    told = said(
        language,
        "This page was used already, and takes no second answer. What you answered stays as it is.",
    )
    return told_page(language, told, status=410)


def over_page(ask: Ask, *, expired: bool) -> Page:
    """The question takes no more answers."""
    return told_page(ask.language, closed(ask.language, expired=expired).text, status=410)


def wrong_page(language: str) -> Page:
    """An address that nobody signed, or of a question that is not known any more."""
    told = said(language, "This address is not complete, or not ours. Please copy the whole link.")
    return told_page(language, told, status=404)


def said_page(language: str, message: Message, status: int = 200) -> Page:
    """What a message says, on a page."""
    return told_page(language, message.text, status=status)


def told_page(language: str, told: str, status: int = 200) -> Page:
    return _page(language, told, f'<p role="status">{escape(told)}</p>', status)


def _page(language: str, title: str, body: str, status: int) -> Page:
    html = f"""<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{escape(title[:100])}</title>
<style>{_STYLE}</style></head>
<body><main>
{body}
</main></body>
</html>
"""
    return Page(html, status)
