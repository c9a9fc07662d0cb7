// The shortcodes that an app about customers uses; any other is shown as it was written.

const EMOJI = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", clap: "👏", wave: "👋", pray: "🙏",
  raised_hands: "🙌", muscle: "💪", point_right: "👉", point_down: "👇", eyes: "👀", handshake: "🤝",
  smile: "😄", smiley: "😃", grinning: "😀", slightly_smiling_face: "🙂", blush: "😊", heart_eyes: "😍",
  star_struck: "🤩", thinking_face: "🤔", neutral_face: "😐", confused: "😕", disappointed: "😞",
  slightly_frowning_face: "🙁", frowning: "😦", cry: "😢", angry: "😠", rage: "😡", joy: "😂",
  heart: "❤️", star: "⭐", star2: "🌟", sparkles: "✨", tada: "🎉", fire: "🔥", rocket: "🚀", trophy: "🏆",
  medal: "🏅", birthday: "🎂", gift: "🎁", bulb: "💡", bell: "🔔", no_bell: "🔕", mega: "📣",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", warning: "⚠️",
  rotating_light: "🚨", no_entry: "⛔", question: "❓", exclamation: "❗", information_source: "ℹ️",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫", large_green_square: "🟩",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", calendar: "📅",
  date: "📅", clock1: "🕐", hourglass: "⌛", hourglass_flowing_sand: "⏳", alarm_clock: "⏰", mag: "🔍",
  memo: "📝", pencil: "📝", pushpin: "📌", link: "🔗", lock: "🔒", key: "🔑", gear: "⚙️", wrench: "🔧",
  moneybag: "💰", credit_card: "💳", package: "📦", inbox_tray: "📥", outbox_tray: "📤", email: "📧",
  phone: "☎️", computer: "💻", house: "🏠", office: "🏢", earth_africa: "🌍", sunny: "☀️", cloud: "☁️",
  zzz: "💤", speech_balloon: "💬", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️",
  arrow_upper_right: "↗️", arrow_lower_right: "↘️", arrows_counterclockwise: "🔄", repeat: "🔁",
  zero: "0️⃣", one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", six: "6️⃣", seven: "7️⃣",
  eight: "8️⃣", nine: "9️⃣", keycap_ten: "🔟", "100": "💯",
};

/** The character, or "". */
export function emoji(name) {
  const base = name.split("::")[0];
  return Object.hasOwn(EMOJI, base) ? EMOJI[base] : "";
}

/** Shortcodes in plain text made characters. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emoji(name) || whole);
}
