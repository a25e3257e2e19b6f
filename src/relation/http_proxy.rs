//! Proxies for HTTP and HTTPS, which replace the model's.

use interfaces::http_proxy::{self, RANDOM_BYTES};

use crate::facts::{Interface, Provided};

/// Interface `http_proxy`.
pub const HTTP_PROXY: Interface = Interface {
    name: http_proxy::INTERFACE,
    needs: http_proxy::NEEDS,
    secrets: http_proxy::secrets,
    read: |relation, _| {
        let read = http_proxy::read(&relation.view, &relation.secrets);
        read.map(|proxies| Provided { proxies: Some(proxies), ..Provided::default() })
    },
    request: |relation, _, random| {
        let drawn = random();
        http_proxy::request(&relation.view, &std::array::from_fn::<_, RANDOM_BYTES, _>(|at| drawn[at]))
    },
    complaint: |endpoint| format!("{endpoint} relation data is either unavailable, invalid or not usable."),
    ..Interface::PLAIN
};
