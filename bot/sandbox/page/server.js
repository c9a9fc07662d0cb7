// Everything that the page asks of the server, and nothing else does.

/** What the server said no to, in a sentence that a person can read. */
export class Refusal extends Error {}

/** Workspaces, people, channels, the app; `clock` and `guide` where a demo offers them. */
export function state() {
  return get("/sandbox/state");
}

/** What a person sees in a channel, oldest first, replies in threads included. */
export async function messages(person, channel) {
  const found = await get(`/sandbox/messages?${new URLSearchParams({ person, channel })}`);
  return found.messages;
}

/** {modals: [topmost last], home} */
export function views(person) {
  return get(`/sandbox/views?${new URLSearchParams({ person })}`);
}

/**
 * Do something as a person: see bot/sandbox/control.py.
 * Returns {ok, acked, error, errors, ms, messages}; throws Refusal for what is not possible.
 */
export function act(person, what) {
  return post("/sandbox/act", { person, ...what });
}

/** Move the sandbox's time on: "day", "week" or "next". */
export function moveClock(to) {
  return post("/sandbox/clock", { to });
}

/** The address of a picture in a block or a file; "" if it lies outside this machine. */
export function picture(block) {
  if (block.slack_file) return filePath(block.slack_file.id ?? idIn(block.slack_file.url));
  const url = block.image_url ?? "";
  if (url.startsWith("data:image/")) return url;
  try {
    const parsed = new URL(url, location.href);
    return parsed.origin === location.origin ? parsed.href : "";
  } catch {
    return "";
  }
}

export function filePath(id) {
  return `/sandbox/files/${encodeURIComponent(id ?? "")}`;
}

function idIn(url = "") {
  return url.split("/").pop();
}

/**
 * The journal from `since` on, live: `told(entries)` in batches, `connected(yes)` when the
 * connection comes and goes. Comes back by itself, and where it left off.
 */
export function follow(since, run, { told, connected }) {
  let last = since;
  let waiting = [];
  let wait = 250;

  function flush() {
    const batch = waiting;
    waiting = [];
    told(batch);
  }

  function connect() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/sandbox/journal?since=${last}`);
    socket.onopen = () => {
      wait = 250;
      connected(true);
    };
    socket.onmessage = (event) => {
      const entry = JSON.parse(event.data);
      last = entry.number;
      if (!waiting.length) setTimeout(flush, 0);
      waiting.push(entry);
    };
    socket.onclose = () => {
      connected(false);
      setTimeout(again, wait);
      wait = Math.min(wait * 2, 4000);
    };
  }

  // What this page holds is of one sandbox alone; another may have been started in its place.
  async function again() {
    try {
      if ((await state()).run !== run) location.reload();
      else connect();
    } catch {
      setTimeout(again, wait);
      wait = Math.min(wait * 2, 4000);
    }
  }

  connect();
}

async function get(path) {
  return read(await fetch(path));
}

async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The sandbox does not answer. Is it still running?");
  }
  return read(response);
}

async function read(response) {
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(text || `The sandbox answered ${response.status}.`);
  }
  if (!response.ok) throw new Refusal(body.error ?? `The sandbox answered ${response.status}.`);
  return body;
}
