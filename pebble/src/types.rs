//! Wire types: plain serde structs that client and supervisor share, one file per noun.
//!
//! Fields have Pebble's names (kebab-case) and order, and are skipped when empty if Pebble does so. Reading ignores
//! unknown fields and allows missing ones, since daemons differ in age. The requests that carry these types are in
//! `request`.

pub mod change;
pub mod check;
pub mod envelope;
pub mod exec;
pub mod file;
pub mod identity;
pub mod layer;
pub mod log;
pub mod notice;
pub mod service;
pub mod signal;
pub mod system;
pub mod time;

pub use change::{Change, ChangeAction, ChangeId, ChangeSelect, Progress, Task};
pub use check::{CheckInfo, CheckRefresh, ChecksAction, ChecksChanged, RefreshAction};
pub use envelope::{Envelope, ErrorResult, ResponseType};
pub use exec::{ExecOptions, ExecOutput, ExecRequest, ExecResult, Terminal};
pub use file::{DirItem, FileInfo, FileResult, FileType, FilesAction, MakeDir, RemoveItem, WriteFile, WriteItem};
pub use identity::{
    BasicIdentity, CertIdentity, IdentitiesAction, Identity, IdentityAccess, LocalIdentity, PairingAction,
};
pub use layer::LayersAction;
pub use log::LogEntry;
pub use notice::{Notice, NoticeAction, NoticeAdded, NoticeType, NoticesFilter, Notify};
pub use service::{ServiceInfo, ServiceStatus, ServicesAction, ServicesVerb};
pub use signal::{NotASignal, Signal, SignalsAction};
pub use system::{Health, HealthLevel, SystemInfo};
pub use time::Time;

/// For `skip_serializing_if` of flags.
fn is_false(flag: &bool) -> bool {
    !flag
}
