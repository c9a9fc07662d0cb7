// What the page knows, for the person that one is just now, and how it keeps up with the journal.
// Parts of the page watch it and draw themselves anew; none of them keeps a copy.

import * as address from "./address.js";
import { announce } from "./dom.js";
import * as server from "./server.js";
import { plain } from "./mrkdwn.js";

const JOURNAL_KEPT = 2000;
const READ = "keeprate-read";

export const model = {
  state: null,
  person: null,
  /** {kind: "channel", id} or {kind: "app", tab: "home" | "messages"} */
  place: null,
  /** The ts of the thread that is open, or "". */
  thread: "",
  /** Channel id -> what the person sees there, oldest first. */
  posts: new Map(),
  modals: [],
  home: null,
  /** What only this page says: errors of commands, by channel. */
  notes: [],
  /** Ephemeral messages that were dismissed here, as Slack's clients do by themselves. */
  dismissed: new Set(),
  /** The first message that was new when the channel was opened, by its ts. */
  newFrom: "",
  journal: [],
  connected: true,
  /** When the sandbox's time was last told, and by how much it differs from this machine's. */
  ahead: 0,
};

let read = {};
const watchers = new Set();
let told = false;
/** What stretch of time the clock was last moved over, as messages' ts. */
let moved = { from: "9", to: "" };

/** `draw` runs now and after every change. */
export function watch(draw) {
  watchers.add(draw);
  if (model.state) draw();
}

export function changed() {
  if (told) return;
  told = true;
  queueMicrotask(() => {
    told = false;
    for (const draw of watchers) draw();
  });
}

// asking

export function users() {
  return new Map(model.state.users.map((user) => [user.id, user]));
}

export function user(id) {
  return model.state.users.find((one) => one.id === id);
}

/** Whom the person knows of: who is in a channel with them, and, unless they are a guest, their own workspace. */
export function acquainted() {
  const near = new Set([model.person.id, ...channels().flatMap((one) => one.members)]);
  return model.state.users.filter((one) => !one.deleted && (near.has(one.id) || (one.team === model.person.team && !model.person.guest)));
}

export function team(id) {
  return model.state.teams.find((one) => one.id === id);
}

export function foreign(person = model.person) {
  return person.team !== model.state.team.id;
}

export function channels() {
  return model.state.channels.filter((c) => c.kind !== "im" && c.members.includes(model.person.id));
}

/** The person's conversation with the app, if there is one yet. */
export function direct() {
  return model.state.channels.find((c) => c.im_with === model.person.id);
}

/** Whether the person can open the app: people of other workspaces only when it wrote to them. */
export function appShown() {
  return !foreign() || Boolean(direct());
}

/** The channel that is on screen, or undefined (the home tab; no conversation yet). */
export function channel() {
  const { place } = model;
  if (place.kind === "app") return place.tab === "messages" ? direct() : undefined;
  return model.state.channels.find((c) => c.id === place.id);
}

export function postsOf(id) {
  return (model.posts.get(id) ?? []).filter((post) => !model.dismissed.has(post.ts));
}

/** Messages of the channel itself, without what was said in threads. */
export function roots(id) {
  return postsOf(id).filter((post) => !post.thread_ts || post.thread_ts === post.ts);
}

export function replies(id, ts) {
  return postsOf(id).filter((post) => post.thread_ts === ts && post.ts !== ts);
}

/**
 * Whether the message came of what the person did: wrote it, asked for it (only they see it), or
 * moved the clock to it. What has no such key is Slack's own word to them.
 */
export function mine(id, key) {
  const post = postsOf(id).find((one) => one.ts === key);
  return !post || post.user === model.person.id || post.to === model.person.id || (post.ts > moved.from && post.ts <= moved.to);
}

export function unread(id) {
  const since = readUntil(id);
  return roots(id).filter((post) => post.ts > since && post.user !== model.person.id).length;
}

/** The sandbox's time now. */
export function now() {
  return new Date(Date.now() + model.ahead);
}

function stamp() {
  return (now() / 1000).toFixed(6);
}

