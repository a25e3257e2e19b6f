//! The provider's half of `tls-certificates`.

use juju::{Changes, Databag, Needs, View};

use super::{Asked, CERTIFICATES, Certificate, Issued, REQUESTS};
use crate::json;
use crate::read::Read;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: false,
    remote_units: true,
    remote_unit_data: true,
    local_app: true,
    local_unit: false,
};

/// The signing requests of all units, each once. Requests for an authority of their own are left out.
///
/// A unit whose list can't be read doesn't keep others from theirs.
#[must_use]
pub fn read(view: &View) -> Vec<String> {
    let mut requests = Vec::new();
    for bag in view.units.values() {
        let asked: Read<Vec<Asked>> = json::list(bag, REQUESTS, "a list of requests").into();
        for entry in asked.ready().into_iter().flatten().filter(|entry| !entry.ca) {
            if !requests.contains(&entry.certificate_signing_request) {
                requests.push(entry.certificate_signing_request.clone());
            }
        }
    }
    requests
}

/// Changes of the **leader**: the certificates that were issued, each with its request.
#[must_use]
pub fn answer(view: &View, issued: &[(String, Certificate)]) -> Changes {
    let entry = |(request, certificate): &(String, Certificate)| Issued {
        certificate_signing_request: request.clone(),
        certificate: certificate.certificate.clone(),
        ca: certificate.ca.clone(),
        chain: certificate.chain.clone(),
    };
    let list = json::text(&issued.iter().map(entry).collect::<Vec<_>>());
    Changes::of_leader(view, &Databag::from_iter([(CERTIFICATES, list)]))
}

#[cfg(test)]
mod tests {
    use juju::{RelationId, UnitName};

    use super::*;

    #[test]
    fn every_request_is_answered_and_found_again() {
        let mut view = View::empty("certificates", RelationId(4));
        view.local_app = Some(Databag::new());
        let asked = crate::certificates::request(&view, "csr").unit.texts();
        view.units = [
            (UnitName::new("pgb", 0), asked.clone()),
            (UnitName::new("pgb", 1), asked),
            (UnitName::new("pgb", 2), Databag::from_iter([(REQUESTS, "garbage")])),
        ]
        .into();
        assert_eq!(read(&view), ["csr"]);
        let certificate =
            Certificate { certificate: "cert".to_owned(), ca: "ca".to_owned(), chain: vec!["cert".to_owned()] };
        let written = answer(&view, &[("csr".to_owned(), certificate.clone())]).app.texts();
        let mut other = View::empty("certificates", RelationId(4));
        other.app = Some("ca".to_owned());
        other.remote_app = written;
        assert_eq!(crate::certificates::read(&other, "csr\n"), Read::Ready(certificate));
    }
}
