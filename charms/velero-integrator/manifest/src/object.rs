//! Whole objects: kind, metadata and spec.

use std::collections::BTreeMap;

use interfaces::k8s_backup_target::Target;
use interfaces::velero_backup_config;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use crate::spec::{BackupSpec, Operator, ScheduleSpec};

/// Version of both kinds.
const API_VERSION: &str = "velero.io/v1";

/// Most bytes of an object's name, and of a label's value.
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Name of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// Kubernetes adds random letters to `APP-ENDPOINT-`. `kubectl create` takes such an object, `kubectl apply` does not.
    Generated,
    /// `APP-ENDPOINT-` and this text.
    Ending(String),
}

/// Request that makes no object. Names are the remote application's, and Kubernetes has rules for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The field can't be the value of a label: at most 63 letters, digits, `-`, `_` and `.`, at both ends a letter or digit.
    #[error("{0} can't be a label of Kubernetes")]
    Label(&'static str),
    /// Application, endpoint and ending make no name of an object: at most 253 small letters, digits, `-` and `.`, at both
    /// ends a letter or digit.
    #[error("app and relation_name can't name an object of Kubernetes")]
    Name,
}

/// One backup.
///
/// ```
/// use interfaces::k8s_backup_target::{Spec, Target};
/// use velero_manifest::{Backup, Name, Operator};
///
/// let spec = Spec { ttl: Some("30d".parse()?), ..Spec::default() };
/// let target = Target { app: "my-app".into(), relation_name: "backup".into(), model: "my-model".into(), spec };
/// let operator = Operator { namespace: "velero".into(), ..Operator::default() };
/// let backup = Backup::new(&target, &operator, &Name::Ending("7".into()))?;
/// assert_eq!(backup.metadata.name.as_deref(), Some("my-app-backup-7"));
/// assert_eq!(backup.spec.ttl.as_deref(), Some("720h0m0s"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    api_version: &'static str,
    kind: &'static str,
    /// Name, namespace, and the labels `app`, `endpoint` and `model`.
    pub metadata: ObjectMeta,
    /// The objects to back up.
    pub spec: BackupSpec,
}

impl Backup {
    /// One backup of a target.
    ///
    /// # Errors
    /// The names of the request break Kubernetes' rules.
    pub fn new(target: &Target, operator: &Operator, name: &Name) -> Result<Self, Error> {
        let spec = BackupSpec::new(&target.spec, operator);
        Ok(Self { api_version: API_VERSION, kind: "Backup", metadata: metadata(target, operator, name)?, spec })
    }

    /// The object as JSON, which `kubectl` takes.
    ///
    /// # Panics
    /// Never: the object has texts, numbers and lists alone.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, booleans, lists and maps of texts")
    }
}

/// Backups by a schedule. An existing one has the same labels, and is replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    api_version: &'static str,
    kind: &'static str,
    /// Name, namespace, and the labels `app`, `endpoint` and `model`.
    pub metadata: ObjectMeta,
    /// Template of the backups, and their times.
    pub spec: ScheduleSpec,
}

impl Schedule {
    /// Backups of a target by its schedule; `None` if the schedule has no times.
    ///
    /// # Errors
    /// The names of the request break Kubernetes' rules.
    pub fn new(
        request: &velero_backup_config::Request,
        operator: &Operator,
        name: &Name,
    ) -> Result<Option<Self>, Error> {
        let velero_backup_config::Request { target, schedule } = request;
        let metadata = metadata(target, operator, name)?;
        let spec = ScheduleSpec::new(BackupSpec::new(&target.spec, operator), schedule);
        Ok(spec.map(|spec| Self { api_version: API_VERSION, kind: "Schedule", metadata, spec }))
    }

    /// The object as JSON, which `kubectl` takes.
    ///
    /// # Panics
    /// Never: the object has texts, numbers and lists alone.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, booleans, lists and maps of texts")
    }
}

fn metadata(target: &Target, operator: &Operator, name: &Name) -> Result<ObjectMeta, Error> {
    let Target { app, relation_name, model, .. } = target;
    let labels = [("app", app, "app"), ("endpoint", relation_name, "relation_name"), ("model", model, "model")];
    let labels = labels.into_iter().map(|(label, value, field)| Ok((label.to_owned(), checked(value, field)?)));
    let labels = labels.collect::<Result<BTreeMap<_, _>, Error>>()?;
    // An endpoint's name may have underscores.
    let prefix = format!("{app}-{relation_name}-").replace('_', "-");
    let is_good = match name {
        Name::Generated => is_name(&format!("{prefix}x")),
        Name::Ending(ending) => is_name(&format!("{prefix}{ending}")),
    };
    if !is_good {
        return Err(Error::Name);
    }
    let (name, generate_name) = match name {
        Name::Generated => (None, Some(prefix)),
        Name::Ending(ending) => (Some(prefix + ending), None),
    };
    let namespace = Some(operator.namespace.clone()).filter(|namespace| !namespace.is_empty());
    Ok(ObjectMeta { name, generate_name, namespace, labels: Some(labels), ..ObjectMeta::default() })
}

fn checked(value: &str, field: &'static str) -> Result<String, Error> {
    let is_good = (1..=MAX_LABEL_BYTES).contains(&value.len())
        && has_good_ends(value)
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_good { Ok(value.to_owned()) } else { Err(Error::Label(field)) }
}

/// True for the name of an object: parts between dots, each of which begins and ends with a letter or digit.
fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= MAX_NAME_BYTES && name.split('.').all(|part| has_good_ends(part) && part.bytes().all(is_letter))
}

fn has_good_ends(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.into_iter().all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
}
