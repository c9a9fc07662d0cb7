"""What comments are about: themes that config.yaml names, and words that tell unhappy from happy.

Nothing leaves the process. Words are compared without regard to case and accents.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

PRIOR = 50.0
"""How many words of the usual mix are added to each side: the more, the less a few comments can
say. Whoever answers writes some ten words, so it is as much as five comments."""

SURE = 1.96
"""From which z-score on a word is shown: of words that say nothing, one in forty has it."""

LEAST = 2
"""In how many comments a word must be: one person's word is no theme."""

EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, and whether it came with a score at the unhappy or the happy end."""

    text: str
    low: bool
    high: bool
    at: datetime
    language: str = "en"
    """Empty where nobody tells; then the stop words of all languages are left out."""
    score: float = 0
    highest: float = 10
    """The end of the scale that the score is on."""
    customer: int | None = None
    """The store's number; None where nobody knows whose comment it is."""
    answer: tuple[str, str] | None = None
    """The ask and the person, or the helpdesk and its id of the rating."""


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    comments: int
    """In how many comments of the period it is; more than one theme may be in one."""
    low: int
    """Of these, with a low score."""
    before: int
    """In how many of the period before."""
    examples: tuple[Said, ...]
    """The unhappiest first, then the newest."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A word that comes with low scores, or with high ones, more than chance explains."""

    word: str
    z: float
    """Above 0 it is of low scores, below 0 of high ones."""
    low: int
    high: int
    """In how many comments of either kind it is."""


@dataclass(frozen=True, slots=True)
class Themes:
    comments: int
    before: int
    """Comments of the period before, with which it is compared."""
    named: tuple[Theme, ...]
    """The most frequent first; one that nobody spoke of is left out."""
    other: int
    """Comments in which no named theme is."""
    telling: tuple[Telling, ...]
    """The surest first."""


def themes(
    now: Sequence[Said], before: Sequence[Said], named: Mapping[str, Sequence[str]]
) -> Themes:
    """`named` is theme to its words: a word, the beginning of one (`invoic*`), or several in a
    row (`too slow`)."""
    patterns = {theme: _pattern(words) for theme, words in named.items()}
    told = []
    for theme, pattern in patterns.items():
        of = [said for said in now if pattern.search(folded(said.text))]
        was = sum(bool(pattern.search(folded(said.text))) for said in before)
        if of or was:
            told.append(
                Theme(theme, len(of), sum(said.low for said in of), was, tuple(_examples(of)))
            )
    other = sum(
        not any(pattern.search(folded(said.text)) for pattern in patterns.values()) for said in now
    )
    told.sort(key=lambda theme: (-theme.comments, -theme.low, theme.name))
    return Themes(len(now), len(before), tuple(told), other, tuple(telling(now, before)))


def telling(now: Iterable[Said], usual: Iterable[Said] = ()) -> list[Telling]:
    """Words that set low scores of `now` apart from high ones, the surest first.

    The log-odds ratio with an informative Dirichlet prior of B. Monroe, M. Colaresi and K. Quinn,
    Fightin' Words, Political Analysis 16 (2008) 372-403, section 3.4 and 3.5.1, divided by its
    standard error: with y of n words on one side, and a of the prior's A, the odds of a side are
    (y + a) / (n + A - y - a), and the variance of the logarithm of their ratio is nearly
    1 / (y + a) on the one side plus the same on the other. The prior is the mix of words of all
    comments, of `usual` ones too, so that words which everybody uses need more to be told. A word
    counts once a comment: one who is very angry is one.
    """
    said = list(now)
    low = Counter(word for each in said if each.low for word in words(each))
    high = Counter(word for each in said if each.high for word in words(each))
    mix = low + high + Counter(word for each in usual for word in words(each))
    everything, n_low, n_high = mix.total(), low.total(), high.total()
    if not n_low or not n_high or len(mix) < 2:  # one word has no odds against others
        return []
    found = []
    for word in low.keys() | high.keys():
        a = PRIOR * mix[word] / everything
        of_low, of_high = low[word] + a, high[word] + a
        odds = math.log(of_low / (n_low + PRIOR - of_low))
        odds -= math.log(of_high / (n_high + PRIOR - of_high))
        z = odds / math.sqrt(1 / of_low + 1 / of_high)
        if abs(z) >= SURE and max(low[word], high[word]) >= LEAST:
            found.append(Telling(word, z, low[word], high[word]))
    return sorted(found, key=lambda each: (-abs(each.z), each.word))


