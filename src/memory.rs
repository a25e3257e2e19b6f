//! The unit's memory: values that Juju stores from one event to the next (`state-set`), read in
//! [`observe`](crate::observe) and written in [`publish`](crate::publish).
//!
//! Each tells of work that was done, by a fingerprint or its time, since its result can't be read back. A lost one is
//! never wrong: the work is done, or Pebble asked, once more. Keys that are not here, for example those of the Python
//! framework, are left alone.

use std::collections::BTreeMap;
use std::fmt;

use crate::migration::MigrationInputs;
use crate::restarts::StartWindow;

/// Key of [`Memory::migration`]. A unit keeps it through upgrades of the charm, so it must not change.
const MIGRATION: &str = "webcharm.migration";
/// Key of [`Memory::web_server`]. The same holds.
const WEB_SERVER: &str = "webcharm.web-server";
/// Key of [`Memory::version`]. The same holds.
const VERSION: &str = "webcharm.version";
/// Key of [`Memory::started`]. The same holds.
const STARTED: &str = "webcharm.started";
/// Suffix of a web server's text if [`ServerMemory::unheard`] is true.
const UNHEARD: &str = " unheard";

/// Memory of the unit. `None`: no value, or one that this charm did not write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Inputs of the last successful migration: it does not run again for the same ones. Without them, the status file
    /// in the container says if it ran, and a new container has none.
    pub migration: Option<MigrationInputs>,
    /// The web server as it was last checked. Without it, an event checks the configuration again and makes the server
    /// read it, by a restart if the server reads some of it at its start only.
    pub web_server: Option<ServerMemory>,
    /// The workload's version as Juju was told it. Without it, Juju is told again.
    pub version: Option<String>,
    /// Time of the charm's last start of services. Without it, an event that finds a young service asks Pebble for its
    /// changes.
    pub started: Option<StartWindow>,
}

/// The web server as it was last checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerMemory {
    /// Fingerprint of all inputs: files, variables and commands.
    pub inputs: String,
    /// Fingerprint of the inputs that the server reads only at its start.
    pub at_start: String,
    /// True if the port has not been seen listening since then, although the charm's author wants it checked.
    pub unheard: bool,
}

impl Memory {
    /// Reads the unit's stored state.
    #[must_use]
    pub fn read(state: &BTreeMap<String, String>) -> Self {
        let text = |key| state.get(key).map(String::as_str);
        Self {
            migration: text(MIGRATION).map(MigrationInputs::parse),
            web_server: text(WEB_SERVER).and_then(ServerMemory::parse),
            version: text(VERSION).map(str::to_owned),
            started: text(STARTED).and_then(StartWindow::parse),
        }
    }

    /// Values as texts by key, for the unit's stored state.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<String, String> {
        let migration = self.migration.as_ref().map(|inputs| (MIGRATION.to_owned(), inputs.to_string()));
        let web_server = self.web_server.as_ref().map(|server| (WEB_SERVER.to_owned(), server.to_string()));
        let version = self.version.clone().map(|version| (VERSION.to_owned(), version));
        let started = self.started.as_ref().map(|window| (STARTED.to_owned(), window.to_string()));
        migration.into_iter().chain(web_server).chain(version).chain(started).collect()
    }

    /// These values, and the `earlier` ones that are missing here.
    #[must_use]
    pub fn or(self, earlier: Self) -> Self {
        Self {
            migration: self.migration.or(earlier.migration),
            web_server: self.web_server.or(earlier.web_server),
            version: self.version.or(earlier.version),
            started: self.started.or(earlier.started),
        }
    }

    /// Values that are not stored yet.
    #[must_use]
    pub fn news(self, stored: &Self) -> Self {
        Self {
            migration: self.migration.filter(|inputs| stored.migration.as_ref() != Some(inputs)),
            web_server: self.web_server.filter(|server| stored.web_server.as_ref() != Some(server)),
            version: self.version.filter(|version| stored.version.as_ref() != Some(version)),
            started: self.started.filter(|window| stored.started.as_ref() != Some(window)),
        }
    }
}

impl ServerMemory {
    /// Reads the text that `Display` writes.
    fn parse(text: &str) -> Option<Self> {
        let known = text.strip_suffix(UNHEARD);
        let (inputs, at_start) = known.unwrap_or(text).split_once(' ')?;
        Some(Self { inputs: inputs.to_owned(), at_start: at_start.to_owned(), unheard: known.is_some() })
    }

    /// True if both were checked with the same inputs.
    #[must_use]
    pub fn has_inputs_of(&self, other: &Self) -> bool {
        (&self.inputs, &self.at_start) == (&other.inputs, &other.at_start)
    }
}

impl fmt::Display for ServerMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.inputs, self.at_start, if self.unheard { UNHEARD } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn stored_texts_are_read_and_written_alike_and_other_keys_left_alone() {
        for server in ["a b", "a b unheard"] {
            let stored = state(&[
                ("webcharm.migration", "m d1 d2"),
                ("webcharm.web-server", server),
                ("webcharm.started", "t1 t2"),
            ]);
            let memory = Memory::read(&stored);
            assert_eq!(memory.entries(), stored);
            assert_eq!(memory.web_server.clone().map(|server| server.unheard), Some(server != "a b"));
            let others = stored.clone().into_iter().chain(state(&[("older-key", "x")])).collect();
            assert_eq!(Memory::read(&others), memory);
        }
    }

    #[test]
    fn a_text_that_is_not_ours_is_no_value() {
        assert_eq!(Memory::read(&state(&[("webcharm.web-server", "nonsense")])), Memory::default());
        assert_eq!(Memory::read(&state(&[])), Memory::default());
    }

    #[test]
    fn later_values_replace_earlier_ones_and_only_news_are_stored() {
        let memory = |migration: &[(&str, &str)]| Memory::read(&state(migration));
        let (m1, m2) = (("webcharm.migration", "m1"), ("webcharm.migration", "m2"));
        let (server, unheard) = (("webcharm.web-server", "a b"), ("webcharm.web-server", "a b unheard"));
        assert_eq!(memory(&[m2]).or(memory(&[m1, server])), memory(&[m2, server]));
        assert_eq!(memory(&[m1, server]).or(memory(&[unheard])), memory(&[m1, server]));
        assert_eq!(memory(&[m2, server]).news(&memory(&[m1, server])), memory(&[m2]));
        assert_eq!(memory(&[m1, server]).news(&memory(&[m1, unheard])), memory(&[server]));
    }
}
