//! Django, under gunicorn: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/django-framework-extension/>.

use interfaces::uri::Uri;
use pebble::plan::Environment;

use super::option::{FrameworkOption, Purpose, Rule, Value, secret_key};
use super::{EnvInputs, EnvNames, Framework, FrameworkAction, Line, Metrics, Naming, WebServer, gunicorn};

/// Django in rocks and charms of the 1.x line.
pub const DJANGO: Framework = Framework {
    name: "django",
    title: "Django",
    line: Line::First,
    container: "django-app",
    prefix: "DJANGO_",
    app_dir: "/django/app",
    state_dir: "/tmp/django/state",
    port: 8000,
    metrics: Some(Metrics { port: 9102, path: "/metrics" }),
    env_names: EnvNames::NOTHING,
    options: &[OPTIONS, KEY, gunicorn::OPTIONS],
    constants: &[],
    own: allowed_hosts,
    server: WebServer::Gunicorn,
    naming: Naming::Plain,
    needs_database: true,
    actions: &[CREATE_SUPERUSER],
    panels: gunicorn::PANELS,
    reserved: &["django-", "webserver-"],
};

/// Django in the 2.x line: container and secret key's option have the names that all frameworks share, and
/// `paas-config.yaml` sets port and metrics. Charms packed with the older options keep them.
pub const DJANGO_2: Framework = Framework {
    line: Line::Second,
    container: "app",
    env_names: EnvNames { port: None, metrics: Some(["DJANGO_METRICS_PORT", "DJANGO_METRICS_PATH"]) },
    options: &[OPTIONS, KEY, APP_KEY, gunicorn::OPTIONS],
    reserved: &["django-", "webserver-", "app-secret-key"],
    ..DJANGO
};

const KEY: &[FrameworkOption] = &secret_key("django-secret-key", "django-secret-key-id", &["DJANGO_SECRET_KEY"]);
const APP_KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["DJANGO_SECRET_KEY"]);

const ALLOWED_HOSTS: &str = "DJANGO_ALLOWED_HOSTS";

const OPTIONS: &[FrameworkOption] = &[
    FrameworkOption::boolean("django-debug").gives(&["DJANGO_DEBUG"]).or(Value::Bool(false)),
    FrameworkOption::text("django-allowed-hosts", Rule::Any).used_as(Purpose::Own(
        "`DJANGO_ALLOWED_HOSTS`, a JSON list of these comma-separated hosts and the host of the public address",
    )),
];

const CREATE_SUPERUSER: FrameworkAction = FrameworkAction {
    name: "create-superuser",
    purpose: "create the superuser",
    command: &["python3", "manage.py", "createsuperuser", "--noinput"],
    params: &[("username", "DJANGO_SUPERUSER_USERNAME"), ("email", "DJANGO_SUPERUSER_EMAIL")],
    password: "DJANGO_SUPERUSER_PASSWORD",
};

/// Variable with the hosts that Django answers: those of the option, and the host of the public address.
fn allowed_hosts(inputs: &EnvInputs<'_>) -> Environment {
    let set = inputs.options.get("django-allowed-hosts").map(String::as_str).unwrap_or_default();
    let mut hosts: Vec<_> = set.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect();
    let own = Uri::first(inputs.base_url).hostname.filter(|host| !hosts.contains(host));
    hosts.extend(own);
    let quoted: Vec<_> = hosts.into_iter().map(|host| serde_json::Value::from(host).to_string()).collect();
    [(ALLOWED_HOSTS, format!("[{}]", quoted.join(", ")))].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn allowed_hosts_are_a_json_list_with_the_applications_own_and_without_empty_ones() {
        let table = [
            (None, "http://shop.M:8000", r#"["shop.m"]"#),
            (Some(""), "http://shop.m:8000", r#"["shop.m"]"#),
            (Some("a.example, b.example"), "https://Juju.test/m-shop", r#"["a.example", "b.example", "juju.test"]"#),
            (Some("a,,b,"), "http://shop.m:8000", r#"["a", "b", "shop.m"]"#),
            (Some("shop.m"), "http://shop.m:8000", r#"["shop.m"]"#),
            (Some("a\"b"), "http://shop.m", r#"["a\"b", "shop.m"]"#),
            (Some(".example"), "http://[::1]:80/", r#"[".example", "::1"]"#),
        ];
        for (option, base_url, expected) in table {
            let options: BTreeMap<_, _> =
                option.map(|text| ("django-allowed-hosts", text.to_owned())).into_iter().collect();
            let inputs = EnvInputs { options: &options, base_url, metrics: None };
            assert_eq!(allowed_hosts(&inputs)[ALLOWED_HOSTS], expected, "{option:?}");
        }
    }
}
