//! Why the model refuses what an operator, or a test in their place, asks for.

use juju::RelationId;

/// A request the model refuses.
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
    /// The unit is being removed.
    #[error("unit \"{0}\" is being removed")]
    Leaving(String),
    /// The unit runs a hook.
    #[error("unit \"{0}\" is running a hook")]
    Busy(String),
    /// The hook has ended or never was.
    #[error("unknown context \"{0}\"")]
    UnknownHook(String),
    /// The application doesn't declare the endpoint.
    #[error("application \"{app}\" has no endpoint \"{endpoint}\"")]
    UnknownEndpoint {
        /// The application.
        app: String,
        /// The endpoint.
        endpoint: String,
    },
    /// The two have nothing to offer to each other.
    #[error("cannot integrate \"{0}\" with \"{1}\": no endpoints of one interface and opposite roles")]
    NoMatch(String, String),
    /// They could be integrated in more than one way.
    #[error("cannot integrate \"{0}\" with \"{1}\": name the endpoints, several match: {2}")]
    Ambiguous(String, String, String),
    /// They are integrated already.
    #[error("\"{0}\" and \"{1}\" are already integrated")]
    Duplicate(String, String),
    /// The endpoint takes no more.
    #[error("endpoint \"{endpoint}\" takes at most {limit} integrations")]
    LimitExceeded {
        /// The endpoint, with its application.
        endpoint: String,
        /// What its charm declares.
        limit: u32,
    },
    /// No such relation, or not one of this application.
    #[error("relation {0} not found")]
    RelationNotFound(RelationId),
    /// The relation has no databag of that unit or application.
    #[error("{entity} takes no part in relation {id}")]
    NotInRelation {
        /// The relation.
        id: RelationId,
        /// The unit or application.
        entity: String,
    },
    /// A databag would outgrow what Juju stores.
    #[error("relation {id}: settings of {bytes} bytes exceed the limit of {limit}", limit = juju::MAX_DATABAG_BYTES)]
    DatabagTooLarge {
        /// The relation.
        id: RelationId,
        /// Keys and values together.
        bytes: usize,
    },
    /// The charm doesn't declare the option.
    #[error("unknown option \"{option}\"; there is: {}", known.join(", "))]
    UnknownOption {
        /// The option.
        option: String,
        /// Those it declares.
        known: Vec<String>,
    },
    /// The option is of another type.
    #[error("option \"{option}\": expected {expected}, got {got}")]
    ConfigType {
        /// The option.
        option: String,
        /// What its charm declares.
        expected: &'static str,
        /// What was given.
        got: &'static str,
    },
    /// No such secret.
    #[error("secret \"{0}\" not found")]
    SecretNotFound(String),
    /// The secret belongs to a person, not to an application, or the reverse.
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
        /// What is wrong.
        reason: String,
    },
}
