//! Every interface with the keys that its two halves read, for tests that try all of them alike.

use std::collections::BTreeMap;
use std::fmt::Debug;

use interfaces::{
    Read, SecretRef, Secrets, Topology, backup, database, grafana_dashboard, http_proxy, ingress, k8s_backup_target,
    loki_push_api, mongodb, mysql, oauth, openfga, peer, postgresql, prometheus_scrape, rabbitmq, redis, s3, saml,
    smtp, tracing, valkey, velero_backup_config,
};
use juju::{Databag, RelationId, Secret, SecretContent, View};

/// Address of the secret that is granted.
pub(crate) const SECRET: &str = "secret:cjqub6vubg2s77p3nio0";

/// A key: its name, a usable value, and the reading of a value of 10 MB.
pub(crate) type Key = (&'static str, &'static str, &'static str);

/// An interface, with the keys that its two halves read.
pub(crate) struct Interface {
    /// Its name.
    pub(crate) name: &'static str,
    /// Keys of the provider's application, which the requirer reads.
    pub(crate) app: &'static [Key],
    /// Keys of the provider's units.
    pub(crate) unit: &'static [Key],
    /// Fields of the secret.
    pub(crate) fields: &'static [Key],
    /// Keys of the requirer's application, which the provider reads.
    pub(crate) asked: &'static [Key],
    /// Reads and requests of the requirer.
    pub(crate) requirer: fn(&View, &Secrets) -> Outcome,
    /// Reads and answers of the provider.
    pub(crate) provider: fn(&View) -> Outcome,
}

/// Result of reading a view and writing to it.
pub(crate) struct Outcome {
    /// The reading in a line; of a ready one only the word.
    pub(crate) said: String,
    /// `Debug` output of all results, as a log would show it.
    pub(crate) shown: String,
}

impl Outcome {
    /// Outcome of a reading, the secrets it refers to, and the resulting changes.
    fn of<T: Debug>(read: &Read<T>, refs: &[SecretRef], changes: &impl Debug) -> Self {
        let said = match read {
            Read::Absent => "absent".to_owned(),
            Read::Waiting(key) => format!("waiting {key}"),
            Read::Invalid { key, why } => format!("invalid {key}: {why}"),
            Read::Ready(_) => "ready".to_owned(),
        };
        Self { said, shown: format!("{read:?} {refs:?} {changes:?}") }
    }

    /// Outcome of a half that has no `read`.
    fn nothing(_: &View) -> Self {
        Self { said: "ready".to_owned(), shown: String::new() }
    }
}

impl Interface {
    /// The view of one half. The other side has written usable values, with `instead` in place of some.
    pub(crate) fn view(keys: &[Key], instead: &[(&str, &str)]) -> View {
        let mut view = View::empty("endpoint", RelationId(3));
        view.app = Some("other".to_owned());
        view.local_app = Some(Databag::new());
        view.remote_app = bag(keys, instead);
        view
    }
}

/// A databag with usable values, with `instead` in place of some. Empty values are left out.
pub(crate) fn bag(keys: &[Key], instead: &[(&str, &str)]) -> Databag {
    let usable = keys.iter().map(|(key, usable, _)| (*key, *usable));
    let all: BTreeMap<_, _> = usable.chain(instead.iter().copied()).collect();
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The secret with usable values, with `instead` in place of some.
pub(crate) fn secrets(keys: &[Key], instead: &[(&str, &str)]) -> Secrets {
    let fields = bag(keys, instead);
    let fields = fields.iter().map(|(key, value)| (key.to_owned(), Secret::from(value.as_str())));
    let content: SecretContent = fields.collect();
    [(SECRET.parse().expect("it is an address"), content)].into()
}

/// Keys whose reading of a value of 10 MB is that the text is too long.
macro_rules! long {
    ($($key:literal $usable:literal)*) => { &[$(($key, $usable, concat!("invalid ", $key, ": it is longer than 10 KiB"))),*] };
}

/// Certificate of an authority, as far as its form is looked at.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

const DATABASE: &[Key] = &[
    ("data", "{}", "ready"),
    ("database", "shop", "invalid database: it is longer than 10 KiB"),
    ("endpoints", "db:5432,db2:5432", "invalid endpoints: it is longer than 10 KiB"),
    ("password", "", "invalid password: it is longer than 10 KiB"),
    ("read-only-endpoints", "db3:5432", "invalid read-only-endpoints: it is longer than 10 KiB"),
    ("replset", "", "ready"),
    ("secret-entity", "", "ready"),
    ("secret-tls", "", "invalid secret-tls: it is not the address of a secret"),
    ("secret-user", "", "invalid secret-user: it is not the address of a secret"),
    ("subordinated", "", "ready"),
    ("tls", "True", "invalid tls: it is longer than 10 KiB"),
    ("tls-ca", CERTIFICATE, "invalid tls-ca: it is longer than 64 KiB"),
    ("uris", "mongodb://me:hunter2@db/shop", "invalid uris: it is longer than 10 KiB"),
    ("username", "me", "invalid username: it is longer than 10 KiB"),
    ("version", "16", "invalid version: it is longer than 10 KiB"),
];

const USER: &[Key] = long! { "password" "hunter2" "uris" "postgresql://me:hunter2@db/shop" "username" "me" };

const DATABASE_ASKED: &[Key] = &[
    ("database", "shop", "invalid database: it is longer than 10 KiB"),
    ("external-node-connectivity", "true", "ready"),
    ("extra-group-roles", "a", "invalid extra-group-roles: it is longer than 10 KiB"),
    ("extra-user-roles", "a,b", "invalid extra-user-roles: it is longer than 10 KiB"),
    ("requested-secrets", r#"["password"]"#, "invalid requested-secrets: it is longer than 64 KiB"),
];

/// The flat form of a request for backups.
const TARGET: &[Key] = &[
    ("app", "shop", "invalid app: it is longer than 10 KiB"),
    ("model", "m", "invalid model: it is longer than 10 KiB"),
    ("relation_name", "backup", "invalid relation_name: it is longer than 10 KiB"),
    ("spec", r#"{"ttl": "24h"}"#, "invalid spec: it is longer than 64 KiB"),
];

const TOPOLOGY: &str = r#"{"model": "m", "model_uuid": "u", "application": "shop"}"#;

const TARGET_LIST: &str = r#"[{"app": "shop", "relation_name": "backup", "model": "m", "spec": {}}]"#;

type DatabaseReader = fn(&View, &Secrets, &database::Request) -> Read<database::Database>;

fn database(view: &View, secrets: &Secrets, read: DatabaseReader) -> Outcome {
    let wanted = database::Request { database: "shop".into(), secrets: true, cross_model: false };
    let found = read(view, secrets, &wanted);
    if let Read::Ready(database) = &found {
        let _ = database.parts();
    }
    let found = found.and_then(|database| database::server_tls(view, secrets).map(|tls| (database, tls)));
    Outcome::of(&found, &database::secrets(view), &database::request(view, &wanted))
}

fn database_provider(view: &View) -> Outcome {
    let found = database::provider::read(view);
    let account = database::provider::Account {
        database: "shop".into(),
        username: "me".into(),
        password: "hunter2".into(),
        uris: None,
        endpoints: vec!["db:5432".into()],
        read_only_endpoints: Vec::new(),
        tls: None,
        tls_ca: None,
        replset: None,
        version: None,
    };
    let changes = found.ready().map(|request| database::provider::answer(view, request, &account));
    Outcome::of(&found, &[], &changes)
}

fn valkey_provider(view: &View) -> Outcome {
    let found = valkey::provider::read(view);
    let valkey = valkey::Valkey {
        username: "me".into(),
        password: "hunter2".into(),
        endpoints: vec!["valkey:6379".into()],
        read_only_endpoints: Vec::new(),
        sentinel_endpoints: Vec::new(),
        mode: None,
        version: None,
        tls: false,
        tls_ca: None,
    };
    let changes = found.ready().map(|request| valkey::provider::answer(view, request, &valkey));
    Outcome::of(&found, &[], &changes)
}

const SQL: Interface = Interface {
    name: postgresql::INTERFACE,
    app: DATABASE,
    unit: &[],
    fields: USER,
    asked: DATABASE_ASKED,
    requirer: |view, secrets| database(view, secrets, postgresql::read),
    provider: database_provider,
};

/// Every interface.
pub(crate) const EVERY: &[Interface] = &[
    SQL,
    Interface { name: mysql::INTERFACE, requirer: |view, secrets| database(view, secrets, mysql::read), ..SQL },
    Interface { name: mongodb::INTERFACE, requirer: |view, secrets| database(view, secrets, mongodb::read), ..SQL },
    Interface {
        name: redis::INTERFACE,
        app: long! { "leader-host" "" },
        unit: long! { "hostname" "redis-0" "port" "6379" },
        fields: &[],
        asked: &[],
        requirer: |view, _| Outcome::of(&redis::read(view), &[], &()),
        provider: Outcome::nothing,
    },
    Interface {
        name: valkey::INTERFACE,
        app: &[
            ("data", "{}", "ready"),
            (
                "requests",
                r#"[{"request-id": "r", "endpoints": "v:6379", "secret-user": "secret:cjqub6vubg2s77p3nio0", "secret-tls": "secret:cjqub6vubg2s77p3nio0"}]"#,
                "invalid requests: it is longer than 64 KiB",
            ),
            ("version", "v1", "invalid version: it is not v1"),
        ],
        unit: &[],
        fields: &[
            ("password", "hunter2", "invalid secret-user: it is longer than 10 KiB"),
            ("tls", "true", "ready"),
            ("tls-ca", "-----BEGIN\nMII", "invalid secret-tls: it is longer than 64 KiB"),
            ("username", "me", "invalid secret-user: it is longer than 10 KiB"),
        ],
        asked: &[(
            "requests",
            r#"[{"resource": "*", "request-id": "r", "salt": "s"}]"#,
            "invalid requests: it is longer than 64 KiB",
        )],
        requirer: |view, secrets| {
            let changes = valkey::request(view, &[7; valkey::RANDOM_BYTES]);
            let found = valkey::read(view, secrets);
            if let Read::Ready(valkey) = &found {
                let _ = valkey.uri();
            }
            Outcome::of(&found, &valkey::secrets(view), &changes)
        },
        provider: valkey_provider,
    },
    Interface {
        name: rabbitmq::INTERFACE,
        app: long! { "hostname" "rabbitmq" "password" "hunter2" },
        unit: long! { "hostname" "10.0.0.1" },
        fields: &[],
        asked: long! { "username" "me" "vhost" "/" },
        requirer: |view, _| {
            let wanted = rabbitmq::Request { username: "me".into(), vhost: "/".into() };
            let found = rabbitmq::read(view, &wanted);
            if let Read::Ready(broker) = &found {
                let _ = (broker.uri(), broker.uris());
            }
            Outcome::of(&found, &[], &rabbitmq::request(view, &wanted))
        },
        provider: |view| Outcome::of(&rabbitmq::provider::read(view), &[], &()),
    },
    Interface {
        name: s3::INTERFACE,
        app: &[
            ("access-key", "hunter2", "invalid access-key: it is longer than 10 KiB"),
            ("attributes", r#"["a"]"#, "invalid attributes: it is longer than 64 KiB"),
            ("bucket", "media", "invalid bucket: it is longer than 10 KiB"),
            ("data", "{}", "ready"),
            ("endpoint", "https://s3", "invalid endpoint: it is longer than 10 KiB"),
            ("path", "/", "invalid path: it is longer than 10 KiB"),
            ("region", "eu", "invalid region: it is longer than 10 KiB"),
            ("s3-api-version", "4", "invalid s3-api-version: it is longer than 10 KiB"),
            ("s3-uri-style", "host", "invalid s3-uri-style: it is longer than 10 KiB"),
            ("secret-extra", "", "ready"),
            ("secret-key", "hunter2", "invalid secret-key: it is longer than 10 KiB"),
            ("storage-class", "STANDARD", "invalid storage-class: it is longer than 10 KiB"),
            (
                "tls-ca-chain",
                r#"["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"]"#,
                "invalid tls-ca-chain: it is longer than 64 KiB",
            ),
        ],
        unit: &[],
        fields: &[],
        asked: long! { "bucket" "media" },
        requirer: |view, secrets| {
            let changes = s3::request(view, &s3::Request { bucket: "media".into() });
            Outcome::of(&s3::read(view, secrets), &s3::secrets(view), &changes)
        },
        provider: |view| Outcome::of(&s3::provider::read(view), &[], &()),
    },
    Interface {
        name: "s3 of version 1",
        app: &[
            ("bucket", "media", "invalid bucket: it is longer than 10 KiB"),
            ("secret-extra", SECRET, "invalid secret-extra: it is not the address of a secret"),
        ],
        unit: &[],
        fields: &[
            ("access-key", "hunter2", "invalid secret-extra: it is longer than 10 KiB"),
            ("secret-key", "hunter2", "invalid secret-extra: it is longer than 10 KiB"),
        ],
        asked: &[],
        requirer: |view, secrets| Outcome::of(&s3::read(view, secrets), &s3::secrets(view), &()),
        provider: Outcome::nothing,
    },
    Interface {
        name: saml::INTERFACE,
        app: &[
            ("entity_id", "https://idp", "invalid entity_id: it is longer than 10 KiB"),
            ("metadata_url", "https://idp/metadata", "invalid metadata_url: it is longer than 10 KiB"),
            (
                "single_sign_on_service_redirect_binding",
                "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
                "invalid single_sign_on_service_redirect_binding: it is longer than 10 KiB",
            ),
            (
                "single_sign_on_service_redirect_response_url",
                "https://idp/back",
                "invalid single_sign_on_service_redirect_response_url: it is longer than 10 KiB",
            ),
            (
                "single_sign_on_service_redirect_url",
                "https://idp/sso",
                "invalid single_sign_on_service_redirect_url: it is longer than 10 KiB",
            ),
            ("x509certs", "MIIC,MIID", "invalid x509certs: it is longer than 64 KiB"),
        ],
        unit: &[],
        fields: &[],
        asked: &[],
        requirer: |view, _| {
            let found = saml::read(view);
            if let Read::Ready(saml) = &found {
                let _ = (saml.signing_certificate(), saml.single_sign_on_redirect_url());
            }
            Outcome::of(&found, &[], &())
        },
        provider: Outcome::nothing,
    },
    Interface {
        name: smtp::INTERFACE,
        app: &[
            ("auth_type", "plain", "invalid auth_type: it is longer than 10 KiB"),
            ("domain", "example.com", "invalid domain: it is longer than 10 KiB"),
            ("host", "smtp", "invalid host: it is longer than 10 KiB"),
            ("password", "", "invalid password: it is longer than 10 KiB"),
            ("password_id", SECRET, "invalid password_id: it is not the address of a secret"),
            ("port", "25", "invalid port: it is longer than 10 KiB"),
            ("recipients", r#"["a@b"]"#, "invalid recipients: it is longer than 10 KiB"),
            ("skip_ssl_verify", "False", "invalid skip_ssl_verify: it is longer than 10 KiB"),
            ("smtp_sender", "me@example.com", "invalid smtp_sender: it is longer than 10 KiB"),
            ("transport_security", "tls", "invalid transport_security: it is longer than 10 KiB"),
            ("user", "me", "invalid user: it is longer than 10 KiB"),
        ],
        unit: &[],
        fields: &[("password", "hunter2", "invalid password_id: it is longer than 10 KiB")],
        asked: &[],
        requirer: |view, secrets| Outcome::of(&smtp::read(view, secrets), &smtp::secrets(view), &()),
        provider: Outcome::nothing,
    },
    Interface {
        name: openfga::INTERFACE,
        app: &[
            ("grpc_api_url", "http://fga:8081", "invalid grpc_api_url: it is longer than 10 KiB"),
            ("http_api_url", "http://fga:8080", "invalid http_api_url: it is longer than 10 KiB"),
            ("store_id", "01GK", "invalid store_id: it is longer than 10 KiB"),
            // The token in the secret is used, so this one is ignored.
            ("token", "", "ready"),
            ("token_secret_id", SECRET, "invalid token_secret_id: it is not the address of a secret"),
        ],
        unit: &[],
        fields: &[("token", "hunter2", "invalid token_secret_id: it is longer than 10 KiB")],
        asked: long! { "store_name" "app-store" },
        requirer: |view, secrets| {
            let changes = openfga::request(view, &openfga::Request { store_name: "app-store".into() });
            Outcome::of(&openfga::read(view, secrets), &openfga::secrets(view), &changes)
        },
        provider: |view| Outcome::of(&openfga::provider::read(view), &[], &()),
    },
    Interface {
        name: oauth::INTERFACE,
        app: &[
            ("authorization_endpoint", "https://idp/a", "invalid authorization_endpoint: it is longer than 10 KiB"),
            ("client_id", "42", "invalid client_id: it is longer than 10 KiB"),
            ("client_secret_id", SECRET, "invalid client_secret_id: it is longer than 10 KiB"),
            ("introspection_endpoint", "https://idp/i", "invalid introspection_endpoint: it is longer than 10 KiB"),
            ("issuer_url", "https://idp", "invalid issuer_url: it is longer than 10 KiB"),
            ("jwks_endpoint", "https://idp/j", "invalid jwks_endpoint: it is longer than 10 KiB"),
            ("scope", "openid", "ready"),
            ("token_endpoint", "https://idp/t", "invalid token_endpoint: it is longer than 10 KiB"),
            ("userinfo_endpoint", "https://idp/u", "invalid userinfo_endpoint: it is longer than 10 KiB"),
        ],
        unit: &[],
        fields: &[("secret", "hunter2", "invalid client_secret_id: it is longer than 10 KiB")],
        asked: long! { "redirect_uri" "https://shop/callback" "scope" "openid" },
        requirer: |view, secrets| {
            let wanted = oauth::Request { redirect_uri: "https://shop/callback".into(), scope: "openid".into() };
            Outcome::of(&oauth::read(view, secrets), &oauth::secrets(view), &oauth::request(view, &wanted))
        },
        provider: |view| Outcome::of(&oauth::provider::read(view), &[], &()),
    },
    Interface {
        name: tracing::INTERFACE,
        app: &[(
            "receivers",
            r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://tempo:4318"}]"#,
            // An application works without tracing, so this interface never blocks it.
            "waiting receivers",
        )],
        unit: &[],
        fields: &[],
        asked: &[("receivers", r#"["otlp_http"]"#, "invalid receivers: it is longer than 64 KiB")],
        requirer: |view, _| Outcome::of(&tracing::read(view), &[], &tracing::request(view)),
        provider: |view| Outcome::of(&tracing::provider::read(view), &[], &()),
    },
    Interface {
        name: prometheus_scrape::INTERFACE,
        app: &[
            ("alert_rules", r#"{"groups": []}"#, "invalid alert_rules: it is longer than 8192 KiB"),
            ("scrape_jobs", r#"[{"job_name": "a"}]"#, "invalid scrape_jobs: it is longer than 64 KiB"),
            ("scrape_metadata", TOPOLOGY, "invalid scrape_metadata: it is longer than 64 KiB"),
        ],
        // A unit without a usable address is left out.
        unit: &[
            ("prometheus_scrape_unit_address", "10.1.0.7", "ready"),
            ("prometheus_scrape_unit_fqdn", "shop-0", "ready"),
            ("prometheus_scrape_unit_path", "", "ready"),
        ],
        fields: &[],
        // A complaint that can't be read is ignored.
        asked: &[("event", r#"{"valid": true}"#, "ready")],
        requirer: |view, _| {
            let found = prometheus_scrape::read(view).map(|scraped| scraped.targets());
            Outcome::of(&found, &[], &prometheus_scrape::answer(view, "", ""))
        },
        provider: |view| Outcome::of(&Read::Ready(prometheus_scrape::provider::complaint(view)), &[], &()),
    },
    Interface {
        name: loki_push_api::INTERFACE,
        app: &[("event", r#"{"valid": true}"#, "ready")],
        unit: &[("endpoint", r#"{"url": "http://loki"}"#, "invalid endpoint: it is longer than 64 KiB")],
        fields: &[],
        asked: &[
            ("alert_rules", "{}", "invalid alert_rules: it is longer than 8192 KiB"),
            ("metadata", TOPOLOGY, "invalid metadata: it is longer than 64 KiB"),
        ],
        requirer: |view, _| {
            let _ = loki_push_api::complaint(view);
            let rules = interfaces::alert_rules::document(Vec::new());
            let changes = loki_push_api::request(view, &Topology::default(), &rules);
            let first = loki_push_api::endpoints(view).into_values().next();
            Outcome::of(&first.unwrap_or(Read::Absent), &[], &changes)
        },
        provider: |view| Outcome::of(&loki_push_api::provider::read(view), &[], &()),
    },
    Interface {
        name: grafana_dashboard::INTERFACE,
        app: &[("dashboards", r#"{"templates": {}}"#, "invalid dashboards: it is longer than 8192 KiB")],
        unit: &[],
        fields: &[],
        asked: &[("event", r#"{"valid": true}"#, "ready")],
        requirer: |view, _| {
            let changes = grafana_dashboard::answer(view, &BTreeMap::new());
            Outcome::of(&grafana_dashboard::read(view), &[], &changes)
        },
        provider: |view| Outcome::of(&Read::Ready(grafana_dashboard::provider::complaint(view)), &[], &()),
    },
    Interface {
        name: http_proxy::INTERFACE,
        app: &[(
            "responses",
            r#"[{"requirer": "r", "status": "ready", "auth": "userpass", "http_proxy": "http://p:1", "https_proxy": "http://p:1", "user": "secret:cjqub6vubg2s77p3nio0"}]"#,
            "invalid responses: it is longer than 64 KiB",
        )],
        unit: &[],
        fields: &[
            ("password", "hunter2", "invalid responses: it is longer than 10 KiB"),
            ("username", "me", "invalid responses: it is longer than 10 KiB"),
        ],
        asked: &[("requests", r#"[{"requirer": "r"}]"#, "invalid requests: it is longer than 64 KiB")],
        requirer: |view, secrets| {
            let changes = http_proxy::request(view, &[7; http_proxy::RANDOM_BYTES]);
            // A unit that does not lead takes the only response; the leader would look for its request's id.
            let follower = View { local_app: None, ..view.clone() };
            Outcome::of(&http_proxy::read(&follower, secrets), &http_proxy::secrets(&follower), &changes)
        },
        provider: |view| {
            let found = http_proxy::provider::read(view);
            let verdict = http_proxy::provider::Verdict::Pending;
            let changes = found.ready().map(|requests| http_proxy::provider::answer(view, requests, &verdict));
            Outcome::of(&found, &[], &changes)
        },
    },
    Interface {
        name: ingress::INTERFACE,
        app: &[("ingress", r#"{"url": "https://example.com/"}"#, "invalid ingress: it is longer than 64 KiB")],
        unit: &[],
        fields: &[],
        asked: &[
            ("is_port_open", "true", "invalid is_port_open: it is longer than 64 KiB"),
            ("model", "\"m\"", "invalid model: it is longer than 64 KiB"),
            ("name", "\"shop\"", "invalid name: it is longer than 64 KiB"),
            ("port", "8000", "invalid port: it is longer than 64 KiB"),
            ("redirect-https", "false", "invalid redirect-https: it is longer than 64 KiB"),
            ("scheme", "\"http\"", "invalid scheme: it is longer than 64 KiB"),
            ("strip-prefix", "true", "invalid strip-prefix: it is longer than 64 KiB"),
        ],
        requirer: |view, _| {
            let wanted = ingress::Request {
                model: "m".into(),
                name: "shop".into(),
                port: 8000,
                strip_prefix: true,
                redirect_https: false,
                is_port_open: true,
                scheme: ingress::Scheme::Http,
                host: "h".into(),
                ip: None,
            };
            Outcome::of(&ingress::read(view), &[], &ingress::request(view, &wanted))
        },
        provider: |view| Outcome::of(&ingress::provider::read(view), &[], &()),
    },
    Interface {
        name: peer::INTERFACE,
        app: long! { "flask_secret_key" "hunter2" },
        unit: &[],
        fields: &[],
        asked: &[],
        requirer: |view, _| {
            let view = View { local_app: Some(view.remote_app.clone()), ..view.clone() };
            let changes = peer::request(&view, "flask", &[7; peer::KEY_BYTES]);
            Outcome::of(&peer::read(&view, "flask"), &[], &changes)
        },
        provider: Outcome::nothing,
    },
    Interface {
        name: k8s_backup_target::INTERFACE,
        app: TARGET,
        unit: &[],
        fields: &[],
        asked: &[],
        requirer: |view, _| Outcome::of(&k8s_backup_target::read(view), &[], &()),
        provider: Outcome::nothing,
    },
    Interface {
        name: "k8s_backup_target as a list",
        app: &[("backup_targets", TARGET_LIST, "invalid backup_targets: it is longer than 64 KiB")],
        unit: &[],
        fields: &[],
        asked: &[],
        requirer: |view, _| Outcome::of(&k8s_backup_target::read(view), &[], &()),
        provider: Outcome::nothing,
    },
    Interface {
        name: velero_backup_config::INTERFACE,
        app: &[],
        unit: &[],
        fields: &[],
        asked: TARGET,
        requirer: |view, _| Outcome::nothing(view),
        provider: |view| Outcome::of(&velero_backup_config::provider::read(view, "m"), &[], &()),
    },
    Interface {
        name: backup::INTERFACE,
        app: &[],
        unit: &[],
        fields: &[],
        asked: &[
            ("fileset", "/a,/b", "invalid fileset: it is longer than 64 KiB"),
            ("run-after-backup", "/a", "invalid run-after-backup: it is longer than 64 KiB"),
            ("run-after-restore", "/a", "invalid run-after-restore: it is longer than 64 KiB"),
            ("run-before-backup", "/a", "invalid run-before-backup: it is longer than 64 KiB"),
            ("run-before-restore", "/a", "invalid run-before-restore: it is longer than 64 KiB"),
        ],
        requirer: |view, _| Outcome::nothing(view),
        provider: |view| Outcome::of(&backup::provider::read(view), &[], &()),
    },
];
