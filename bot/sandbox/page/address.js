// Where one is, in the address bar: #/U0LEAD/C0SUCCESS/1763712000.000100 is a person, a place and,
// if one is open, a thread. So reload, back and a shared link work.
//
// A place is a channel's id, or the app: "home" or "messages".

export function read() {
  const [person = "", place = "", thread = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  return { person, place, thread };
}

export function write({ person, place, thread = "" }) {
  const hash = `#/${[person, place, thread].filter(Boolean).map(encodeURIComponent).join("/")}`;
  if (hash !== location.hash) location.hash = hash;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
