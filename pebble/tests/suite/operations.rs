//! The client's operations on checks, notices, identities, layers and files, and what it follows.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use pebble::blocking::Client;
use pebble::connect::HttpConnect;
use pebble::files::NewFile;
use pebble::types::{
    BasicIdentity, ChangeId, ExecOptions, HealthLevel, Identity, IdentityAccess, LocalIdentity, MakeDir, NoticeType,
    NoticesFilter, Notify, WriteFile,
};
use pebble::{Error, Limits, PathErrorKind};

use crate::case::{held, over};
use crate::daemon::{Daemon, until};

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);

/// `openssl passwd -6 -salt saltsalt password`
const HASH: &str = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";

fn layer(text: &str) -> pebble::plan::Layer {
    text.parse().unwrap()
}

#[test]
fn a_change_is_begun_and_waited_for() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let services = "services: {a: {override: replace, startup: enabled, command: sleep 1000}}";
    client.add_layer("a", &layer(services), false).unwrap();
    type Begin = fn(&Client) -> Result<ChangeId, Error>;
    let begins: [Begin; 4] = [
        |client| client.begin_start(&["a"]),
        |client| client.begin_restart(&["a"]),
        |client| client.begin_replan(),
        |client| client.begin_autostart(),
    ];
    for begin in begins {
        let change = begin(&client).unwrap();
        assert!(client.wait_change(&change, MINUTE).unwrap().ready);
    }
    assert!(client.services(&["a"]).unwrap()[0].is_running());
    let since = client.services(&["a"]).unwrap()[0].current_since.clone().unwrap();
    assert!(since.moment().unwrap() <= SystemTime::now());
    let stop = client.begin_stop(&["a"]).unwrap();
    client.wait_change(&stop, MINUTE).unwrap();
    assert!(!client.services(&["a"]).unwrap()[0].is_running());
    assert!(matches!(client.begin_start(&["none"]), Err(Error::Api { status: 400, .. })));
}

#[test]
fn output_is_followed_as_it_comes() {
    let mut daemon = Daemon::start(held());
    let client = daemon.client();
    // Opened both ways, the pipe has no end, and no line is lost between two writers.
    let talks = "services: {a: {override: replace, command: sh -c 'echo first; exec timeout 99 cat <>pipe'}}";
    let made = client.exec(&ExecOptions { working_dir: Some(daemon.path("")), ..ExecOptions::new(["mkfifo", "pipe"]) });
    assert_eq!(made.unwrap().exit_code, 0);
    client.add_layer("a", &layer(&talks.replace("pipe", &daemon.path("pipe"))), false).unwrap();
    client.start(&["a"], MINUTE).unwrap();
    until("the first line", || client.logs(&["a"], 9).unwrap().pop());
    // The command has not printed a byte, and so the answer has not begun.
    let mut new = client.follow_logs(&[], 0).unwrap();
    let quiet = new.next_within(MOMENT).unwrap_err();
    assert!(matches!(quiet, Error::Timeout { .. }), "{quiet:?}");
    let mut late = client.follow_logs(&["a"], 5).unwrap();
    assert_eq!(late.next().unwrap().unwrap().message, "first");
    for line in ["second", "third"] {
        std::fs::write(daemon.path("pipe"), format!("{line}\n")).unwrap();
        let entry = late.next().unwrap().unwrap();
        assert_eq!((entry.service.as_str(), entry.message.as_str()), ("a", line));
        assert!(entry.time.moment().is_some(), "{entry:?}");
    }
    let lines: Vec<String> = new.by_ref().take(2).map(|entry| entry.unwrap().message).collect();
    assert_eq!(lines, ["second", "third"]);
    daemon.kill();
    assert!(matches!(late.next(), None | Some(Err(Error::Disconnected { .. }))));
}

