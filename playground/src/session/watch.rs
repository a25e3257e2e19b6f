//! Events of containers: notices, and checks that fail or recover. Juju passes them to the charm.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use juju::{Event, UnitName, WorkloadEvent, WorkloadKind};
use pebble::blocking::Client;
use pebble::types::{Change, ChangeId, Notice, NoticeType, NoticesFilter};

use super::{Input, Session};

/// Longest wait for notices in one request.
const PATIENCE: Duration = Duration::from_secs(30);

impl Session {
    /// Queues the events of the Pebble at `socket` for the charm of `unit`, until that Pebble ends.
    pub fn watch(self: &Arc<Self>, unit: UnitName, socket: PathBuf, inputs: Sender<Input>) {
        let session = Arc::clone(self);
        thread::spawn(move || {
            let client = Client::new(socket);
            let types = vec![NoticeType::Custom, NoticeType::ChangeUpdate];
            let mut filter = NoticesFilter { types, ..NoticesFilter::default() };
            while let Ok(notices) = client.wait_notices(&filter, PATIENCE) {
                for notice in notices {
                    filter.after = Some(notice.last_repeated.clone());
                    let kind = kind(&notice, |id| client.change(id).ok());
                    if kind.is_some_and(|kind| !session.hand_on(&unit, kind, &inputs)) {
                        return;
                    }
                }
            }
        });
    }

    /// Queues an event. Returns false if the unit is gone or the model ends.
    fn hand_on(&self, unit: &UnitName, kind: WorkloadKind, inputs: &Sender<Input>) -> bool {
        let Some(app) = self.application(unit.app()) else { return false };
        let event = Event::Workload(WorkloadEvent { container: app.prepared.container.clone(), kind });
        self.server.with(|model| model.push(unit, event)).is_ok() && inputs.send(Input::News).is_ok()
    }
}

/// The charm's event for a notice, if it has one. A check shows in its change: `perform-check` ends with an error when
/// the check fails, `recover-check` is done when it has recovered.
fn kind(notice: &Notice, change: impl FnOnce(&ChangeId) -> Option<Change>) -> Option<WorkloadKind> {
    let Notice { id, kind, key, last_data, .. } = notice;
    if *kind == NoticeType::Custom {
        return Some(WorkloadKind::CustomNotice { id: id.clone(), kind: kind.to_string(), key: key.clone() });
    }
    let (is_end, as_event): (&str, fn(String) -> WorkloadKind) = match last_data.get("kind")?.as_str() {
        "perform-check" => ("Error", |check| WorkloadKind::CheckFailed { check }),
        "recover-check" => ("Done", |check| WorkloadKind::CheckRecovered { check }),
        _ => return None,
    };
    let is_over = change(&ChangeId::from(key.as_str())).is_some_and(|change| change.status == is_end);
    is_over.then(|| last_data.get("check-name").cloned().map(as_event)).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn update(of: &str) -> Notice {
        let last_data = BTreeMap::from([("kind", of), ("check-name", "up")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        Notice { kind: NoticeType::ChangeUpdate, key: "7".to_owned(), last_data, ..Notice::default() }
    }

    fn change(status: &str) -> impl FnOnce(&ChangeId) -> Option<Change> {
        let change = Change { status: status.to_owned(), ..Change::default() };
        move |id| (id.as_str() == "7").then_some(change)
    }

    #[test]
    fn checks_are_told_of_when_they_fail_and_when_they_recover() {
        let up = || "up".to_owned();
        for (of, status, wanted) in [
            ("perform-check", "Error", Some(WorkloadKind::CheckFailed { check: up() })),
            ("perform-check", "Doing", None),
            ("perform-check", "Hold", None),
            ("recover-check", "Done", Some(WorkloadKind::CheckRecovered { check: up() })),
            ("recover-check", "Doing", None),
            ("replan", "Done", None),
        ] {
            assert_eq!(kind(&update(of), change(status)), wanted, "{of} {status}");
        }
        assert_eq!(kind(&update("perform-check"), |_| None), None);
    }

    #[test]
    fn custom_notices_keep_id_and_key() {
        let notice =
            Notice { id: "3".to_owned(), kind: NoticeType::Custom, key: "a.b/c".to_owned(), ..Notice::default() };
        let wanted = WorkloadKind::CustomNotice { id: "3".into(), kind: "custom".into(), key: "a.b/c".into() };
        assert_eq!(kind(&notice, |_| None), Some(wanted));
    }
}
