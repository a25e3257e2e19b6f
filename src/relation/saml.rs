//! SAML: an identity provider's values as the variables `SAML_…`, or as Spring's properties and a file with the
//! certificate.

use interfaces::saml::{self, Saml};
use pebble::plan::Environment;

use super::names;
use crate::facts::{Interface, Provided};
use crate::framework::{Framework, Naming};

/// Interface `saml`.
pub const SAML: Interface = Interface {
    name: saml::INTERFACE,
    needs: saml::NEEDS,
    read: |relation, local| {
        saml::read(&relation.view).map(|provider| match local.naming() {
            Naming::Plain => plain(&names::upper(&relation.view.endpoint), &provider).into(),
            Naming::Spring => spring(local.framework, &provider),
        })
    },
    file: |framework, _| (framework.naming == Naming::Spring).then(|| certificate_path(framework)),
    ..Interface::PLAIN
};

fn plain(prefix: &str, provider: &Saml) -> Environment {
    let rows = [
        ("_ENTITY_ID", Some(provider.entity_id.clone().into())),
        ("_METADATA_URL", provider.metadata_url.clone().map(String::from)),
        ("_SINGLE_SIGN_ON_REDIRECT_URL", provider.single_sign_on_redirect_url().map(str::to_owned)),
        ("_SIGNING_CERTIFICATE", Some(provider.signing_certificate().to_owned())),
    ];
    names::table(prefix, rows)
}

/// Prefix of the registration's properties. Identity providers know addresses with this name, and our entity id, from
/// charms of the Python framework, so both stay.
const REGISTRATION: &str = "spring.security.saml2.relyingparty.registration.testentity.";

fn certificate_path(framework: &Framework) -> String {
    format!("{}/saml.cert", framework.app_dir)
}

fn spring(framework: &Framework, provider: &Saml) -> Provided {
    let path = certificate_path(framework);
    let redirect = provider.single_sign_on_redirect_url();
    // Without metadata Spring would sign requests, but the charm has no key for that.
    let unsigned = redirect.filter(|_| provider.metadata_url.is_none()).map(|_| "false".to_owned());
    let rows = [
        ("entity-id", Some(provider.entity_id.clone().into())),
        ("assertingparty.entity-id", Some(provider.entity_id.clone().into())),
        ("assertingparty.metadata-uri", provider.metadata_url.clone().map(String::from)),
        ("assertingparty.singlesignon.url", redirect.map(str::to_owned)),
        ("assertingparty.singlesignon.binding", redirect.map(|_| "REDIRECT".to_owned())),
        ("assertingparty.singlesignon.sign-request", unsigned),
        ("assertingparty.verification.credentials[0].certificate-location", Some(format!("file:{path}"))),
    ];
    Provided {
        variables: names::table(REGISTRATION, rows),
        files: [(path, pem(provider.signing_certificate()))].into(),
        ..Provided::default()
    }
}

/// Certificate in PEM. Providers may leave out the first and last line.
fn pem(certificate: &str) -> String {
    if certificate.contains("-----BEGIN") {
        return certificate.to_owned();
    }
    format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----")
}