#[test]
fn a_notice_is_found_by_its_id_and_user() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let notify = Notify { key: "example.com/done".to_owned(), ..Notify::default() };
    let id = client.notify(&notify).unwrap();
    let notice = client.notice(&id).unwrap();
    assert_eq!(
        (notice.id.as_str(), &notice.kind, notice.key.as_str()),
        (id.as_str(), &NoticeType::Custom, &*notify.key)
    );
    let of = |user_id| {
        let filter = NoticesFilter { types: vec![NoticeType::Custom], user_id, ..NoticesFilter::default() };
        client.notices(&filter)
    };
    let own = rustix::process::getuid().as_raw();
    if own == 0 {
        assert_eq!(of(Some(own)).unwrap().len(), 1);
        assert!(of(Some(own + 1)).unwrap().is_empty());
    }
    assert_eq!(of(None).unwrap().len(), 1);
    assert!(client.notice("9999").unwrap_err().is_not_found());
    let after = Some(notice.last_repeated);
    assert!(
        client
            .notices(&NoticesFilter { after, types: vec![NoticeType::Custom], ..NoticesFilter::default() })
            .unwrap()
            .is_empty()
    );
}

#[test]
fn checks_are_started_stopped_and_run_at_once() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let checks = "checks:
      good: {override: replace, startup: disabled, period: 1h, exec: {command: 'true'}}
      bad: {override: replace, startup: disabled, period: 1h, threshold: 1, exec: {command: 'false'}}";
    client.add_layer("a", &layer(checks), false).unwrap();
    assert_eq!(client.start_checks(&["good", "bad"]).unwrap(), ["bad", "good"]);
    assert!(client.start_checks(&["good"]).unwrap().is_empty());
    let good = client.refresh_check("good").unwrap();
    assert_eq!((good.info.status.as_str(), good.error.as_str()), ("up", ""));
    let bad = client.refresh_check("bad").unwrap();
    assert!(bad.error.contains("exit status 1"), "{}", bad.error);
    // The answer may have the check of before the change that recovers it.
    until("the check is down", || {
        let bad = client.checks(HealthLevel::Any, &["bad"]).unwrap().remove(0);
        (bad.status == "down" && bad.failures == 1).then_some(())
    });
    assert_eq!(client.stop_checks(&["bad"]).unwrap(), ["bad"]);
    assert_eq!(client.checks(HealthLevel::Any, &["bad"]).unwrap()[0].status, "inactive");
    assert!(client.refresh_check("none").unwrap_err().is_not_found());
}

#[test]
fn identities_are_kept_and_open_http() {
    let daemon = Daemon::start(over("--http").0);
    let client = daemon.client();
    let basic =
        |access| Identity { access, basic: Some(BasicIdentity { password: HASH.to_owned() }), ..Identity::default() };
    let local =
        Identity { access: IdentityAccess::Read, local: Some(LocalIdentity { user_id: 4242 }), ..Identity::default() };
    let named = |name: &str, identity| BTreeMap::from([(name.to_owned(), identity)]);
    client.add_identities(&named("ann", basic(IdentityAccess::Admin))).unwrap();
    client.add_identities(&named("bob", local.clone())).unwrap();
    client.add_identities(&named("bob", local)).unwrap_err();
    let listed = client.identities().unwrap();
    assert_eq!(listed["bob"].local, Some(LocalIdentity { user_id: 4242 }));
    assert_eq!(listed["ann"].basic.as_ref().unwrap().password, "*****");

    let address = client.system_info().unwrap().http_address.unwrap();
    let over = |connect| Client::over(connect, Limits::default());
    let http = HttpConnect::new(&format!("http://{address}")).unwrap();
    let stranger = over(http.clone());
    assert!(stranger.health(HealthLevel::Any, &[]).unwrap());
    assert!(matches!(stranger.plan(), Err(Error::Api { status: 401, .. })));
    let ann = over(http.basic("ann", "password"));
    // Over plain HTTP a password opens the metrics alone.
    assert!(matches!(ann.plan(), Err(Error::Api { status: 401, .. })));
    assert!(matches!(ann.metrics(), Err(Error::Api { status: 401, .. })));
    client.update_identities(&named("ann", basic(IdentityAccess::Metrics))).unwrap();
    assert!(ann.metrics().unwrap().is_empty() || ann.metrics().unwrap().starts_with('#'));
    client.remove_identities(&["bob"]).unwrap();
    client.remove_identities(&["bob"]).unwrap_err();
    client.replace_identities(&BTreeMap::from([("ann".to_owned(), None)])).unwrap();
    assert!(client.identities().unwrap().is_empty());
}

