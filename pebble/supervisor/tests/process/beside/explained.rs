//! Deliberate differences from Pebble.

use super::request::Request;

/// Reason why both answers may differ; `None` for a difference that is a defect.
pub(super) fn explanation(request: &Request, ours: &str, real: &str) -> Option<&'static str> {
    let body = String::from_utf8_lossy(&request.body);
    let asks = |part: &str| request.line.contains(part);
    let reasons = [
        (ours.contains("it is the root directory"), "the root directory is never removed"),
        (body.contains("user-id: -1"), "a layer's user ids are ids"),
        (body.contains("user-id: 99999999999"), "a layer's user ids are ids"),
        (body.contains("&a {s: *a}"), "an alias in its own anchor is refused at once"),
        (asks("%ff"), "a path that is no UTF-8 is shown with replacement characters"),
        (
            request.line.len() > 0xffff && [ours, real].iter().all(|answer| answer.contains(": file name too long")),
            "a path longer than any file's is shown in part",
        ),
        (asks("#a"), "the HTTP library drops fragments, which no client sends"),
        (
            asks("/checks/refresh") && real.contains(r#""failures":"#) && ours.contains(r#""failures":"#),
            "Pebble answers before or after the check's change ends",
        ),
        (
            [r#""restart""#, r#""stop""#].iter().any(|action| body.contains(action))
                && real.contains("does not exist")
                && ours.contains("does not exist"),
            "Pebble names any of several unknown services",
        ),
        (real.contains("x509: ") && ours.contains("x509: "), "certificates are not parsed in detail"),
    ];
    reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
}
