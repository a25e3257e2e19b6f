//! The provider's half of [`saml`](super). The requirer writes no data, so there is no `read`.

use juju::{Changes, Databag, Needs, View};

use super::{CERTIFICATES, ENTITY_ID, METADATA_URL, Saml, Service, service_of, snake_case};
use crate::needs::APPS;

/// Parts of the relation that the provider reads: its own databags, to write only what differs.
pub const NEEDS: Needs = Needs { remote_app: false, ..APPS };

/// Changes of the **leader**: the identity provider. Deletes the keys of services that are gone.
#[must_use]
pub fn answer(view: &View, saml: &Saml) -> Changes {
    let mut wanted = Databag::new();
    for (name, method) in view.local_app.iter().flat_map(|current| current.keys()).filter_map(|key| service_of(key)) {
        wanted
            .extend(["url", "binding", "response_url"].map(|part| (format!("{name}_{method}_{part}"), String::new())));
    }
    wanted.extend(saml.services.iter().flat_map(fields));
    wanted.insert(ENTITY_ID.to_owned(), saml.entity_id.as_str().to_owned());
    wanted.insert(METADATA_URL.to_owned(), saml.metadata_url.clone().map(String::from).unwrap_or_default());
    wanted.insert(CERTIFICATES.to_owned(), saml.certificates.join(","));
    Changes::of_leader(view, &wanted)
}

/// The keys of a service; its method is the binding's last word.
fn fields(service: &Service) -> [(String, String); 3] {
    let method = service.binding.rsplit(['-', ':']).next().unwrap_or_default().to_lowercase();
    let key = |part: &str| format!("{}_{method}_{part}", snake_case(&service.name));
    [
        (key("url"), service.url.clone().into()),
        (key("binding"), service.binding.clone()),
        (key("response_url"), service.response_url.clone().map(String::from).unwrap_or_default()),
    ]
}
