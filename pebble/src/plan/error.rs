//! Errors of layers, plans and orders.

/// Error of a layer or plan. The text is Pebble's, word for word, but for long texts, which are shortened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Text that is not a layer.
    #[error("{0}")]
    Parse(String),
    /// Text beyond the limits on size, depth or nodes.
    #[error("{0}")]
    Limit(String),
    /// A layer or plan that breaks one of Pebble's rules.
    #[error("{0}")]
    Invalid(String),
    /// An unknown service, or services in a loop.
    #[error("{0}")]
    Order(String),
    /// A layer with this label exists.
    #[error("layer {} already exists", super::quote::quote(.0))]
    LabelExists(String),
    /// A layer between others, without `inner` in the request.
    #[error("cannot insert sub-directory layer without 'inner' attribute set")]
    Inner,
}