#[cfg(feature = "https")]
#[test]
fn https_is_open_to_the_certificate_of_an_identity() {
    use pebble::connect::{HttpsConnect, ServerTrust};
    use pebble::types::CertIdentity;

    let (pem, key) = (include_str!("../https/client.pem"), include_str!("../https/client.key"));
    let daemon = Daemon::start(over("--https").0);
    let client = daemon.client();
    let url = format!("https://{}", client.system_info().unwrap().https_address.unwrap());
    let over = |trust| Client::over(HttpsConnect::new(&url, &trust, pem, key).unwrap(), Limits::default());
    let ann = over(ServerTrust::Insecure);
    assert!(matches!(ann.plan(), Err(Error::Api { status: 401, .. })));
    let cert = Some(CertIdentity { pem: pem.to_owned() });
    let identity = Identity { access: IdentityAccess::Admin, cert, ..Identity::default() };
    client.add_identities(&[("ann".to_owned(), identity)].into()).unwrap();
    ann.plan().unwrap();
    let output = ann.exec(&ExecOptions { working_dir: Some("/".to_owned()), ..ExecOptions::new(["echo", "hi"]) });
    assert_eq!(output.unwrap().stdout, b"hi\n");
    assert!(ann.pair().is_err(), "the window is closed");
    let other = over(ServerTrust::Fingerprint("A".repeat(77)));
    assert!(matches!(other.system_info(), Err(Error::Connect { .. })));
}

#[test]
fn metrics_are_text() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    client.add_layer("a", &layer("services: {a: {override: replace, command: sleep 1000}}"), false).unwrap();
    client.start(&["a"], MINUTE).unwrap();
    let metrics = client.metrics().unwrap();
    assert!(metrics.lines().any(|line| line == "pebble_service_active{service=\"a\"} 1"), "{metrics}");
}

#[test]
fn an_inner_layer_goes_below_others() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let summary = |command: &str| layer(&format!("services: {{a: {{override: replace, command: {command}}}}}"));
    client.add_layer("one/first", &summary("first"), false).unwrap();
    client.add_layer("two", &summary("top"), false).unwrap();
    let refused = client.add_layer("one/second", &summary("second"), false).unwrap_err();
    assert!(refused.to_string().contains("inner"), "{refused}");
    client.add_inner_layer("one/second", &summary("second"), false).unwrap();
    assert_eq!(client.plan().unwrap().services["a"].command, "top");
}

#[test]
fn several_files_go_in_one_request() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let (one, two, bad) = (daemon.path("one"), daemon.path("two"), daemon.path("none/bad"));
    let before = client.requests();
    let new = |path, content: &'static [u8]| NewFile { path, content, options: WriteFile::default() };
    let written = client.write_files(vec![new(&one, b"1"), new(&bad, b""), new(&two, b"\r\n--2\r\n")]).unwrap();
    assert!(written[0].is_ok() && written[2].is_ok(), "{written:?}");
    assert!(matches!(written[1], Err(Error::Path { kind: PathErrorKind::NotFound, .. })), "{written:?}");
    assert_eq!(client.requests(), before + 1);
    let read = client.read_files(&[&one, &bad, &two], 100).unwrap();
    assert_eq!((read[0].as_deref().unwrap(), read[2].as_deref().unwrap()), (&b"1"[..], &b"\r\n--2\r\n"[..]));
    let (dir, deep) = (daemon.path("dir"), daemon.path("some/deep/dir"));
    let parents = MakeDir { make_parents: true, ..MakeDir::default() };
    let made =
        client.make_dirs(&[(&dir, &MakeDir::default()), (&one, &MakeDir::default()), (&deep, &parents)]).unwrap();
    assert!(made[0].is_ok() && made[1].is_err() && made[2].is_ok(), "{made:?}");
    let removed = client.remove_all(&[&one, &bad, &dir], false).unwrap();
    assert!(removed[0].is_ok() && removed[2].is_ok(), "{removed:?}");
    assert!(removed[1].as_ref().unwrap_err().is_not_found());
    assert!(client.write_files::<&[u8]>(Vec::new()).unwrap().is_empty());
    until("the directory is gone", || (!std::path::Path::new(&dir).exists()).then_some(()));
}
