//! Real servers behind the integrations that say who a visitor is and what a visitor may do, and that keep a journal of it, and
//! the stand-in that takes spans: the sample uses each, behind a real ingress.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::inside::{
    SAMPLE, Told, has_nothing_to_rotate, relocate, restarts, rotate, run, shown, twice, variable, variables,
};
use crate::support::{Desk, FORM, code, get, names, page, post, wait_until};

/// What the provider answers to a made-up code, with the client's own secret and with another one.
const REFUSED_BY_OIDC: &str = r#"
import requests
def error(secret):
    answer_at = os.environ["FLASK_BASE_URL"] + "/callback"
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": answer_at}
    client = (os.environ["FLASK_OIDC_CLIENT_ID"], secret)
    return requests.post(os.environ["FLASK_OIDC_ACCESS_TOKEN_URL"], data=form, auth=client, timeout=10).json()["error"]
said = [error(os.environ["FLASK_OIDC_CLIENT_SECRET"]), error("wrong")]
"#;

/// Status of OpenFGA's answer to another token.
const REFUSED_BY_OPENFGA: &str = r#"
import requests
store = f"{os.environ['FGA_HTTP_API_URL']}/stores/{os.environ['FGA_STORE_ID']}"
said = requests.get(store, headers={"Authorization": "Bearer wrong"}, timeout=10).status_code
"#;

/// The name of MongoDB's error about another password.
const REFUSED_BY_MONGODB: &str = r#"
import pymongo, pymongo.errors
address = os.environ["MONGODB_DB_CONNECT_STRING"].replace(os.environ["MONGODB_DB_PASSWORD"], "wrong")
try:
    said = pymongo.MongoClient(address, serverSelectionTimeoutMS=10000).admin.command("ping")
except pymongo.errors.OperationFailure as error:
    said = error.details["codeName"]
"#;

/// True if the tool chains that bring the servers are installed; otherwise the test is skipped.
#[track_caller]
fn has_tools() -> bool {
    let runs = |program: &str, argument: &str| Command::new(program).arg(argument).output().is_ok();
    let go = runs("go", "version") || runs("/usr/local/go/bin/go", "version");
    let tools = [("Node", runs("node", "--version")), ("npm", runs("npm", "--version")), ("Go", go)];
    let missing: Vec<_> = tools.into_iter().filter_map(|(tool, is_there)| (!is_there).then_some(tool)).collect();
    testkit::needs(missing.is_empty(), &format!("tool chains of servers ({missing:?})"))
        && crate::ingress::has_nginx()
        && crate::integration::has_postgresql()
}

/// Signs a person in at the provider's form, and returns the page to which the provider leads.
fn signed_in(browser: &mut Browser, form: &Page, name: &str) -> Page {
    let again = browser.submit(form, &[("login", name), ("password", "wrong")]);
    assert_eq!(again.status, 401);
    browser.submit(&again, &[("login", name), ("password", name)])
}

/// Variable with the application's own address.
const BASE_URL: &str = "FLASK_BASE_URL";

/// The ingress moves: its address before is closed, and the application knows the new one.
fn ingress(desk: &Desk) {
    desk.ok(&["integrate", "ingress"]);
    desk.wait_for_application();
    let first = outside(desk);
    assert_eq!(page(&first), shown(desk), "the ingress leads to it");
    assert_eq!(variable(desk, BASE_URL).0, first);
    let told = restarts(desk, "move", "ingress");
    let second = outside(desk);
    assert_eq!(variable(desk, BASE_URL).0, second);
    assert!(told.starts_with(&format!("moved: nginx-ingress-integrator is at {} now\n", parts_of(&second))), "{told}");
    assert_eq!((page(&second), code(&first)), (shown(desk), 0));
    has_nothing_to_rotate(desk, "ingress", "nginx");
}

