// The people whom the identity providers know, and the form in which they sign in.

const PEOPLE = {
  ada: { given: 'Ada', family: 'Lovelace', email: 'ada@example.com' },
  grace: { given: 'Grace', family: 'Hopper', email: 'grace@example.com' },
}

/** The person of this name, whether signed in or not. */
export function person(name) {
  if (!Object.hasOwn(PEOPLE, name)) return undefined
  const { given, family, email } = PEOPLE[name]
  return { login: name, given, family, name: `${given} ${family}`, email }
}

/** The person who signs in, or undefined: each one's password is the name. */
export function signedIn({ login, password }) {
  return login === password ? person(login ?? '') : undefined
}

/** Text as HTML. */
function escaped(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

/** The page with the form; `hidden` goes along with it. */
export function form(action, hidden, failed) {
  const field = ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`
  const fields = Object.entries(hidden).filter(([, value]) => value !== undefined).map(field).join('\n')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in</title>
<style>body { font: 1rem sans-serif; max-width: 22rem; margin: 3rem auto } label { display: block; margin: 1rem 0 }</style>
<h1>Sign in</h1>
<p>An identity provider of this machine alone. It knows ${Object.keys(PEOPLE).join(' and ')}; each one's password is the name.</p>
${failed ? '<p role="alert">The name or the password is wrong.</p>' : ''}
<form method="post" action="${escaped(action)}">
${fields}
<label>Name <input name="login" autofocus autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button>
</form>
</html>
`
}

/** Longest body of a request, in bytes. */
const LONGEST = 1 << 20

/** The fields of a request's body. */
export async function fields(request) {
  let body = ''
  for await (const piece of request) {
    body += piece
    if (body.length > LONGEST) throw new Error('the body is too long')
  }
  return Object.fromEntries(new URLSearchParams(body))
}

/** Answers with a page. */
export function show(response, status, page, type = 'text/html; charset=utf-8') {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(page)
}
