//! Pebble's nouns as they travel: one file per noun, plain serde structs that client and supervisor share.
//!
//! Field names are Pebble's (kebab-case) and stand in the order in which it prints them; what it leaves out when
//! empty, these leave out too. Reading tolerates unknown fields and missing ones, since daemons differ in age.
//! Times stay text: nobody here computes with them. Nothing here does I/O; what to send where is `request`'s.

pub mod change;
pub mod check;
pub mod envelope;
pub mod exec;
pub mod file;
pub mod layer;
pub mod log;
pub mod notice;
pub mod service;
pub mod signal;
pub mod system;

pub use change::{Change, ChangeAction, ChangeId, ChangeSelect, Progress, Task};
pub use check::CheckInfo;
pub use envelope::{Envelope, ErrorResult, ResponseType};
pub use exec::{ExecOptions, ExecOutput, ExecRequest, ExecResult};
pub use file::{DirItem, FileInfo, FileResult, FileType, FilesAction, MakeDir, RemoveItem, WriteFile, WriteItem};
pub use layer::LayersAction;
pub use log::LogEntry;
pub use notice::{Notice, NoticeAction, NoticeAdded, NoticesFilter, Notify};
pub use service::{ServiceInfo, ServiceStatus, ServicesAction};
pub use signal::SignalsAction;
pub use system::{Health, HealthLevel, SystemInfo};

/// For `skip_serializing_if` on flags that Pebble leaves out when unset.
fn is_false(flag: &bool) -> bool {
    !flag
}
