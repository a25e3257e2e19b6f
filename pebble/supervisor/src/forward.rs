//! Log forwarding: the output of services, sent to the plan's log targets in batches.
//!
//! Each target has a task that reads the logs of its services, collects entries and sends them after a second, or when
//! there are a hundred. Entries of a failed batch are sent with the next; of more than a hundred the oldest are dropped.
//!
//! Better than in Pebble: a changed type or location takes effect, and a changed plan does not send old output again.
//! A change holds for what is printed after it, also where a slow target's answer is still awaited.

mod labels;
mod loki;
mod opentelemetry;
mod syslog;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::{LogTarget, LogTargetType, quote};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep_until, timeout};

use crate::clock::Time;
use crate::daemon::{Daemon, VERSION};
use crate::log::reader::{Entry, Reader, earliest};

/// The most entries of a batch, and of those that wait.
const MOST_ENTRIES: usize = 100;
/// Time from the first entry of a batch until it is sent.
const COLLECT: Duration = Duration::from_secs(1);
/// Time that a target has for a batch, and for the last one.
const PATIENCE: Duration = Duration::from_secs(10);
const LAST_PATIENCE: Duration = Duration::from_secs(2);
/// Time that all targets have to end.
const GRACE: Duration = Duration::from_secs(3);

/// Labels by service.
type Labels = BTreeMap<String, BTreeMap<String, String>>;

/// Log targets in use.
#[derive(Debug, Default)]
pub(crate) struct Forwarding(RefCell<BTreeMap<String, Target>>);

#[derive(Debug)]
struct Target {
    kind: LogTargetType,
    location: String,
    /// Closed when forwarding ends.
    changes: UnboundedSender<Change>,
    task: JoinHandle<()>,
}

/// Services with their labels from a moment on, or `None` if the target is given up.
struct Change {
    since: Time,
    labels: Option<Labels>,
}

/// Begins, changes and ends forwarding as a changed plan says.
pub(crate) fn plan_changed(daemon: &Rc<Daemon>) {
    let plan = daemon.plan.borrow().plan().clone();
    let since = Time::now();
    let mut targets = daemon.forwarding.0.borrow_mut();
    targets.retain(|name, target| {
        let same = |new: &LogTarget| new.type_ == target.kind && new.location == target.location;
        let stays = plan.log_targets.get(name).is_some_and(same);
        if !stays {
            target.change(Change { since, labels: None });
        }
        stays
    });
    for (name, target) in &plan.log_targets {
        let services = plan.services.iter().filter(|(service, _)| target.takes(service));
        let labels: Labels = services
            .map(|(name, service)| (name.clone(), labels::expanded(&target.labels, &service.environment)))
            .collect();
        match targets.get(name) {
            Some(known) => known.change(Change { since, labels: Some(labels) }),
            None => match begin(daemon, name, target, labels) {
                Ok(begun) => drop(targets.insert(name.clone(), begun)),
                Err(why) => daemon.journal.note(&format!(
                    "Internal error: cannot create gatherer for target {}: cannot create log client: {why}",
                    quote(name)
                )),
            },
        }
    }
}

fn begin(daemon: &Rc<Daemon>, name: &str, target: &LogTarget, labels: Labels) -> Result<Target, String> {
    if target.type_ == LogTargetType::Syslog {
        syslog::parse(&target.location)?;
    }
    let (sender, receiver) = unbounded_channel();
    let gatherer = Gatherer {
        daemon: daemon.clone(),
        name: name.to_owned(),
        kind: target.type_.clone(),
        location: target.location.clone(),
        changes: receiver,
        next: None,
        readers: BTreeMap::new(),
        waiting: VecDeque::new(),
        due: None,
        connection: None,
    };
    let task = spawn_local(gatherer.run(labels));
    Ok(Target { kind: target.type_.clone(), location: target.location.clone(), changes: sender, task })
}

impl Target {
    fn change(&self, change: Change) {
        // A task that has ended has no use for it.
        let _ = self.changes.send(change);
    }
}

/// Sends what is collected and ends all forwarding.
pub(crate) async fn finish(daemon: &Daemon) {
    let targets = std::mem::take(&mut *daemon.forwarding.0.borrow_mut());
    let tasks: Vec<JoinHandle<()>> = targets.into_values().map(|Target { task, .. }| task).collect();
    let all = async {
        for task in tasks {
            let _ = task.await;
        }
    };
    // Targets that don't answer in time end with the process.
    let _ = timeout(GRACE, all).await;
}

/// The task of one target.
struct Gatherer {
    daemon: Rc<Daemon>,
    name: String,
    kind: LogTargetType,
    location: String,
    changes: UnboundedReceiver<Change>,
    /// The change that holds after what is gathered now.
    next: Option<Change>,
    readers: BTreeMap<String, Reader>,
    waiting: VecDeque<Entry>,
    /// Time of the next batch; `None` if there is no entry since the last.
    due: Option<Instant>,
    /// Connection of a syslog target.
    connection: Option<syslog::Connection>,
}

