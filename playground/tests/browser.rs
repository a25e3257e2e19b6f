//! A browser as far as signing in needs one: redirects, cookies and forms.

use std::collections::BTreeMap;

use crate::support::FORM;

/// Redirects that are followed in a row.
const LONGEST: usize = 10;

/// A visitor's browser. Each name below `localhost` is this machine, as browsers have it.
#[derive(Default)]
pub(crate) struct Browser {
    /// Cookies by host and name.
    cookies: BTreeMap<(String, String), String>,
}

/// A page that a browser shows.
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Page {
    /// Name and value of each field that has a value already.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = (String, String)> {
        tags(&self.text, "input").filter_map(|tag| Some((attribute(&tag, "name")?, attribute(&tag, "value")?)))
    }
}

impl Browser {
    /// Opens a page.
    pub(crate) fn open(&mut self, url: &str) -> Page {
        self.go(url.to_owned(), None)
    }

    /// Fills in the fields of the page's only form, and sends it with its hidden fields, unless they are filled in too.
    pub(crate) fn submit(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let form = tags(&page.text, "form").next().unwrap_or_else(|| panic!("no form in {}", page.text));
        let hidden = page.hidden().filter(|(name, _)| !typed.iter().any(|(other, _)| other == name));
        let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields: Vec<_> = hidden.chain(typed).collect();
        self.go(resolved(&page.url, &attribute(&form, "action").unwrap_or_default()), Some(body(&fields)))
    }

    /// Sends a form with these fields.
    pub(crate) fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.go(url.to_owned(), Some(body(&fields)))
    }

    fn go(&mut self, mut url: String, mut body: Option<String>) -> Page {
        for _ in 0..LONGEST {
            let answer = self.send(&url, body.take());
            let next = answer.headers().get("location").map(|next| resolved(&url, next.to_str().unwrap()));
            match next {
                Some(next) if answer.status().is_redirection() => url = next,
                _ => return Page { url, status: answer.status().as_u16(), text: answer.text().unwrap() },
            }
        }
        panic!("too many redirects, the last to {url}");
    }

    fn send(&mut self, url: &str, body: Option<String>) -> http_client::Response {
        let (host, port, path) = parts(url);
        assert!(host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost"), "{url} is not here");
        let cookies = self.cookies.iter().filter(|((of, _), _)| *of == host);
        let cookies: Vec<_> = cookies.map(|((_, name), value)| format!("{name}={value}")).collect();
        let here = format!("http://127.0.0.1:{port}{path}");
        let client = http_client::client();
        let request = match body {
            Some(body) => client.post(here).header("content-type", FORM).body(body),
            None => client.get(here),
        };
        let answer =
            request.header("host", format!("{host}:{port}")).header("cookie", cookies.join("; ")).send().unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert((host.clone(), name.to_owned()), value.to_owned());
        }
        answer
    }
}

/// Host, port and path of a URL.
fn parts(url: &str) -> (String, String, String) {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is not http"));
    let (place, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (host, port) = place.split_once(':').unwrap_or_else(|| panic!("{url} has no port"));
    (host.to_owned(), port.to_owned(), format!("{}{path}", if path.starts_with('/') { "" } else { "/" }))
}

fn resolved(base: &str, link: &str) -> String {
    if link.starts_with("http://") {
        return link.to_owned();
    }
    let (host, port, path) = parts(base);
    if link.starts_with('/') {
        return format!("http://{host}:{port}{link}");
    }
    let (mut folder, mut link) = (path.rsplit_once('/').unwrap().0, link.trim_start_matches("./"));
    while let Some(rest) = link.strip_prefix("../") {
        (folder, link) = (folder.rsplit_once('/').map_or("", |(above, _)| above), rest);
    }
    format!("http://{host}:{port}{folder}/{link}")
}

/// The start tags of an element.
fn tags(html: &str, name: &str) -> impl Iterator<Item = String> {
    let begin = format!("<{name}");
    let mut tags: Vec<_> = html.split(begin.as_str()).skip(1).collect();
    tags.retain(|tag| tag.starts_with(char::is_whitespace));
    let tags: Vec<_> = tags.into_iter().map(|tag| tag.split('>').next().unwrap_or_default().to_owned()).collect();
    tags.into_iter()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&").replace("&#x3D;", "="))
}

/// Body of a form with these fields.
fn body(fields: &[(String, String)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// A text in a form's body.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
