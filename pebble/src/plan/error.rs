//! What can be wrong with a layer, a plan or an order.

/// Why a layer or plan is refused. The text is what Pebble's API answers, word for word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A layer's text can't be read as one.
    #[error("{0}")]
    Parse(String),
    /// A layer's text is larger, deeper or more entangled than any honest layer.
    #[error("{0}")]
    Limit(String),
    /// A layer or the plan breaks one of Pebble's rules.
    #[error("{0}")]
    Invalid(String),
    /// A named service doesn't exist, or services wait for each other in a circle.
    #[error("{0}")]
    Order(String),
    /// A layer of that label is there already.
    #[error("layer {} already exists", super::quote::quote(.0))]
    LabelExists(String),
    /// A layer would have to go between others, and the request didn't say `inner`.
    #[error("cannot insert sub-directory layer without 'inner' attribute set")]
    Inner,
}