/// A failed batch.
enum Failure {
    /// The entries may be sent again.
    Kept(String),
    /// The target refuses these entries for good.
    Dropped(String),
}

impl Gatherer {
    async fn run(mut self, mut labels: Labels) {
        let mut growing = self.daemon.services.growing();
        loop {
            self.gather(&labels).await;
            if let Some(change) = self.next.take() {
                // Collected entries have the labels of their time.
                self.flush(&labels, PATIENCE).await;
                match change.labels {
                    Some(new) => labels = new,
                    None => return,
                }
                continue;
            }
            let due = self.due;
            tokio::select! {
                grown = growing.changed() => if grown.is_err() { break },
                () = elapsed(due) => self.flush(&labels, PATIENCE).await,
                change = self.changes.recv() => match change {
                    Some(change) => self.next = Some(change),
                    None => break,
                }
            }
        }
        self.gather(&labels).await;
        self.flush(&labels, LAST_PATIENCE).await;
    }

    /// Collects new entries of all services up to the next change, and sends full batches.
    async fn gather(&mut self, labels: &Labels) {
        self.readers.retain(|service, _| labels.contains_key(service));
        let new: Vec<String> = labels.keys().filter(|service| !self.readers.contains_key(*service)).cloned().collect();
        for log in self.daemon.services.logs(&new) {
            self.readers.insert(log.service().to_owned(), Reader::new(&log, None));
        }
        while let Some(entry) = self.next_entry() {
            if self.waiting.len() >= MOST_ENTRIES {
                self.waiting.pop_front();
            }
            self.waiting.push_back(entry);
            if self.due.is_some() && self.waiting.len() >= MOST_ENTRIES {
                self.flush(labels, PATIENCE).await;
            } else {
                self.due.get_or_insert_with(|| Instant::now() + COLLECT);
            }
        }
    }

    /// The oldest entry that is not from after the next change, which may have come while a batch was sent.
    fn next_entry(&mut self) -> Option<Entry> {
        if self.next.is_none() {
            self.next = self.changes.try_recv().ok();
        }
        let until = self.next.as_ref().map(|change| change.since);
        earliest(self.readers.values_mut(), until)
    }

    async fn flush(&mut self, labels: &Labels, patience: Duration) {
        self.due = None;
        if self.waiting.is_empty() {
            return;
        }
        let sent = timeout(patience, self.send(labels)).await;
        let failure = match sent {
            Ok(Ok(())) => {
                self.waiting.clear();
                return;
            }
            Ok(Err(Failure::Dropped(why))) => {
                self.waiting.clear();
                why
            }
            Ok(Err(Failure::Kept(why))) => why,
            Err(_) => "context deadline exceeded".to_owned(),
        };
        self.daemon.journal.note(&format!("Cannot flush logs to target {}: {failure}", quote(&self.name)));
    }

    async fn send(&mut self, labels: &Labels) -> Result<(), Failure> {
        let entries = self.waiting.make_contiguous();
        let (url, kind, body) = match self.kind {
            LogTargetType::Loki => (self.location.clone(), loki::CONTENT_TYPE, loki::body(entries, labels)),
            LogTargetType::OpenTelemetry => {
                let url = format!("{}/v1/logs", self.location);
                (url, opentelemetry::CONTENT_TYPE, opentelemetry::body(entries, labels))
            }
            _ => {
                let sent = syslog::send(&self.location, &mut self.connection, entries, labels).await;
                return sent.map_err(|failure| {
                    self.waiting.drain(..failure.sent);
                    Failure::Kept(failure.why)
                });
            }
        };
        self.post(&url, kind, body).await
    }

    async fn post(&self, url: &str, kind: &str, body: Vec<u8>) -> Result<(), Failure> {
        let agent = format!("pebble/{VERSION}");
        let headers = vec![("Content-Type", kind), ("User-Agent", agent.as_str())];
        let fetch = crate::fetch::Fetch { method: http::Method::POST, url, headers, body: body.into() };
        let fetched = fetch.send(1024).await.map_err(|why| Failure::Kept(self.sending(why)))?;
        let status = fetched.status_text;
        match fetched.status {
            200 | 204 => Ok(()),
            400..=428 | 430..=499 => {
                let (name, count) = (quote(&self.name), self.waiting.len());
                let code = fetched.status;
                self.daemon
                    .journal
                    .note(&format!("Target {name}: request failed with status {code}, dropping {count} logs"));
                Err(Failure::Dropped(format!("server returned HTTP {status}")))
            }
            429 | 500..=599 => Err(Failure::Kept(format!("server returned HTTP {status}"))),
            _ => Err(Failure::Kept(format!("unexpected response from server: {status}"))),
        }
    }

    fn sending(&self, why: String) -> String {
        if self.kind == LogTargetType::OpenTelemetry { format!("cannot send logs: {why}") } else { why }
    }
}

async fn elapsed(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Entries by service, sorted by name.
fn by_service(entries: &[Entry]) -> BTreeMap<&str, Vec<&Entry>> {
    let mut services: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        services.entry(&entry.service).or_default().push(entry);
    }
    services
}
