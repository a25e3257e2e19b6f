//! The requirer's half: what it reads, what it writes.

use super::*;

#[test]
fn the_documented_example_is_read() {
    let example = example();
    for unit in ["my-app/0", "my-app/1"] {
        let view = example.requirer(unit, false);
        let found = read(&FAMILY, &view, &example.secrets(), &our_request());
        let database = found.ready().expect("everything is there");
        assert_eq!(database.uri.expose(), example.result("uris"));
        assert_eq!(database.parts().name(), "my-app");
        assert_eq!(database.username.as_ref().map(Secret::expose), Some("relation_id_7"));
    }
}

#[test]
fn the_documented_secrets_are_found() {
    let example = example();
    let refs = secrets(&example.requirer("my-app/0", false));
    let found: Vec<_> =
        refs.iter().map(|one| (one.id.to_string(), one.label.as_deref().unwrap(), one.needed)).collect();
    let expected = [(USER, true), (TLS, false)].map(|(id, needed)| (format!("secret:{id}"), needed));
    let expected = expected.map(|(id, needed)| (id.clone(), example.label(&id).to_owned(), needed));
    assert_eq!(found, expected.each_ref().map(|(id, label, needed)| (id.clone(), label.as_str(), *needed)));
}

#[test]
fn the_documented_example_is_written() {
    let example = example();
    for unit in ["my-app/0", "my-app/1"] {
        let (fresh, old) = (example.requirer(unit, true), example.requirer(unit, false));
        let changes = request(&fresh, &our_request());
        assert_same(&resolve(&changes.unit, &Databag::new()), &old.local_unit);
        assert_same(&resolve(&changes.app, &Databag::new()), &old.local_app.unwrap_or_default());
    }
}

#[test]
fn the_lists_are_written_byte_for_byte() {
    let leader = example().requirer("my-app/0", false);
    let changes = request(&example().requirer("my-app/0", true), &our_request());
    for (draft, old) in [(&changes.app, leader.local_app.as_ref().unwrap()), (&changes.unit, &leader.local_unit)] {
        for key in ["requested-secrets", "provided-secrets"] {
            assert_eq!(resolve(draft, &Databag::new()).text(key), old.text(key), "{key}");
        }
    }
}

#[test]
fn a_second_time_nothing_is_written() {
    let mut view = example().requirer("my-app/0", true);
    let changes = request(&view, &our_request());
    let app = resolve(&changes.app, &Databag::new());
    view.local_app = Some(app);
    view.local_unit = resolve(&changes.unit, &Databag::new());
    assert!(request(&view, &our_request()).is_empty());
}

