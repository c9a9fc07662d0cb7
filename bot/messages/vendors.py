"""What the modules under integrations/ say of why a source was not read, as `failures.py` knows it.

Each of SENTENCES is what an error of theirs says, with its values in {braces}. Most values are as
they come: ids, addresses, codes, words of the settings. Some are words of ours, which are told as
one of WITHIN says, by the value's name. `pytest tests/messages/test_failures.py` names the sentence
of a module that is not among these.
"""

from bot.messages.languages import later

SENTENCES = (
    # Of answers that are not as they should be.
    later("{where} gave an id that is none; report it to us"),
    later("{where} gave a row without its {field}; report it to us"),
    later(
        "{where} gave a row without {field}; check the fields that this source's settings name, and"
        " report it to us if they are right"
    ),
    later("{where} gave no value of an attribute that has one; report it to us"),
    later("{where} gave a contact that was not asked for; report it to us"),
    later("{where} is not in the order of {field}; report it to us"),
    later(
        "{where} gave records again, or not in the order of their ids; the pull is thrown away:"
        " report it to us if the next one ends so too"
    ),
    later(
        "{where} gave the same page again, or another than page {page}; the pull is thrown away:"
        " report it to us if the next one ends so too"
    ),
    later(
        "{where} lost a row while its pages were read, so another one may be missing; the next pull"
        " tries again"
    ),
    later("{where} says that there is more, and not where; report it to us"),
    later("{where} does not say whether there is more ({field}); report it to us"),
    later(
        "{where} does not say how many pages there are; let the shop's proxy pass on the headers"
        " X-WP-TotalPages and X-WP-Total"
    ),
    later("{where} gives no more than {n} Leads of one day; report it to us"),
    later(
        "{where} has more than {count} tickets that changed within a second, which is more than it"
        " lists; report it to us"
    ),
    later(
        "{where} lists no more than {n} companies, and there may be more of them; read customers"
        " from another source, and leave customers out of reads: here"
    ),
    later(
        "the companies at {where} change faster than they can be read; the next pull tries again,"
        " and a higher requests_per_second may help"
    ),
    later("{where} failed inside; look at its log, and report it to us if it is in order"),
    later("{where} failed inside; the next pull tries again"),
    later("{where} was asked too often; the next pull tries again"),
    later("{where} does not take our question; report it to us"),
    later("{where} does not take our bulk operation; report it to us"),
    later("{where} has other bulk operations under way; the next pull tries again"),
    later("the bulk operation at {where} failed; the next pull begins another one"),
    later(
        "the bulk operation at {where} was canceled or its result is gone; the next pull begins"
        " another one"
    ),
    later(
        "the bulk operation at {where} says that it has {total} orders and gave {count}; the pull"
        " is thrown away"
    ),
    later("{where}: the bulk query is over ({state}); the next pull tries again"),
    later("{where}: the bulk query is not ready after an hour; the next pull tries again"),
    later(
        "{where} remembers no change of {field}: turn on field history tracking for it, or set"
        " evidence: to something else"
    ),
    # Of who may not read.
    later(
        "{where} answered {status}: the user may not read this; give them the permission API"
        " Enabled and the objects in use, and the app the scopes that the documentation lists"
    ),
    later(
        "{where} answered {status}: the application user may not read this; give it a security role"
        " with the read scopes that the documentation lists"
    ),
    later(
        "{where} answered {status}: the user of the token may not read this; give it read access to"
        " {model} and res.partner"
    ),
    later(
        "{where} answered {status}: the refresh token may not read this; make one with the scopes"
        " ZohoCRM.modules.accounts.READ and ZohoCRM.modules.deals.READ"
    ),
    later(
        "{where} answered {status}: the user of the OAuth2 client may not see Accounts; give that"
        " user a role that may, or the client the scopes"
    ),
    later(
        "{where} answered {status}: the keys are not accepted; put a valid one into config.yaml, or"
        " let the web server pass the header Authorization on to WordPress"
    ),
    later(
        "{where} answered {status}: it does not give out the orders that were gathered; pull again,"
        " and give the app its scopes anew if it stays so"
    ),
    later(
        "{where} answered {status}: there is no field {field} of {object}, or the user may not see"
        " it; mend the setting, or let the user read the field"
    ),
    later(
        "{where} answered {status}: an object or field does not exist, or the user may not see it;"
        " mend the settings, or let the user read it"
    ),
    later(
        "{where} answered {status}: it does not know something that we ask for; check evidence:,"
        " domain: and fields: of this source"
    ),
    later(
        "{where} answered {status}: the organization's limit of API requests is used up; the next"
        " pull tries again"
    ),
    later(
        "{where} answered {status}: the query took too long; the next pull tries again, and"
        " bulk_above: 0 gives it more time"
    ),
    later(
        "{where} does not let this user in; put a valid user, database and token into config.yaml"
    ),
    later(
        "{where} hides a Customer who has documents from the user of the key; let that user read"
        " all Customers, or pull again if it has just been made"
    ),
    later(
        "{where} hides the contact of {record} from the user of the token; let that user read all"
        " contacts"
    ),
    later("the token for {where} may not read all orders; give it {scopes}"),
    later(
        "the token for {where} may not read all orders; give it {scopes} (without it, orders older"
        " than 60 days are hidden)"
    ),
    later(
        "the token for {where} may not read this; give it {scopes} and, in the app's settings,"
        " access to the name and email of customers"
    ),
    # Of a record.
    later("{record} is {status} but has no {field}; look at it in {product}"),
    later("{record} has no {field}; look at it in {product}"),
    later("{record} has no {field}; report it to us"),
    later("{record} has a status that we do not know ({status}); report it to us"),
    later("{record}: {field} does not hold a date; mend it there, or name another field"),
    later("{record}: {field} does not hold a date; look at it in {product}"),
    later("{record}: {field} does not hold an amount; mend it there, or name another field"),
    later("{record}: {field} is a day without a time; report it to us"),
    later("{record} has a timestamp of an unknown form; report it to us"),
    later(
        "{record} tells its time in another zone than {zone}; set zone: to that of your QuestionPro"
        " account"
    ),
    later(
        "{record} has no score from {lowest} to {highest} in the question named in question:; name"
        " another one, set score: {other}, or mend lowest: and highest:"
    ),
    later(
        "{record} has an answer that is not in scores: of this source; add its value there",
    ),
    later(
        "a price comes again in an interval that we do not know ({interval}); report it to us",
    ),
    # Of a list, and where in its answers things are.
    later("{name}: is not described in config.yaml; say there where they are"),
    later("{name}: is not described in config.yaml; say there which columns they have"),
    later(
        "{where} gave the same page again (after {count} rows); the pull is thrown away: look at"
        " pages: and param:"
    ),
    later(
        "{where} says that there are {total} rows, and gave an empty page or none after {count};"
        " the pull is thrown away: look at pages: if the next ends so too"
    ),
    later("{where} gave a page without a marker and says that there is more; look at at:"),
    later("{where} gave an empty page without a marker and says that there is more; look at at:"),
    later('{where} has no marker at "{path}", but {found}'),
    later('{where} has no list at "{path}", but {found}; set rows: to where the list is'),
    later('{where} has no number at "{path}", but {found}'),
    later('{where} has {found} at "{path}"; name a field inside'),
    later("{where} has {found} where a row should be"),
    later('{where} has no "{path}", but {found}; {remedy}'),
    later('{where} has no "{path}"; at "{before}" there is {found}; {remedy}'),
    # Of a table, its columns and rows.
    later("{where} is not a file; set path: to one"),
    later("{where} is too large for a line a day; set path: to the counts"),
    later("{where} is not written in UTF-8; export it again as that"),
    later(
        "{where} is damaged: what gzip packed ends early or does not fit (after line {line}); copy"
        " or export it again"
    ),
    later("{where} is longer than a line can be; set path: to a table"),
    later("{where} holds a NUL character; export the file again, or set encoding: utf-16"),
    later("{where} cannot be read as a table ({error}); mend its quotes"),
    later(
        "{where} has {count} columns where the first line has {first}; mend the line",
    ),
    later("{where} has {count} columns, so no column {column}; mend the settings of this source"),
    later('{where} has no header, so no column "{column}"; give its position, counted from 1'),
    later('{where} has two columns "{column}"; give the position, from 1'),
    later(
        '{where} has no column "{column}"; it has {names}. Mend the settings of this source, or the'
        " header"
    ),
    later("{where} is empty; a count needs it"),
    later("{where} is empty; every row needs one"),
    later("{where} is empty; every row needs the id of its customer"),
    later("{where} is empty; evidence: {evidence} needs a day there"),
    later('{where}: "{told}" is no count like 1200; mend it'),
    later("{where}: {shown} is not a date like {example}; mend the line or set dates:"),
    later("{where}: {shown} is not a date like {example}; mend the line or set dates: {ways}"),
    later(
        "{where}: {shown} is a time without a zone; set zone: (such as Europe/Amsterdam), or give"
        " the day alone"
    ),
    later(
        "{where}: {shown} is not in the years {first} to {last}; mend the line or set dates:",
    ),
    later("{where}: {shown} is not an amount like 1234.50; mend the line"),
    later(
        "{where}: {shown} is not a currency like EUR; mend the line, or set currency: to the one"
        " that all amounts are in"
    ),
    later(
        '{where}: "{until}" ({ended}) is before "{since}" ({began}) of customer {customer}; mend'
        " the line"
    ),
    later(
        '{where} has the same "{column}" as {place}; a list of today\'s customers names each once:'
        " mend it, or set evidence: stays"
    ),
    later(
        "{where}: what stands there is not a score from {lowest} to {highest}; mend lowest:,"
        " highest: or scores:"
    ),
    later("{where} holds no moment: set dates:"),
    later("{where} holds a time without a zone: set zone:"),
    later("{where} says neither higher nor lower; set direction: to one"),
    later("{where} says lower, which only ces may be; set scale: ces"),
    # Of evidence that cannot be true: bot.domain.stays and .counting.
    later(
        "{who} ends on {end}, before it begins on {begin}. Correct one of the two dates at the"
        " source."
    ),
    later("{who}: {wrong}. Correct what they pay at the source."),
    later(
        "{who}: {moment} is no day in {zone} ({wrong}). Give a date such as 2026-10-31, or a"
        " time with its offset such as 2026-10-31T09:00:00+02:00."
    ),
    later("{day} is counted twice; keep one of the two"),
    later("{count} customers on {day} can't be; correct it"),
    later("{count} new ones on {day} can't be; correct it"),
)