/// A person signs in through OpenID Connect; a wrong password and a wrong secret are refused.
fn oidc(desk: &Desk) {
    let (outside, login) = (outside(desk), format!("{}/login/oidc", outside(desk)));
    desk.ok(&["integrate", "oidc"]);
    desk.wait_for_application();
    let mut browser = Browser::default();
    let form = browser.open(&login);
    assert!(form.status == 200 && form.url.starts_with("http://hydra.localhost:"), "{} {}", form.url, form.text);
    let back = signed_in(&mut browser, &form, "ada");
    assert!(
        back.url == format!("{outside}/") && back.text.contains("\n(signed in as ada)\n"),
        "{} {}",
        back.url,
        back.text
    );
    let made_up = browser.open(&format!("{outside}/callback?code=x&state=y"));
    assert_eq!(made_up.status, 403, "{}", made_up.text);
    let errors = json!(["invalid_grant", "invalid_client"]);
    assert_eq!(run(desk, REFUSED_BY_OIDC), errors);
    rotate(desk, "oidc", "FLASK_OIDC_CLIENT_SECRET");
    assert_eq!(run(desk, REFUSED_BY_OIDC), errors);
    // The session at the provider: no second form, and the new secret is used.
    assert_eq!(browser.post(&format!("{outside}/logout"), &[]).text.find("signed in"), None);
    assert!(browser.open(&login).text.contains("\n(signed in as ada)\n"));

    // The provider moves: it has the same clients and people, and sessions with the address before are over.
    let client = || ["ID", "SECRET"].map(|part| variable(desk, &format!("FLASK_OIDC_CLIENT_{part}")).0);
    let known = client();
    relocate(desk, "oidc", "FLASK_OIDC_ACCESS_TOKEN_URL");
    assert_eq!(client(), known);
    assert_eq!(run(desk, REFUSED_BY_OIDC), errors);
    let moved = browser.open(&login);
    assert!(moved.text.contains("<form") && parts_of(&moved.url) != parts_of(&form.url), "{} {}", moved.url, form.url);
    assert!(signed_in(&mut browser, &moved, "grace").text.contains("\n(signed in as grace)\n"));
}

/// A person signs in through SAML; a wrong password and a forged name are refused.
fn saml(desk: &Desk) {
    let outside = outside(desk);
    desk.ok(&["integrate", "saml"]);
    desk.wait_for_application();
    let mut browser = Browser::default();
    let form = browser.open(&format!("{outside}/login/saml"));
    assert!(form.status == 200 && form.url.starts_with("http://saml-integrator.localhost:"), "{}", form.url);
    let entity = variable(desk, "SAML_ENTITY_ID").0;
    rotate(desk, "saml", "SAML_SIGNING_CERTIFICATE");
    relocate(desk, "saml", "SAML_METADATA_URL");
    assert_eq!(variable(desk, "SAML_ENTITY_ID").0, entity, "its name stays");
    let moved = browser.open(&format!("{outside}/login/saml"));
    assert_ne!(parts_of(&moved.url), parts_of(&form.url));
    let signed = signed_in(&mut browser, &moved, "ada");
    let refused = browser.submit(&signed, &[("SAMLResponse", &forged(&signed))]);
    assert!(refused.status == 403 && refused.text.contains("has not signed this answer"), "{}", refused.text);
    let person = browser.submit(&signed, &[]);
    assert!(person.url == format!("{outside}/") && person.text.contains("\n(signed in as ada)\n"), "{}", person.text);
    desk.ok(&["remove-relation", "flask-k8s", "saml"]);
    desk.wait_for_application();
    assert_eq!(browser.open(&format!("{outside}/login/saml")).status, 503);
}

/// The answer in a page, with another person's name than was signed.
fn forged(signed: &Page) -> String {
    let (_, answer) = signed.hidden().find(|(name, _)| name == "SAMLResponse").unwrap();
    let text = String::from_utf8(STANDARD.decode(answer).unwrap()).unwrap();
    assert!(text.contains(">ada<"), "{text}");
    STANDARD.encode(text.replace(">ada<", ">grace<"))
}

/// Scheme, host and port of a URL.
fn parts_of(url: &str) -> &str {
    &url[..url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at)]
}

/// The application's address behind the ingress.
fn outside(desk: &Desk) -> String {
    desk.status()["applications"]["nginx-ingress-integrator"]["url"].as_str().unwrap().to_owned()
}

/// Whoever has signed an entry may remove it, and nobody else.
fn permission(desk: &Desk) {
    let outside = outside(desk);
    let [mut ada, mut grace] = ["ada", "grace"].map(|name| {
        let mut browser = Browser::default();
        let form = browser.open(&format!("{outside}/login/oidc"));
        signed_in(&mut browser, &form, name);
        browser
    });
    // The migrations have made two entries.
    let mut number = 2;
    let entry = format!("{outside}/entries/");
    assert_eq!(ada.post(&format!("{entry}1/remove"), &[]).status, 503, "there is no OpenFGA yet");
    let browsers = std::cell::RefCell::new((&mut ada, &mut grace, &mut number));
    let openfga = Told { name: "openfga", secret: "FGA_TOKEN", place: "FGA_HTTP_API_URL" };
    let [first, second] = twice(desk, &openfga, || {
        let (ada, grace, number) = &mut *browsers.borrow_mut();
        **number += 1;
        let remove = format!("{entry}{number}/remove");
        assert!(ada.post(&format!("{outside}/"), &[("line", "only mine")]).text.contains("ada: only mine\n"));
        assert_eq!(Browser::default().post(&remove, &[]).status, 401);
        assert_eq!(grace.post(&remove, &[]).status, 403);
        assert_eq!(ada.post(&format!("{entry}1/remove"), &[]).status, 403);
        let left = ada.post(&remove, &[]);
        assert!(left.status == 200 && !left.text.contains("only mine"), "{} {}", left.status, left.text);
        assert_eq!(run(desk, REFUSED_BY_OPENFGA), json!(401));
        variable(desk, "FGA_STORE_ID").0
    });
    assert_eq!(first, second, "the store outlives the relation");
}