/** {command, usage_hint, description, escapes}. */
export function commands() {
  if (foreign() || !model.state.app.scopes.includes("commands")) return [];
  return model.state.app.commands.map((command) => ({ command, ...model.state.app.usage[command] }));
}

/** Whether Slack sends channels and people in what is typed after the command by their ids. */
export function escapes(command) {
  return Boolean(model.state.app.usage[command]?.escapes);
}

// going places

export async function start() {
  await refreshState();
  read = stored();
  const entries = Math.max(0, model.state.journal - 500);
  const wanted = address.read();
  await become(people().find((one) => one.id === wanted.person) ?? people()[0], wanted);
  server.follow(entries, model.state.run, {
    told: take,
    connected(yes) {
      model.connected = yes;
      changed();
    },
  });
  addEventListener("hashchange", () => follow(address.read()));
}

export function people() {
  return model.state.users.filter((one) => !one.bot && !one.deleted);
}

async function follow(wanted) {
  // The address tells of every change, also of those that came from here.
  if (wanted.person === model.person.id && wanted.place === nameOf(model.place) && wanted.thread === model.thread) return;
  const person = people().find((one) => one.id === wanted.person);
  if (person && person.id !== model.person.id) await become(person, wanted);
  else go(placeOf(wanted.place), wanted.thread);
}

/** Be somebody else: other channels, other messages, other modals. */
export async function become(person, wanted = {}) {
  model.person = person;
  model.posts = new Map();
  model.notes = [];
  model.dismissed = new Set();
  await Promise.all([refreshViews(), ...known().map((id) => refreshPosts(id))]);
  if (model.person.id !== person.id) return; // somebody else meanwhile
  go(placeOf(wanted.place) ?? firstPlace(), wanted.thread ?? "");
}

export function go(place, thread = "") {
  model.place = place ?? firstPlace();
  const shown = channel();
  model.thread = shown && roots(shown.id).some((post) => post.ts === thread) ? thread : "";
  const since = shown ? readUntil(shown.id) : "";
  model.newFrom = since && (roots(shown.id).find((p) => p.ts > since && p.user !== model.person.id)?.ts ?? "");
  seen();
  address.write({ person: model.person.id, place: nameOf(model.place), thread: model.thread });
  if (model.place.kind === "app" && !foreign()) act({ do: "open_home" }).then(refreshState);
  changed();
}

export function openThread(ts) {
  go(model.place, ts);
}

function nameOf(place) {
  return place.kind === "app" ? place.tab : place.id;
}

function placeOf(name) {
  if (name === "home" && !foreign()) return { kind: "app", tab: "home" };
  if (name === "messages" && appShown()) return { kind: "app", tab: "messages" };
  if (channels().some((one) => one.id === name)) return { kind: "channel", id: name };
  return undefined;
}

// Where the app has something to say; else where it is; else anywhere.
function firstPlace() {
  const mine = channels().filter((one) => !one.archived);
  const app = model.state.app.bot_user;
  const telling = mine.filter((one) => roots(one.id).some((post) => post.user === app));
  const first = telling[0] ?? mine.find((one) => one.members.includes(app)) ?? mine[0];
  return first ? { kind: "channel", id: first.id } : { kind: "app", tab: foreign() ? "messages" : "home" };
}

function known() {
  const mine = channels().map((one) => one.id);
  const im = direct();
  return im ? [...mine, im.id] : mine;
}

// doing things

/** Do something as the person; what went wrong comes back as `error`, never as an exception. */
export async function act(what) {
  try {
    return await server.act(model.person.id, what);
  } catch (error) {
    if (error instanceof server.Refusal) return { ok: false, error: error.message, errors: {} };
    throw error;
  }
}

export function note(channelId, text, threadTs = "") {
  model.notes.push({ id: crypto.randomUUID(), ts: stamp(), channel: channelId, text, thread: threadTs });
  announce(text);
  changed();
}

export function forgetNote(id) {
  model.notes = model.notes.filter((one) => one.id !== id);
  changed();
}

