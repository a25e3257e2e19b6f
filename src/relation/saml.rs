//! An identity provider that speaks SAML as the variables `SAML_…`, or as Spring's properties and a certificate's file.

use interfaces::saml::{self, Saml};
use pebble::plan::Environment;

use super::{Interface, Provided, names};
use crate::framework::{Framework, Naming};

/// `saml`
pub const SAML: Interface = Interface {
    name: saml::INTERFACE,
    needs: saml::NEEDS,
    read: |relation, local| {
        saml::read(&relation.view).map(|provider| match local.naming() {
            Naming::Plain => plain(&names::upper(&relation.view.endpoint), &provider).into(),
            Naming::Spring => spring(local.framework, &provider),
        })
    },
    file: |framework| (framework.naming == Naming::Spring).then(|| certificate_path(framework)),
    ..Interface::PLAIN
};

fn plain(prefix: &str, provider: &Saml) -> Environment {
    let rows = [
        ("_ENTITY_ID", Some(provider.entity_id.clone())),
        ("_METADATA_URL", provider.metadata_url.clone()),
        ("_SINGLE_SIGN_ON_REDIRECT_URL", provider.single_sign_on_redirect_url().map(str::to_owned)),
        ("_SIGNING_CERTIFICATE", Some(provider.signing_certificate().to_owned())),
    ];
    names::table(prefix, rows)
}

/// The name of the registration is part of addresses that identity providers know, so it stays what it has always been;
/// the same holds for what the application calls itself.
const REGISTRATION: &str = "spring.security.saml2.relyingparty.registration.testentity.";

fn certificate_path(framework: &Framework) -> String {
    format!("{}/saml.cert", framework.app_dir)
}

fn spring(framework: &Framework, provider: &Saml) -> Provided {
    let path = certificate_path(framework);
    let redirect = provider.single_sign_on_redirect_url();
    // Without metadata nothing says that requests needn't be signed, and there is no key to sign with.
    let unsigned = redirect.filter(|_| provider.metadata_url.is_none()).map(|_| "false".to_owned());
    let rows = [
        ("entity-id", Some(provider.entity_id.clone())),
        ("assertingparty.entity-id", Some(provider.entity_id.clone())),
        ("assertingparty.metadata-uri", provider.metadata_url.clone()),
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

/// A certificate in PEM, which providers may leave to be put around.
fn pem(certificate: &str) -> String {
    if certificate.contains("-----BEGIN") {
        return certificate.to_owned();
    }
    format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----")
}
