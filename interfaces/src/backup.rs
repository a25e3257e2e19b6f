//! Interface `backup`, version 0, for machine charms: files to save, and commands to run around backups and restores.
//!
//! Data flows one way. The **requirer** wants backups, for itself or in place of a principal; its leader writes. The
//! **provider** is a backup agent on the same machine, which only reads: [`provider`].
//!
//! The keys of the requirer's application: `fileset`, a comma list of absolute paths, and up to four absolute paths of
//! executables, one for each [`Moment`]. A databag is for all units of the requirer, so its paths have to be right on
//! every unit's machine.

mod path;
pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use juju::{Changes, Databag, Needs, View};

pub use path::{AbsolutePath, Fileset, FilesetError, PathError};

/// The name of the interface.
pub const INTERFACE: &str = "backup";

/// Parts of the relation that the requirer reads: its own application's databag.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: false,
    remote_units: false,
    remote_unit_data: false,
    local_app: true,
    local_unit: false,
};

/// The key of the files.
pub const FILESET: &str = "fileset";

/// A moment at which the agent runs a command of the requirer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before a backup. A command that fails cancels the backup.
    BeforeBackup,
    /// After a backup, also after a failed one.
    AfterBackup,
    /// Before a restore. A command that fails cancels the restore.
    BeforeRestore,
    /// After a restore, also after a failed one.
    AfterRestore,
}

impl Moment {
    /// All moments, in the order in which errors name them.
    pub const ALL: [Self; 4] = [Self::BeforeBackup, Self::AfterBackup, Self::BeforeRestore, Self::AfterRestore];

    /// Its key in the databag.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::BeforeBackup => "run-before-backup",
            Self::AfterBackup => "run-after-backup",
            Self::BeforeRestore => "run-before-restore",
            Self::AfterRestore => "run-after-restore",
        }
    }
}

/// Request for backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The files to save.
    pub fileset: Fileset,
    /// The executables to run; at a moment without one the agent runs none.
    pub commands: BTreeMap<Moment, AbsolutePath>,
}

/// Fault of a request's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key.
    pub key: &'static str,
    /// The fault. Never contains the value.
    pub why: String,
}

/// Request with at least one field that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid backup relation data: {}", keys(.0))]
pub struct RequestError(pub Vec<Fault>);

fn keys(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.key).collect::<Vec<_>>().join(", ")
}

impl Request {
    /// Reads a databag. Unknown keys are ignored.
    ///
    /// # Errors
    /// Every field that can't be used, the fileset first, then the commands in the order of [`Moment::ALL`].
    pub fn from_databag(bag: &Databag) -> Result<Self, RequestError> {
        let (mut faults, mut commands) = (Vec::new(), BTreeMap::new());
        let fileset = bag.text(FILESET).ok_or_else(|| "it is missing".to_owned());
        let fileset = fileset.and_then(|text| Fileset::parse(text).map_err(|error| format!("it {error}")));
        let fileset = fileset.map_err(|why| faults.push(Fault { key: FILESET, why }));
        for moment in Moment::ALL {
            match bag.text(moment.key()).map(AbsolutePath::new) {
                None => {}
                Some(Ok(path)) => _ = commands.insert(moment, path),
                Some(Err(error)) => faults.push(Fault { key: moment.key(), why: format!("it {error}") }),
            }
        }
        match fileset {
            Ok(fileset) if faults.is_empty() => Ok(Self { fileset, commands }),
            _ => Err(RequestError(faults)),
        }
    }

    /// The databag that asks for this.
    ///
    /// ```
    /// use interfaces::backup::{AbsolutePath, Fileset, Moment, Request};
    /// let mut request = Request { fileset: Fileset::parse("/etc/my-app/, /var//backups")?, commands: [].into() };
    /// request.commands.insert(Moment::BeforeBackup, AbsolutePath::new("/opt/dump")?);
    /// let bag = request.databag();
    /// assert_eq!(bag.text("fileset"), Some("/etc/my-app,/var/backups"));
    /// assert_eq!(bag.text("run-before-backup"), Some("/opt/dump"));
    /// assert_eq!(Request::from_databag(&bag), Ok(request));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn databag(&self) -> Databag {
        let commands = self.commands.iter().map(|(moment, path)| (moment.key(), path.to_string()));
        std::iter::once((FILESET, self.fileset.to_string())).chain(commands).collect()
    }
}

/// Changes of the requirer, if this unit leads: the request alone. Every other key is deleted, an unknown one too, so that
/// a later version of a charm leaves no key of an earlier one.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let old = view.local_app.iter().flat_map(|bag| bag.keys()).map(|key| (key.clone(), String::new()));
    let wanted: Databag = old.chain(request.databag()).collect();
    Changes::of_leader(view, &wanted)
}
