//! SMTP: a mail server's values as the variables `SMTP_…`, or as Spring's properties.

use interfaces::smtp::{self, Auth, Security, Smtp};
use pebble::plan::Environment;

use super::names;
use crate::facts::Interface;
use crate::framework::Naming;

/// Interface `smtp`.
pub const SMTP: Interface = Interface {
    name: smtp::INTERFACE,
    needs: smtp::NEEDS,
    clear_secrets: &["password"],
    secrets: smtp::secrets,
    read: |relation, local| {
        smtp::read(&relation.view, &relation.secrets).map(|server| match local.naming() {
            Naming::Plain => plain(&names::upper(&relation.view.endpoint), &server).into(),
            Naming::Spring => properties(&server).into(),
        })
    },
    ..Interface::PLAIN
};

fn plain(prefix: &str, server: &Smtp) -> Environment {
    let rows = [
        ("_HOST", Some(server.host.clone())),
        ("_PORT", Some(server.port.to_string())),
        ("_USER", server.user.clone()),
        ("_PASSWORD", server.password.as_ref().map(|password| password.expose().to_owned())),
        ("_AUTH_TYPE", (server.auth != Auth::None).then(|| server.auth.name().to_owned())),
        ("_TRANSPORT_SECURITY", (server.security != Security::None).then(|| server.security.name().to_owned())),
        ("_DOMAIN", server.domain.clone()),
        // Applications compare with Python's spelling of booleans.
        ("_SKIP_SSL_VERIFY", Some(if server.skip_ssl_verify { "True" } else { "False" }.to_owned())),
        ("_SENDER", server.sender.clone()),
        ("_RECIPIENTS", Some(server.recipients.join(",")).filter(|list| !list.is_empty())),
    ];
    names::table(prefix, rows)
}

fn properties(server: &Smtp) -> Environment {
    let said = |on: bool| if on { "true" } else { "false" }.to_owned();
    let rows = [
        ("host", Some(server.host.clone())),
        ("port", Some(server.port.to_string())),
        ("username", username(server)),
        ("password", server.password.as_ref().map(|password| password.expose().to_owned())),
        ("properties.mail.smtp.auth", Some(said(server.auth == Auth::Plain))),
        ("properties.mail.smtp.starttls.enable", Some(said(server.security == Security::StartTls))),
        ("properties.mail.smtp.ssl.enable", (server.security == Security::Tls).then(|| said(true))),
        ("properties.mail.smtp.ssl.trust", server.skip_ssl_verify.then(|| "*".to_owned())),
    ];
    names::table("spring.mail.", rows)
}

/// User for Spring's login. Adds the domain, if there is one, to a user without `@`.
fn username(server: &Smtp) -> Option<String> {
    let user = server.user.clone()?;
    let domain = server.domain.as_ref().filter(|_| !user.contains('@'));
    Some(domain.map_or_else(|| user.clone(), |domain| format!("{user}@{domain}")))
}
