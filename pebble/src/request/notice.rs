//! Requests about notices.

use std::time::Duration;

use super::{Built, Escaped, duration, get, post};
use crate::types::{NoticeAction, NoticesFilter, Notify};

/// `GET /v1/notices`.
pub fn notices(filter: &NoticesFilter) -> Built {
    get("/v1/notices", &notices_query(filter))
}

fn notices_query(filter: &NoticesFilter) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    query.extend(filter.all_users.then(|| ("users", "all".to_owned())));
    query.extend(filter.user_id.map(|id| ("user-id", id.to_string())));
    query.extend(filter.types.iter().map(|kind| ("types", kind.as_str().to_owned())));
    query.extend(filter.keys.iter().map(|key| ("keys", key.clone())));
    query.extend(filter.after.iter().map(|after| ("after", after.to_string())));
    query
}

/// `GET /v1/notices` with a timeout, answered when there is a notice, or at the timeout.
pub fn wait_notices(filter: &NoticesFilter, timeout: Duration) -> Built {
    let mut query = notices_query(filter);
    query.push(("timeout", duration(timeout)));
    get("/v1/notices", &query)
}

/// `POST /v1/notices` with a custom notice.
pub fn notify(notice: &Notify) -> Built {
    let body = NoticeAction {
        action: "add".to_owned(),
        kind: "custom".to_owned(),
        key: notice.key.clone(),
        repeat_after: notice.repeat_after.map(duration).unwrap_or_default(),
        data: notice.data.clone(),
    };
    post("/v1/notices", &body)
}

/// `GET /v1/notices/ID`.
pub fn notice(id: &str) -> Built {
    get(&format!("/v1/notices/{}", Escaped(id)), &[])
}
