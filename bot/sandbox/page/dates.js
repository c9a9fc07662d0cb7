// Days and times as a person's own Slack shows them: in the zone of their profile.

import { model, now } from "./model.js";

function format(date, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: model.person.tz, ...options }).format(date);
}

export function ofTs(ts) {
  return new Date(Number(ts) * 1000);
}

export function time(date) {
  return format(date, { hour: "2-digit", minute: "2-digit" });
}

export function long(date) {
  return format(date, { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** A day that can be compared with another one. */
export function dayKey(date) {
  return format(date, { year: "numeric", month: "2-digit", day: "2-digit" });
}

export function dayName(date) {
  const days = daysAgo(date);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const sameYear = format(date, { year: "numeric" }) === format(now(), { year: "numeric" });
  return format(date, { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) });
}

function daysAgo(date) {
  const day = (one) => {
    const [d, m, y] = dayKey(one).split("/");
    return Date.UTC(y, m - 1, d) / 86_400_000;
  };
  return day(now()) - day(date);
}

/** "5 minutes ago" */
export function ago(date) {
  const seconds = (date - now()) / 1000;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]]
    .find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const PRETTY = { 0: "today", 1: "yesterday", "-1": "tomorrow" };

const TOKENS = {
  date_num: (d) => format(d, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-"),
  date_slash: (d) => format(d, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: (d) => format(d, { day: "numeric", month: "long", year: "numeric" }),
  date_short: (d) => format(d, { day: "numeric", month: "short", year: "numeric" }),
  date_long: (d) => format(d, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  date_pretty: (d) => PRETTY[daysAgo(d)] ?? TOKENS.date(d),
  date_short_pretty: (d) => PRETTY[daysAgo(d)] ?? TOKENS.date_short(d),
  date_long_pretty: (d) => PRETTY[daysAgo(d)] ?? TOKENS.date_long(d),
  day_divider_pretty: (d) => PRETTY[daysAgo(d)] ?? TOKENS.date_long(d),
  time: time,
  time_secs: (d) => format(d, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** `<!date^…>`: the format with its tokens filled in. */
export function filledIn(pattern, date) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(TOKENS, name) ? TOKENS[name](date) : whole));
}
