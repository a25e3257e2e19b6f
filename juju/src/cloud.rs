//! The cloud beneath the model, as `credential-get` prints it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::secret::Secret;
use crate::tool::Error;

/// The cloud that the model is in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CloudSpec {
    /// The kind of cloud, such as `lxd`, `kubernetes` or `openstack`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name in Juju.
    pub name: String,
    /// The region; empty if the cloud has none.
    #[serde(default)]
    pub region: String,
    /// URL of its API.
    #[serde(default)]
    pub endpoint: String,
    /// URL of its identity service.
    #[serde(default)]
    pub identity_endpoint: String,
    /// URL of its storage service.
    #[serde(default)]
    pub storage_endpoint: String,
    /// The credential that the model uses.
    pub credential: Option<CloudCredential>,
    /// Certificates of authorities to trust.
    #[serde(default, rename = "cacertificates")]
    pub ca_certificates: Vec<String>,
    /// True if the API's certificate is not to be verified.
    #[serde(default)]
    pub skip_tls_verify: bool,
    /// True if the controller is in this cloud.
    #[serde(default)]
    pub is_controller_cloud: bool,
}

/// A credential of a cloud. `Debug` prints the names of its attributes only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CloudCredential {
    /// The way of authentication, such as `certificate` or `userpass`.
    pub auth_type: String,
    /// The values that it needs.
    #[serde(rename = "attrs", default)]
    pub attributes: BTreeMap<String, Secret>,
    /// Names of the attributes that Juju left out.
    #[serde(default)]
    pub redacted: Vec<String>,
}

impl fmt::Debug for CloudCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.attributes.keys().collect();
        f.debug_struct("CloudCredential").field("auth_type", &self.auth_type).field("attributes", &names).finish()
    }
}

impl CloudSpec {
    /// Reads the answer of `credential-get`; the error tells the place only.
    pub(crate) fn parse(answer: &Secret) -> Result<Self, Error> {
        serde_json::from_str(answer.expose()).map_err(|error| Error::Answer {
            command: "credential-get --format=json".to_owned(),
            what: format!("not the JSON expected, at line {} column {}", error.line(), error.column()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_read_and_its_credential_is_not_printed() {
        let answer = r#"{"type": "lxd", "name": "localhost", "region": "localhost", "endpoint": "https://10.0.0.1:8443",
            "credential": {"auth-type": "certificate", "attrs": {"client-key": "hunter2"}}, "is-controller-cloud": true}"#;
        let cloud = CloudSpec::parse(&answer.into()).expect("a cloud");
        assert_eq!((cloud.kind.as_str(), cloud.region.as_str(), cloud.is_controller_cloud), ("lxd", "localhost", true));
        let credential = cloud.credential.as_ref().expect("it has one");
        assert_eq!(credential.attributes["client-key"].expose(), "hunter2");
        let shown = format!("{cloud:?}");
        assert!(shown.contains("client-key") && !shown.contains("hunter2"), "{shown}");
        let error = CloudSpec::parse(&r#"{"type": "hunter2"}"#.into()).expect_err("no name").to_string();
        assert!(error.contains("line 1 column 19") && !error.contains("hunter2"), "{error}");
    }
}