def words(said: Said) -> set[str]:
    """Each word of it once, without those that every sentence of its language has."""
    stop = STOP_WORDS.get(said.language, _ALL_STOP_WORDS) | STOP_WORDS["en"]
    return {word for word in _WORD.findall(folded(said.text)) if word not in stop}


def folded(text: str) -> str:
    """In small letters, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


_WORD = re.compile(r"[^\W\d_]{3,40}")


def _pattern(of: Sequence[str]) -> re.Pattern[str]:
    parts = []
    for word in of:
        is_beginning = word.endswith("*")
        row = r"\s+".join(map(re.escape, folded(word.removesuffix("*")).split()))
        parts.append(rf"{row}\w*" if is_beginning else row)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


def _examples(of: Sequence[Said]) -> list[Said]:
    newest = sorted(of, key=lambda said: said.at, reverse=True)
    return sorted(newest, key=lambda said: not said.low)[:EXAMPLES]


def _list(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": _list(
        "the and for are but not you your yours all any can had has have her hers him his how its"
        " was were who why what when where which will with would this that these those they them"
        " their there then than from been being did does doing done just more most much very some"
        " such too our ours out over only own same she should could about after again also because"
        " before between both each every into through until while off once other upon may might"
        " must shall get got one two use used using still even though since yet him herself"
        " himself itself myself yourself themselves don didn doesn isn wasn aren won haven hasn"
    ),
    "nl": _list(
        "aan als bij dat deze die dit doch doen door dus een eens geen haar had heb hebben heeft"
        " hem het hier hij hoe hun iemand iets ieder jij jou jouw jullie kan kon kunnen maar meer"
        " men met mij mijn moet moeten naar niet niets nog ons onze omdat onder ook over reeds te"
        " toch toen tot uit van veel voor want waren was wat werd wezen wie wij wil worden wordt"
        " zal zelf zich zij zijn zonder zou zeer nu dan daar der den dien echt heel"
    ),
    "af": _list(
        "aan as baie behalwe dan dat daar dit deur die een elke gaan geen haar het hier hom hoe"
        " hulle iets iemand jou julle jy kan kon maar meer met moet my myne naby nie niks nog nou"
        " of omdat onder ons onse ook oor op reeds sal self sonder sou sy syne te toe tot uit van"
        " vir veel wat was wees wel weer waar wie wil word was om en is ek so"
    ),
    "de": _list(
        "aber alle allem allen aller alles als also andere auch auf aus bei beim bin bis bist da"
        " damit dann das dass dein deine dem den denn der des dich die dies diese diesem diesen"
        " dieser dieses doch dort durch ein eine einem einen einer eines einige etwas euch euer"
        " fur gegen habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre im in"
        " ist ja jede jeder jedes jener jetzt kann kein keine konnen konnte mal man mehr mein meine"
        " mich mir mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine sich"
        " sie sind so soll sondern sonst uber um und uns unser unsere unter viel vom von vor wann"
        " war waren warum was weg weil weiter welche wenn wer werde werden wie wieder will wir wird"
        " wirst wo wollen wurde wurden zu zum zur zwar zwischen"
    ),
    "fr": _list(
        "ai au aucun aussi autre aux avec avoir avait car ce cela ces cet cette ceux chaque ci"
        " comme comment dans de des du donc dont elle elles en encore entre est et etait ete"
        " etre eu fait faire font fois ici il ils je la le les leur leurs lui ma mais me meme"
        " mes moi moins mon ne ni nos notre nous on ont ou par parce pas peu peut plus pour"
        " pourquoi quand que quel quelle qui quoi sa sans se sera ses si son sont sous sur ta"
        " tant te tes toi ton tous tout toute toutes tres trop tu un une vos votre vous"
    ),
    "es": _list(
        "al algo algun alguna ante antes aqui asi aun aunque cada casi como con contra cual cuando"
        " de del desde donde dos durante el ella ellas ellos en entre era eran es esa ese eso esta"
        " estaba estado estan estar este esto estos fue fueron ha habia han hasta hay la las le les"
        " lo los mas me mi mientras mis mismo mucha mucho muy nada ni no nos nosotros nuestra"
        " nuestro o os otra otro para pero poco por porque puede que quien se sea ser si sido sin"
        " sobre solo son su sus tal tambien tan tanto te tener tiene tienen todo todos tu tus un"
        " una uno unos usted ustedes ya yo"
    ),
}
"""By language, words that say nothing about what a sentence is about; folded as they are found.
English ones are left out everywhere: people mix."""

_ALL_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
