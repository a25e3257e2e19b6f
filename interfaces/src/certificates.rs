//! Interface `tls-certificates`: a unit sends a signing request, and gets a certificate.
//!
//! **Requirer's side** (this file). Each unit writes `certificate_signing_requests` into its own databag: a JSON list of
//! objects with `certificate_signing_request` (PEM) and `ca`. The provider's application writes `certificates`: a JSON
//! list of objects with `certificate_signing_request`, `certificate`, `ca` and `chain`. A unit finds its certificate by its
//! request; those of other requests are not its own. **Provider's side**: [`provider`].
//!
//! ```
//! use interfaces::certificates;
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("certificates", RelationId(4));
//! view.remote_app = Databag::from_iter([(
//!     "certificates",
//!     r#"[{"certificate_signing_request": "mine", "certificate": "cert", "ca": "ca", "chain": ["cert", "ca"]}]"#,
//! )]);
//! let read = certificates::read(&view, "mine");
//! assert_eq!(read.ready().unwrap().ca, "ca");
//! assert!(certificates::read(&view, "other").ready().is_none());
//! ```

pub mod provider;

use juju::{Changes, Databag, Draft, Needs, View};
use serde::{Deserialize, Serialize};

use crate::field::certificates;
use crate::json;
use crate::read::{Read, Stop};

/// The name of the interface.
pub const INTERFACE: &str = "tls-certificates";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: true,
    remote_units: false,
    remote_unit_data: false,
    local_app: false,
    local_unit: true,
};

/// Key of the requirer's unit.
const REQUESTS: &str = "certificate_signing_requests";

/// Key of the provider's application.
const CERTIFICATES: &str = "certificates";

/// A certificate for this unit, all texts in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Certificate of the authority.
    pub ca: String,
    /// Certificates from this one to the authority's.
    pub chain: Vec<String>,
}

/// An entry of the requirer's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    certificate_signing_request: String,
    #[serde(default)]
    ca: bool,
}

/// An entry of the provider's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Issued {
    certificate_signing_request: String,
    certificate: String,
    ca: String,
    #[serde(default)]
    chain: Vec<String>,
}

/// Reads the certificate for a signing request; waits until the provider has issued it.
#[must_use]
pub fn read(view: &View, signing_request: &str) -> Read<Certificate> {
    Read::of(view, || {
        let issued: Vec<Issued> = json::list(&view.remote_app, CERTIFICATES, "a list of certificates")?;
        let mut issued = issued.into_iter();
        let own = issued.find(|entry| entry.certificate_signing_request.trim() == signing_request.trim());
        let own = own.ok_or_else(|| Stop::waiting(CERTIFICATES))?;
        let checked = |text: &str| certificates(CERTIFICATES, text);
        Ok(Certificate {
            certificate: checked(&own.certificate)?,
            ca: checked(&own.ca)?,
            chain: own.chain.iter().map(|text| checked(text)).collect::<Result<_, _>>()?,
        })
    })
}

/// Changes of a unit: its signing request.
#[must_use]
pub fn request(view: &View, signing_request: &str) -> Changes {
    let asked = [Asked { certificate_signing_request: signing_request.to_owned(), ca: false }];
    let wanted = Databag::from_iter([(REQUESTS, json::text(&asked))]);
    Changes { unit: Draft::differing(&view.local_unit, &wanted), ..Changes::default() }
}

#[cfg(test)]
mod tests {
    use juju::RelationId;

    use super::*;

    fn view(certificates: &str) -> View {
        let mut view = View::empty("certificates", RelationId(4));
        view.app = Some("ca".to_owned());
        view.remote_app = Databag::from_iter([(CERTIFICATES, certificates)]);
        view
    }

    #[test]
    fn a_request_is_written_once() {
        let mut view = view("");
        let written = request(&view, "csr").unit.texts();
        assert_eq!(written.text(REQUESTS), Some(r#"[{"certificate_signing_request": "csr", "ca": false}]"#));
        view.local_unit = written;
        assert_eq!(request(&view, "csr"), Changes::default());
    }

    #[test]
    fn complete_partial_and_bad_data() {
        assert_eq!(read(&view(""), "csr"), Read::Waiting(CERTIFICATES.to_owned()));
        assert_eq!(read(&view("[]"), "csr"), Read::Waiting(CERTIFICATES.to_owned()));
        for (text, why) in [
            ("[", "it is not JSON"),
            ("[{}]", "it is not a list of certificates"),
            (
                r#"[{"certificate_signing_request": "csr", "certificate": "\u0000", "ca": ""}]"#,
                "it has a control character",
            ),
        ] {
            assert_eq!(read(&view(text), "csr"), Read::Invalid { key: CERTIFICATES.into(), why: why.into() }, "{text}");
        }
    }
}
