// The one page.

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escape = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

const item = (entry) => `<li>${escape(entry.text)}${entry.counted ? " (counted)" : ""}</li>\n`;

const list = (entries) => `<ul>
${entries.map(item).join("")}</ul>
<form method="post" action="entries"><input name="text" required maxlength="1000"> <button>Write</button></form>`;

// `trouble`: the reason why there are no entries, if there is one.
export const page = (greeting, entries, trouble) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(greeting)}</title>
<h1>${escape(greeting)}</h1>
${trouble ? `<p>No entries: ${escape(trouble)}.</p>` : list(entries)}
</html>
`;