/// Remote databag, the user's secret if it can be read, and what comes of it.
type Case = (&'static [(&'static str, &'static str)], Option<&'static [(&'static str, &'static str)]>, &'static str);

const ADDRESS: (&str, &str) = ("secret-user", "secret:cjqub6vubg2s77p3nio0");

const READS: &[Case] = &[
    (&[], None, "waiting endpoints"),
    (&[("data", "{}")], None, "waiting endpoints"),
    (&[("endpoints", "h:5432")], None, "waiting username"),
    (&[("endpoints", "h:5432"), ("username", "u")], None, "waiting password"),
    (&[("username", "u"), ("password", "p")], None, "waiting endpoints"),
    (&[("endpoints", "h:5432"), ("username", "u"), ("password", "")], None, "waiting password"),
    (&[("endpoints", " , "), ("username", "u"), ("password", "p")], None, "waiting endpoints"),
    (&[("endpoints", "h:5432,i:1"), ("username", "u"), ("password", "p")], None, "postgresql://u:p@h:5432/my-app"),
    (
        &[("endpoints", "h:5432"), ("username", "u"), ("password", "p"), ("database", "d")],
        None,
        "postgresql://u:p@h:5432/d",
    ),
    (
        &[("endpoints", "h"), ("username", "u@x"), ("password", "p@ss/word#")],
        None,
        "postgresql://u%40x:p%40ss%2Fword%23@h/my-app",
    ),
    (&[("endpoints", "[::1]:5432"), ("username", "u"), ("password", "p")], None, "postgresql://u:p@[::1]:5432/my-app"),
    (&[("endpoints", "h:pg"), ("username", "u"), ("password", "p")], None, "invalid endpoints"),
    (&[("endpoints", "h:5432/x"), ("username", "u"), ("password", "p")], None, "invalid endpoints"),
    (&[("endpoints", "h i:5432"), ("username", "u"), ("password", "p")], None, "invalid endpoints"),
    (&[("endpoints", ":5432"), ("username", "u"), ("password", "p")], None, "invalid endpoints"),
    (&[("endpoints", "h:1"), ("username", "u\n"), ("password", "p")], None, "invalid username"),
    // The connection string wins over the separate fields, even if it isn't a URI.
    (
        &[("uris", "postgresql://u:p@h1:1/d,postgresql://u:p@h2:1/d"), ("endpoints", "h:pg")],
        None,
        "postgresql://u:p@h1:1/d,postgresql://u:p@h2:1/d",
    ),
    (&[("uris", "no uri")], None, "no uri"),
    (&[("uris", "a\0b")], None, "invalid uris"),
    // Secrets.
    (&[ADDRESS], None, "waiting secret-user"),
    (&[ADDRESS, ("uris", "postgresql://clear")], None, "waiting secret-user"),
    (&[("secret-user", "gibberish")], None, "invalid secret-user"),
    (&[ADDRESS], Some(&[("username", "u"), ("password", "p")]), "waiting endpoints"),
    (&[ADDRESS, ("endpoints", "h:1")], Some(&[("username", "u"), ("password", "p")]), "postgresql://u:p@h:1/my-app"),
    (
        &[ADDRESS, ("endpoints", "h:1")],
        Some(&[("username", "u"), ("password", "p"), ("uris", "postgresql://s")]),
        "postgresql://s",
    ),
    (
        &[ADDRESS, ("endpoints", "h:1")],
        Some(&[("username", "u"), ("password", "p"), ("uris", "")]),
        "postgresql://u:p@h:1/my-app",
    ),
    // A secret with any of the group's fields hides the clear ones, even those that it lacks.
    (
        &[ADDRESS, ("endpoints", "h:1"), ("uris", "postgresql://clear")],
        Some(&[("username", "u"), ("password", "p")]),
        "postgresql://u:p@h:1/my-app",
    ),
    (&[ADDRESS, ("endpoints", "h:1"), ("password", "clear")], Some(&[("username", "u")]), "waiting password"),
    (&[ADDRESS, ("uris", "postgresql://clear")], Some(&[("other", "x")]), "postgresql://clear"),
    (&[ADDRESS, ("endpoints", "h:1")], Some(&[("username", "u"), ("password", "p\u{7}")]), "invalid password"),
];

fn said(read: &Read<Database>) -> String {
    match read {
        Read::Absent => "absent".into(),
        Read::Waiting(key) => format!("waiting {key}"),
        Read::Invalid { key, .. } => format!("invalid {key}"),
        Read::Ready(database) => database.uri.expose().to_owned(),
    }
}

#[test]
fn complete_partial_and_bad_data() {
    for (remote, secret, expected) in READS {
        let secrets = secret.map(user).unwrap_or_default();
        assert_eq!(said(&read(&FAMILY, &view(remote), &secrets, &our_request())), *expected, "{remote:?} {secret:?}");
    }
}

#[test]
fn values_that_no_environment_holds_are_refused() {
    // The worst that is still taken: every byte of user, password and name takes three in the connection string.
    let longest = "@".repeat(field::MAX_BYTES);
    let hosts = vec!["h".repeat(field::MAX_BYTES / field::MAX_ENTRIES - 1); field::MAX_ENTRIES].join(",");
    let fields = [("endpoints", &hosts), ("username", &longest), ("password", &longest), ("database", &longest)];
    let remote = fields.map(|(key, value)| (key, value.as_str()));
    let found = read(&FAMILY, &view(&remote), &Secrets::new(), &our_request());
    assert!(found.ready().expect("nothing is too long").uri.expose().len() < 120 << 10);

    for (at, (key, _)) in remote.iter().enumerate() {
        for length in [field::MAX_BYTES + 1, 16 << 20] {
            let (mut longer, value) = (remote, "x".repeat(length));
            longer[at].1 = &value;
            let found = read(&FAMILY, &view(&longer), &Secrets::new(), &our_request());
            assert_eq!(found, Read::Invalid { key: (*key).into(), why: "it is longer than 10 KiB".into() });
        }
    }
    let secret = user(&[("uris", &"x".repeat(field::MAX_BYTES + 1))]);
    assert_eq!(said(&read(&FAMILY, &view(&[ADDRESS]), &secret, &our_request())), "invalid uris");
}

#[test]
fn a_list_of_more_servers_than_any_database_has_is_refused() {
    for key in ["endpoints", "read-only-endpoints"] {
        let hosts = vec!["h:1"; field::MAX_ENTRIES + 1].join(",");
        let found =
            read(&FAMILY, &view(&[("uris", "postgresql://h/d"), (key, &hosts)]), &Secrets::new(), &our_request());
        assert_eq!(found, Read::Invalid { key: key.into(), why: "it has more than 128 entries".into() });
    }
}

#[test]
fn without_a_provider_it_is_absent() {
    let gone = View::empty("postgresql", RelationId(7));
    assert_eq!(read(&FAMILY, &gone, &Secrets::new(), &our_request()), Read::Absent);
}

#[test]
fn without_secrets_in_juju_clear_text_counts() {
    let old = Request { secrets: false, ..our_request() };
    let remote = view(&[ADDRESS, ("uris", "postgresql://clear")]);
    assert_eq!(said(&read(&FAMILY, &remote, &Secrets::new(), &old)), "postgresql://clear");
}

#[test]
fn an_address_from_another_model_is_the_same_secret() {
    let remote = view(&[("secret-user", "secret://20ce8299-3634-4bef-8bd8-5ace6c8816b4/cjqub6vubg2s77p3nio0")]);
    assert_eq!(said(&read(&FAMILY, &remote, &user(&[("uris", "postgresql://s")]), &our_request())), "postgresql://s");
}

#[test]
fn the_request_follows_what_juju_has() {
    let mut leader = view(&[]);
    leader.local_app = Some(Databag::new());
    let keys = |wanted: &Request| -> Vec<String> {
        resolve(&request(&leader, wanted).app, &Databag::new()).keys().cloned().collect()
    };
    assert_eq!(keys(&our_request()), ["database", "provided-secrets", "requested-secrets"]);
    assert_eq!(keys(&Request { cross_model: true, ..our_request() }), ["database", "requested-secrets"]);
    assert_eq!(keys(&Request { secrets: false, ..our_request() }), ["database"]);
}

#[test]
fn our_databag_shows_if_the_provider_is_in_another_model() {
    let mut leader = view(&[]);
    assert_eq!(was_asked_across_models(&leader), Some(false), "only the leader reads our databag");
    leader.local_app = Some(Databag::from_iter([("database", "my-app")]));
    assert_eq!(was_asked_across_models(&leader), None);
    for cross_model in [false, true] {
        let mut written = leader.clone();
        let changes = request(&leader, &Request { cross_model, ..our_request() });
        written.local_app = Some(resolve(&changes.app, &Databag::new()));
        assert_eq!(was_asked_across_models(&written), Some(cross_model));
    }
}

#[test]
fn a_name_once_asked_for_stays() {
    let mut leader = view(&[]);
    leader.local_app = Some(Databag::from_iter([("database", "older"), ("extra-user-roles", "admin")]));
    let changes = resolve(&request(&leader, &our_request()).app, &Databag::new());
    assert_eq!(changes.keys().collect::<Vec<_>>(), ["provided-secrets", "requested-secrets"]);
}

#[test]
fn others_write_their_copy_only() {
    let changes = request(&view(&[("endpoints", "h:1"), ("data", "{}"), ("database", "d")]), &our_request());
    assert!(changes.app.is_empty());
    let copy = Databag::from_iter([("data", r#"{"database": "d", "endpoints": "h:1"}"#)]);
    assert_eq!(resolve(&changes.unit, &Databag::new()), copy);
}

#[test]
fn the_copy_follows_the_provider() {
    let write =
        |view: &View| resolve(&request(view, &our_request()).unit, &view.local_unit).text("data").map(str::to_owned);
    let mut silent = view(&[("data", "{}")]);
    assert_eq!(write(&silent), None, "nothing has been said yet");
    silent.local_unit = Databag::from_iter([("data", r#"{"database": "d"}"#)]);
    assert_eq!(write(&silent).as_deref(), Some("{}"), "all of it has been taken back");

    let mut subordinated = view(&[("subordinated", "true"), ("database", "d")]);
    assert_eq!(write(&subordinated), None);
    let unit = Databag::from_iter([("state", "ready")]);
    subordinated.units.insert("postgresql-k8s/0".parse().unwrap(), unit);
    assert!(write(&subordinated).is_some());
}
