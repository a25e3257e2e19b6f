//! Secrets from proxies, options, databags and the rock, which an application prints: status and log show stars.

use juju::{Event, StatusKind};

use crate::support::{Charm, Rock, World, pebble_ready};

/// Prints every variable in several notations, and fails.
pub(super) const SCRIPT: &str = "\
env
python3 -c 'import json, os, shlex, urllib.parse as u
for v in os.environ.values(): print(json.dumps(v), shlex.quote(v), repr(v), u.quote(v, safe=\"\"), u.quote_plus(v), u.unquote(v))'
echo \"cannot reach $http_proxy\"
exit 1
";

/// Secret parts of the values below, plain and percent-encoded.
const PLANTED: [&str; 8] = [
    "pr0xy-s3cret",
    "pr0xy/s3cret",
    "opti0n-s3cret",
    "t0ken-s3cret",
    "r0ck-s3cret",
    "d4ta-s3cret",
    "key-l1ne-one",
    "key-l1ne-two",
];

const OPTIONS: &str = "  options:
    upstream: {type: string}
    api-token: {type: string}
    signing-secret: {type: string}
";

#[test]
fn a_migration_that_prints_its_environment_tells_no_secret() {
    let charm = Charm::with_every_integration("flask");
    let charm = charm.replace("requires:\n", "requires:\n  tracing: {interface: tracing, optional: true}\n");
    let charm = charm.replace("  options:\n", OPTIONS);
    let mut world = World::of(&charm);
    let proxies = [
        ("JUJU_CHARM_HTTP_PROXY", "http://operator:pr0xy-s3cret@proxy:3128"),
        ("JUJU_CHARM_HTTPS_PROXY", "http://operator:pr0xy%2Fs3cret@proxy:3128"),
    ];
    world.options.variables.extend(proxies.map(|(name, value)| (name.to_owned(), value.to_owned())));
    world.configure(&[
        ("upstream", "https://me:opti0n-s3cret@upstream/x"),
        ("api-token", "t0ken-s3cret"),
        ("signing-secret", "key-l1ne-one\nkey-l1ne-two"),
    ]);
    let service =
        "{override: replace, startup: disabled, command: sleep 1, environment: {DSN: 'https://r0ck-s3cret@sentry/1'}}";
    let rock = Rock::idle().file("flask/app/migrate.sh", SCRIPT).service("own-worker", service);
    let tracing = world.integrate("tracing", "tempo");
    let receivers =
        r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://u:d4ta-s3cret@tempo:4318"}]"#;
    world.say(tracing, "tempo", &[("receivers", receivers)]);
    let world = world.with_pod(rock);
    assert!(world.pebble().plan().unwrap().services.contains_key("own-worker"), "its variable counts as well");
    for event in [pebble_ready(), Event::UpdateStatus] {
        world.fire(event);
        let status = world.status();
        assert_eq!(status.kind, StatusKind::Blocked);
        assert!(
            status.message.ends_with("failed, will retry in next update-status: cannot reach http://***@proxy:3128"),
            "{status:?}"
        );
    }
    let texts = world.public_texts();
    for secret in PLANTED {
        assert!(!texts.contains(secret), "{secret} in {texts}");
    }
}
