//! Errors of the model's verbs, those that an operator has in Juju.

use juju::RelationId;

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; the nearest is \"{name}\"")).unwrap_or_default()
}

/// A request that the model refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such application.
    #[error("application \"{0}\" not found")]
    UnknownApplication(String),
    /// The name is taken.
    #[error("application \"{0}\" already exists")]
    DuplicateApplication(String),
    /// No such unit.
    #[error("unit \"{0}\" not found")]
    UnknownUnit(String),
    /// The charm is a subordinate: its units come with those of its principals.
    #[error("application \"{0}\" is a subordinate: integrate it with an application, whose units bring its own")]
    Subordinate(String),
    /// The unit is a subordinate and goes with its principal or with their relation.
    #[error("unit \"{0}\" is a subordinate: remove the relation to its principal")]
    SubordinateUnit(String),
    /// The charm does not declare the storage, or no unit or model has the instance.
    #[error("storage \"{0}\" not found")]
    UnknownStorage(String),
    /// The charm does not declare the container.
    #[error("the charm of \"{app}\" has no container \"{container}\"")]
    UnknownContainer {
        /// The application.
        app: String,
        /// The container.
        container: String,
    },
    /// The unit would have more instances of a storage than its charm allows.
    #[error("storage \"{storage}\": at most {most} instances supported, {wanted} specified")]
    StorageLimit {
        /// The storage.
        storage: String,
        /// The charm's limit.
        most: u32,
        /// Number of instances with the new ones.
        wanted: usize,
    },
    /// The unit is being removed.
    #[error("unit \"{0}\" is being removed")]
    Leaving(String),
    /// The unit runs a hook.
    #[error("unit \"{0}\" is running a hook")]
    Busy(String),
    /// The application has no leader, or Juju would refuse its name.
    #[error("application \"{app}\" can't speak: {why}")]
    Mute {
        /// The application.
        app: String,
        /// The reason.
        why: String,
    },
    /// The hook has ended, or no hook had this id.
    #[error("unknown context \"{0}\"")]
    UnknownHook(String),
    /// The application doesn't declare the endpoint.
    #[error("application \"{app}\" has no endpoint \"{endpoint}\"{}", hint(nearest))]
    UnknownEndpoint {
        /// The application.
        app: String,
        /// The endpoint.
        endpoint: String,
        /// The declared endpoint with the most similar name, if one is similar.
        nearest: Option<String>,
    },
    /// The applications have no pair of endpoints with one interface and opposite roles.
    #[error("cannot integrate \"{0}\" with \"{1}\": no endpoints of one interface and opposite roles")]
    NoMatch(String, String),
    /// Several pairs of endpoints match.
    #[error("ambiguous relation: \"{0} {1}\" could refer to {2}")]
    Ambiguous(String, String, String),
    /// The endpoints are integrated already.
    #[error("\"{0}\" and \"{1}\" are already integrated")]
    Duplicate(String, String),
    /// The endpoint has as many relations as its charm allows.
    #[error("endpoint \"{endpoint}\" takes at most {limit} integrations")]
    LimitExceeded {
        /// The endpoint, with its application.
        endpoint: String,
        /// The charm's limit.
        limit: u32,
    },
    /// No such relation, or the unit's application takes no part in it.
    #[error("relation {0} not found")]
    RelationNotFound(RelationId),
    /// The relation has no databag for the unit or application.
    #[error("{entity} takes no part in relation {id}")]
    NotInRelation {
        /// The relation.
        id: RelationId,
        /// The unit or application.
        entity: String,
    },
    /// A databag would be larger than Juju allows.
    #[error("relation {id}: settings of {bytes} bytes exceed the limit of {limit}", limit = juju::MAX_DATABAG_BYTES)]
    DatabagTooLarge {
        /// The relation.
        id: RelationId,
        /// Size of keys and values together.
        bytes: usize,
    },
    /// The charm doesn't declare the option.
    #[error("unknown option \"{option}\"; the charm declares: {}", known.join(", "))]
    UnknownOption {
        /// The option.
        option: String,
        /// The options that the charm declares.
        known: Vec<String>,
    },
    /// The option is of another type.
    #[error("option \"{option}\": expected {expected}, got {got}")]
    ConfigType {
        /// The option.
        option: String,
        /// The declared type.
        expected: &'static str,
        /// The type of the given value.
        got: &'static str,
    },
    /// No such secret.
    #[error("secret \"{0}\" not found")]
    SecretNotFound(String),
    /// Another secret of a user's has the name.
    #[error("secret with name \"{0}\" already exists")]
    SecretExists(String),
    /// A secret's content is empty, or a key of it is none.
    #[error("{0}; a key begins with a letter and has three lower-case letters and digits or more, with dashes between")]
    SecretContent(String),
    /// The secret belongs to a user and not to an application, or the reverse.
    #[error("secret \"{0}\": {1}")]
    SecretOwner(String, &'static str),
    /// The charm doesn't declare the action.
    #[error("action \"{0}\" not defined")]
    UnknownAction(String),
    /// An action's parameter is missing, unknown or of another type.
    #[error("action \"{action}\": {reason}")]
    ActionParameter {
        /// The action.
        action: String,
        /// The fault, as a sentence.
        reason: String,
    },
}