/// Trace of a request, which the sample tells browsers.
fn trace(desk: &Desk) -> String {
    let answer = get(&desk.url()).unwrap();
    let timing = answer.headers()["server-timing"].to_str().unwrap().to_owned();
    timing.split('-').nth(1).unwrap().to_owned()
}

fn spans(desk: &Desk) {
    desk.ok(&["integrate", "tempo"]);
    relocate(desk, "tempo", "OTEL_EXPORTER_OTLP_ENDPOINT");
    let trace = trace(desk);
    let spans = desk.status()["applications"]["tempo-k8s"]["url"].as_str().unwrap().to_owned();
    let line = |page: String| page.lines().find(|line| line.ends_with(&format!("trace={trace}"))).map(str::to_owned);
    wait_until("the span is there", || {
        get(&spans).is_ok_and(|answer| answer.text().is_ok_and(|page| line(page).is_some()))
    });
    assert!(line(page(&spans)).unwrap().starts_with("flask-k8s GET / "), "{}", page(&spans));
    has_nothing_to_rotate(desk, "tempo", "Tempo");
    desk.ok(&["remove-relation", "flask-k8s", "tempo"]);
    desk.wait_for_application();
    assert!(!get(&desk.url()).unwrap().headers().contains_key("server-timing"));
}

/// The journal's notes, newest first, as `person did entry`.
fn notes(desk: &Desk) -> Vec<String> {
    desk.wait_for_application();
    let notes: Vec<Value> = serde_json::from_str(&page(&format!("{}/journal", desk.url()))).unwrap();
    let text = |note: &Value, key: &str| note[key].as_str().unwrap().to_owned();
    notes.iter().map(|note| format!("{} {} {}", text(note, "person"), text(note, "what"), note["entry"])).collect()
}

/// The sample uses the plain variables of a database of documents.
fn journal(desk: &Desk) {
    let mongodb = Told { name: "mongodb", secret: "MONGODB_DB_PASSWORD", place: "MONGODB_DB_CONNECT_STRING" };
    let [first, second] = twice(desk, &mongodb, || {
        let answer = post(&desk.url(), FORM, "author=Ada&line=noted".to_owned());
        assert_eq!(answer.0, 303, "{answer:?}");
        assert_eq!(run(desk, REFUSED_BY_MONGODB), json!("AuthenticationFailed"));
        notes(desk)
    });
    assert!(first.len() == 1 && first[0].starts_with("Ada wrote "), "{first:?}");
    assert!(second.len() == 2 && second[1] == first[0], "the journal outlives the relation: {second:?}");
    assert_eq!(code(&format!("{}/journal", desk.url())), 503, "its variables are gone");
}

fn whole_story(desk: &Desk) {
    desk.ok(&["up", SAMPLE, "--integrate", "postgresql", "--detach"]);
    spans(desk);
    ingress(desk);
    oidc(desk);
    permission(desk);
    desk.ok(&["remove-relation", "flask-k8s", "oidc"]);
    saml(desk);
    journal(desk);
    let routed = outside(desk);
    desk.ok(&["remove-relation", "flask-k8s", "ingress"]);
    assert_ne!(variable(desk, BASE_URL).0, routed);
    assert_eq!(variables(desk, &["FLASK_OIDC_CLIENT", "FGA_", "SAML_", "OTEL_"]), json!([]));

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// Gives an ordinary user's desk the servers that another desk has built, which takes minutes, without what they were built of.
fn lend(from: &Desk, to: &Desk) {
    let (built, folder) = (from.cache().join("webcharm/servers"), to.cache().join("webcharm/servers"));
    fs::create_dir_all(&folder).unwrap();
    for name in names(&built).iter().filter(|name| !name.starts_with('.') && *name != "downloads") {
        assert!(Command::new("cp").arg("-r").args([&built.join(name), &folder]).status().unwrap().success(), "{name}");
    }
    let mut owned = Command::new("chown");
    owned.arg("-R").arg(format!("--reference={}", to.cache().display())).arg(to.cache());
    assert!(owned.status().unwrap().success());
}

#[test]
#[ignore = "long: its packages are downloaded, and a server is built with Go"]
fn the_sample_signs_people_in_and_asks_what_they_may() {
    if !has_tools() {
        return;
    }
    let desk = Desk::new();
    whole_story(&desk);
    if rustix::process::geteuid().is_root() {
        let ordinary = Desk::of_ordinary_user();
        lend(&desk, &ordinary);
        whole_story(&ordinary);
    }
}
