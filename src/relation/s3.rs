//! S3: a bucket's values as the variables `S3_…`, or as properties of Spring Cloud AWS.

use interfaces::s3::{self, Bucket, Request};
use pebble::plan::Environment;

use super::{names, tls};
use crate::facts::{Interface, Provided};
use crate::framework::Naming;

/// Interface `s3`.
pub const S3: Interface = Interface {
    name: s3::INTERFACE,
    needs: s3::NEEDS,
    clear_secrets: &["access-key", "secret-key"],
    secrets: s3::secrets,
    read: |relation, local| {
        s3::read(&relation.view, &relation.secrets).map(|bucket| {
            let endpoint = &relation.view.endpoint;
            let prefix = names::upper(endpoint);
            let mut provided = Provided::from(match local.naming() {
                Naming::Plain => plain(&prefix, &bucket),
                Naming::Spring => properties(&bucket),
            });
            tls::add_file(&mut provided, local, endpoint, &prefix, &bucket.tls_ca_chain.join("\n"));
            provided
        })
    },
    file: |framework, endpoint| Some(tls::path(framework, endpoint)),
    request: |relation, local, _| s3::request(&relation.view, &Request { bucket: local.app().to_owned() }),
    ..Interface::PLAIN
};

fn plain(prefix: &str, bucket: &Bucket) -> Environment {
    let rows = [
        ("_ACCESS_KEY", Some(bucket.access_key.expose().to_owned())),
        ("_SECRET_KEY", Some(bucket.secret_key.expose().to_owned())),
        ("_BUCKET", Some(bucket.bucket.clone())),
        ("_REGION", bucket.region.clone()),
        ("_STORAGE_CLASS", bucket.storage_class.clone()),
        ("_ENDPOINT", bucket.endpoint.clone().map(String::from)),
        ("_PATH", bucket.path.clone()),
        ("_API_VERSION", bucket.api_version.clone()),
        ("_URI_STYLE", bucket.uri_style.clone()),
        ("_ADDRESSING_STYLE", bucket.addressing_style().map(str::to_owned)),
        ("_ATTRIBUTES", list(&bucket.attributes)),
        ("_TLS_CA_CHAIN", list(&bucket.tls_ca_chain)),
    ];
    names::table(prefix, rows)
}

/// List as JSON. `None` if it is empty.
fn list(items: &[String]) -> Option<String> {
    (!items.is_empty()).then(|| interfaces::json_text(items))
}

fn properties(bucket: &Bucket) -> Environment {
    let by_path = bucket.uri_style.as_deref() == Some("path");
    let rows = [
        ("credentials.accessKey", Some(bucket.access_key.expose().to_owned())),
        ("credentials.secretKey", Some(bucket.secret_key.expose().to_owned())),
        ("region.static", bucket.region.clone()),
        ("s3.bucket", Some(bucket.bucket.clone())),
        ("s3.endpoint", bucket.endpoint.clone().map(String::from)),
        ("s3.path-style-access-enabled", by_path.then(|| "true".to_owned())),
    ];
    names::table("spring.cloud.aws.", rows)
}