PLACES = (
    later("{where} line {line}"),
    later("{where} row {row}"),
    later('{where}, column "{column}"'),
    later('{where}, field "{column}"'),
    later("the query"),
    later("line {line}"),
    later("row {row}"),
    later("account {id}"),
    later("case {id}"),
    later("company {id}"),
    later("contact {id}"),
    later("contract {id}"),
    later("conversation {id}"),
    later("deal {id}"),
    later("invoice {id}"),
    later("lead {id}"),
    later("opportunity {id}"),
    later("order {id}"),
    later("organization {id}"),
    later("rating {id}"),
    later("record {id}"),
    later("response {id}"),
    later("subscription {id}"),
    later("survey response {id}"),
    later("ticket {id}"),
    later("a lead"),
    later("a status change"),
    later("one invoice"),
    later("one subscription"),
)
"""Where a record stands, as its `place` says it."""

FIELDS = (
    later("the field named in {setting}"),
    later("the timestamp of a value"),
    later("a time in {product}'s answer"),
)

FOUND = (
    later("an empty object"),
    later("an object with {names}"),
    later("a list of {count}"),
    later("null"),
    later("true or false"),
    later("a text"),
    later("a number"),
)
"""What stands there instead, as integrations.paths says it."""

REMEDIES = (
    later("mend rows:"),
    later("mend more:"),
    later("mend total: or count:"),
    later('write "{path}" if it may be left out'),
)

NAMES = (later("{names} and {n} more"),)
"""Names of columns or fields, parted by commas."""

WAYS = (later("{way} or {others}"),)
"""Patterns for `dates:`."""

SHOWN = (later("what stands there"),)
"""Where what is written in a row is not to be seen."""

WHO = (
    later("Customer {id} ({place})"),
    later("Customer {id}"),
)

WRONG = (
    later("{amount} is not an amount from 0 to {n_most}"),
    later("{currency} is not a currency like EUR"),
    later("a time without a zone does not say which day it is"),
)

WITHIN = {
    "where": PLACES,
    "record": PLACES,
    "place": PLACES,
    "field": FIELDS,
    "found": FOUND,
    "remedy": REMEDIES,
    "names": NAMES,
    "ways": WAYS,
    "others": WAYS,
    "shown": SHOWN,
    "who": WHO,
    "wrong": WRONG,
}
