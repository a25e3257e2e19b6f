//! Arbitrary data, and the way from one half to the other with arbitrary parts.

use juju::UnitName;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// Values that others might write: real ones, nearly real ones, anything.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\[\\]{}\":,a-z0-9 ]{0,20}",
        "\\{\"url\": \"[a-z:/@\\[\\]\\\\,?# ]{0,20}\"\\}",
        "\\{\"url\": \"https?://[a-z:/@\\[\\]\\\\,?# ]{0,20}\"\\}",
        "\"[^\\pC\"\\\\]{0,9}\"",
        (0..70_000_i64).prop_map(|number| number.to_string()),
        Just("true".to_owned()),
        Just("\0\u{1b}[2J\r\n".to_owned()),
        (1..100_000_usize).prop_map(|length| "[".repeat(length)),
    ]
}

fn databag() -> impl Strategy<Value = Databag> {
    const KEYS: &[&str] = &["ingress", "model", "name", "port", "strip-prefix", "scheme", "host", "ip"];
    btree_map(proptest::sample::select(KEYS).prop_map(str::to_owned), value(), 0..9).prop_map(Databag::from)
}

fn requests() -> impl Strategy<Value = Request> {
    let scheme = proptest::sample::select(&[Scheme::Http, Scheme::Https, Scheme::H2c][..]);
    let texts = ("[^\\pC]{1,9}", "[^\\pC]{1,9}", "[^\\pC]{1,9}");
    (texts, 1..=u16::MAX, any::<[bool; 3]>(), scheme, any::<Option<IpAddr>>()).prop_map(
        |((model, name, host), port, [strip_prefix, redirect_https, is_port_open], scheme, ip)| Request {
            model,
            name,
            port,
            strip_prefix,
            redirect_https,
            is_port_open,
            scheme,
            host,
            ip,
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(app in databag(), unit in databag()) {
        let mut view = view(&[]);
        view.remote_app = app.clone();
        view.units = [("other/0".parse().unwrap(), unit)].into();
        if let Read::Ready(url) = read(&view) {
            prop_assert!(url.starts_with("http") && url.len() <= MAX_URL_BYTES);
            prop_assert!(!url.contains(|c: char| c.is_control() || c.is_whitespace()));
            let answer: Map<String, Value> = serde_json::from_str(app.text("ingress").unwrap()).unwrap();
            prop_assert_eq!(answer["url"].as_str(), Some(url.as_str()));
        }
        if let Read::Ready(request) = provider::read(&view) {
            prop_assert!(!request.model.is_empty() && !request.name.is_empty() && request.port > 0);
            prop_assert!(request.units.values().all(|place| !place.host.is_empty()));
        }
    }

    #[test]
    fn a_request_is_written_once_whatever_stood_there(app in databag(), unit in databag(), wanted in requests()) {
        let mut ours = view(&[]);
        ours.local_app = Some(app.clone());
        ours.local_unit = unit.clone();
        let changes = request(&ours, &wanted);
        ours.local_app = Some(written(&changes.app, &app));
        ours.local_unit = written(&changes.unit, &unit);
        prop_assert!(request(&ours, &wanted).is_empty());
    }

    #[test]
    fn what_a_requirer_asks_a_provider_reads(wanted in requests(), ips in vec(any::<Option<IpAddr>>(), 0..12)) {
        let mut ours = view(&[]);
        ours.local_app = Some(Databag::new());
        let mut theirs = view(&[]);
        theirs.remote_app = written(&request(&ours, &wanted).app, &Databag::new());
        let requests = ips.iter().map(|ip| Request { ip: *ip, ..wanted.clone() });
        let bags = requests.map(|wanted| written(&request(&ours, &wanted).unit, &Databag::new()));
        theirs.units = (0..).map(|number| UnitName::new("shop", number)).zip(bags).collect();

        let Requested { model, name, port, strip_prefix, redirect_https, is_port_open, scheme, units } =
            provider::read(&theirs).ready().cloned().expect("the request is complete");
        prop_assert_eq!(units.values().map(|place| place.ip).collect::<Vec<_>>(), ips);
        prop_assert!(units.values().all(|place| place.host == wanted.host));
        let (host, ip) = (wanted.host.clone(), wanted.ip);
        let read = Request { model, name, port, strip_prefix, redirect_https, is_port_open, scheme, host, ip };
        prop_assert_eq!(read, wanted);
    }

    #[test]
    fn what_a_provider_answers_a_requirer_reads(
        host in "[a-z0-9.-]{1,20}|\\[::1\\]|[\\pL&&[^\\pC]]{1,9}",
        port: Option<u16>,
        rest in "(/[^\\pC\\pZ]{0,20})?",
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = format!("https://{host}{port}{rest}");
        let answer = provider::answer(&view(&[]), Some(&url)).unwrap();
        let mut ours = view(&[]);
        ours.remote_app = written(&answer.app, &Databag::new());
        prop_assert_eq!(read(&ours), Read::Ready(url.into()));
    }
}
