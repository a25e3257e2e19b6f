//! Errors with their causes, for the log and for statuses.

/// Text of an error and its causes, joined with `: `. One line, if each of them is one.
///
/// ```
/// let error = "x".parse::<u8>().unwrap_err();
/// assert_eq!(webcharm_juju::chain(&error), "invalid digit found in string");
/// ```
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