export function dismiss(ts) {
  model.dismissed.add(ts);
  changed();
}

export async function moveClock(to) {
  moved = { from: stamp(), to: "9" };
  try {
    await server.moveClock(to);
    await refreshState(); // which tells the time that it is now
  } finally {
    moved.to = stamp();
  }
}

// keeping up

const MESSAGES = new Set(["message", "message_changed", "message_deleted", "ephemeral", "reaction"]);
const VIEWS = new Set(["view_opened", "view_changed", "view_closed", "home"]);
const SHAPE = /^(joined|left|channel_|file|reinstalled|app_|tokens_|socket_)/;

function take(entries) {
  model.journal.push(...entries);
  if (model.journal.length > JOURNAL_KEPT) model.journal.splice(0, model.journal.length - JOURNAL_KEPT);
  const fresh = entries.filter((entry) => entry.number > model.state.journal);
  const touched = new Set();
  let views = false;
  let shape = false;
  for (const entry of fresh) {
    if (MESSAGES.has(entry.kind) && entry.post) touched.add(entry.post.channel);
    if (VIEWS.has(entry.kind) && entry.person === model.person.id) views = true;
    if (SHAPE.test(entry.kind)) shape = true;
  }
  if (fresh.length) model.ahead = new Date(fresh.at(-1).at) - Date.now();
  keepUp(touched, views, shape || [...touched].some((id) => !model.state.channels.some((c) => c.id === id)));
  changed();
}

async function keepUp(touched, views, shape) {
  if (shape || model.state.guide.length) await refreshState();
  const mine = known();
  const person = model.person;
  const before = new Map(mine.map((id) => [id, newest(id)]));
  await Promise.all([
    views && refreshViews(),
    ...mine.filter((id) => touched.has(id) || !model.posts.has(id)).map((id) => refreshPosts(id)),
  ]);
  if (person.id !== model.person.id) return;
  for (const id of mine) tell(id, before.get(id));
  seen();
  changed();
}

async function refreshState() {
  const found = await server.state();
  model.ahead = new Date(found.clock.now) - Date.now();
  // What the journal tells after this number is news; what it told before is in here already.
  if (model.state) found.journal = model.state.journal;
  model.state = found;
  if (model.person) model.person = user(model.person.id) ?? model.person;
  changed();
}

async function refreshViews() {
  const person = model.person;
  const found = await server.views(person.id);
  if (person.id !== model.person.id) return;
  model.modals = found.modals;
  model.home = found.home;
}

async function refreshPosts(id) {
  const person = model.person;
  const found = await server.messages(person.id, id).catch(() => []); // left or removed meanwhile
  if (person.id === model.person.id) model.posts.set(id, found);
}

function newest(id) {
  return postsOf(id).at(-1)?.ts ?? "";
}

// A screen reader hears what is new: in full where one is, by its channel elsewhere.
function tell(id, before) {
  const added = postsOf(id).filter((post) => post.ts > before && post.user !== model.person.id);
  if (!added.length) return;
  const here = channel()?.id === id;
  const post = added.at(-1);
  const who = user(post.user)?.real_name ?? "Somebody";
  const where = model.state.channels.find((c) => c.id === id);
  announce(here ? `${who}: ${plain(post.text)}` : `New message in ${where.name || who}`);
}

// what was read

/** Everything in the channel on screen is read, as long as somebody can look at it. */
export function seen() {
  const shown = channel();
  if (!shown || document.hidden) return;
  const last = newest(shown.id);
  if (last > readUntil(shown.id)) {
    read[`${model.person.id}/${shown.id}`] = last;
    sessionStorage.setItem(READ, JSON.stringify({ run: model.state.run, read }));
  }
}

function readUntil(id) {
  return read[`${model.person.id}/${id}`] ?? model.state.read_until;
}

// What was read in a sandbox that has ended says nothing of this one.
function stored() {
  try {
    const found = JSON.parse(sessionStorage.getItem(READ));
    return found.run === model.state.run ? found.read : {};
  } catch {
    return {};
  }
}
