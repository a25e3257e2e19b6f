//! The database migration: a script of the application that runs once for each set of inputs. Pure.
//!
//! After a success the unit stores a fingerprint of script, databases and release. A migration is due if the current
//! fingerprint differs, so no event can lose one, and a rotated secret does not cause one.

use std::collections::BTreeSet;
use std::fmt;

use interfaces::database::Database;
use interfaces::uri::Uri;
use juju::fingerprint;

use crate::framework::Framework;

/// Content of the status file from the start of a migration to its success.
pub const BEGUN: &[u8] = b"FAILED";

/// Names of scripts. If the folder has several, the last in this list runs.
const SCRIPTS: [&str; 4] = ["migrate", "migrate.sh", "migrate.py", "manage.py"];

/// Pattern that matches every name of a script and few others. Go's `path.Match` has no alternatives.
pub const PATTERN: &str = "m[ai][gn]*";

/// Script in the application's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// File name.
    pub name: &'static str,
    /// Identity of its content: the bytes, or size and time of a large file.
    pub version: Vec<u8>,
}

/// State of migrations in the container.
#[derive(Debug, Default)]
pub struct Migration {
    /// Script, if the application has one.
    pub script: Option<Script>,
    /// Content of the status file: `PENDING`, `COMPLETED` or `FAILED`, as in the Python framework.
    pub status: Option<Vec<u8>>,
    /// Content of the rock's metadata, which changes with each pack.
    pub release: Option<Vec<u8>>,
}

/// Selects the script among the names of files.
pub fn choose<'a>(names: &(impl Iterator<Item = &'a str> + Clone)) -> Option<&'static str> {
    SCRIPTS.into_iter().rev().find(|script| names.clone().any(|name| name == *script))
}

/// Program and arguments that run a script in the application's folder.
#[must_use]
pub fn command(framework: &Framework, script: &str) -> Vec<String> {
    let own = format!("{}/{script}", framework.app_dir);
    let words: &[&str] = match script {
        "migrate.sh" => &["bash", "-eo", "pipefail", "migrate.sh"],
        "migrate.py" => &["python3", "migrate.py"],
        "manage.py" => &["python3", "manage.py", "migrate"],
        _ => &[&own],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Formats a command as a Python list: statuses of the Python framework show it so.
#[must_use]
pub fn shown(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(|word| format!("'{word}'")).collect();
    format!("[{}]", words.join(", "))
}

/// Path of the status file, which other processes in the container may read.
#[must_use]
pub fn status_path(framework: &Framework) -> String {
    format!("/tmp/{}/state/database-migration-status", framework.name)
}

/// Inputs of a migration: script, release and databases. As text, a value of the unit's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationInputs {
    /// Fingerprint of script and release.
    program: String,
    /// Fingerprints of the databases' addresses.
    databases: BTreeSet<String>,
}

impl MigrationInputs {
    /// Computes the inputs.
    #[must_use]
    pub fn of(seen: &Migration, script: &Script, databases: &[(&str, &Database)]) -> Self {
        let release = seen.release.as_deref().unwrap_or_default();
        let program = fingerprint([script.name.as_bytes(), &script.version, release]);
        Self { program, databases: databases.iter().map(|(endpoint, database)| identity(endpoint, database)).collect() }
    }

    /// Reads the text that `Display` writes. Any other text gives inputs that no migration has.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ').map(str::to_owned);
        Self { program: words.next().unwrap_or_default(), databases: words.collect() }
    }

    /// True if a success with the `remembered` inputs covers these: the same program and no new database. A removed
    /// database needs no migration.
    fn are_covered_by(&self, remembered: &Self) -> bool {
        self.program == remembered.program && self.databases.is_subset(&remembered.databases)
    }
}

impl fmt::Display for MigrationInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        self.databases.iter().try_for_each(|database| write!(f, " {database}"))
    }
}

/// Fingerprint of a database's endpoint, servers and name, without user and password.
fn identity(endpoint: &str, database: &Database) -> String {
    let uri = Uri::first(database.uri.expose());
    let netloc = uri.netloc.expose();
    let hosts = netloc.rsplit_once('@').map_or(netloc, |(_, hosts)| hosts);
    fingerprint([endpoint, &uri.scheme, hosts, &uri.path].map(str::as_bytes))
}

/// True if the migration must run.
///
/// A rock without metadata counts as new at each start of its container: the status file must then exist too, since it
/// lives as long as the container's file system. A unit without stored inputs was upgraded from the Python framework if
/// the file says `COMPLETED`, and does not migrate again.
#[must_use]
pub fn is_due(seen: &Migration, inputs: &MigrationInputs, remembered: Option<&MigrationInputs>) -> bool {
    let completed = seen.status.as_deref() == Some(b"COMPLETED");
    match remembered {
        Some(remembered) => !inputs.are_covered_by(remembered) || (seen.release.is_none() && !completed),
        None => !completed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::flask::FLASK;

    #[test]
    fn the_last_of_several_scripts_runs() {
        let table: [(&[&str], Option<&str>); 4] = [
            (&["migrate", "app.py"], Some("migrate")),
            (&["migrate.py", "migrate", "migrate.sh"], Some("migrate.py")),
            (&["manage.py", "migrate.sh"], Some("manage.py")),
            (&["migrations", "migrate.bak"], None),
        ];
        for (names, expected) in table {
            assert_eq!(choose(&names.iter().copied()), expected, "{names:?}");
        }
    }

    #[test]
    fn each_script_has_its_command() {
        assert_eq!(command(&FLASK, "migrate"), ["/flask/app/migrate"]);
        assert_eq!(command(&FLASK, "manage.py"), ["python3", "manage.py", "migrate"]);
        assert_eq!(shown(&command(&FLASK, "migrate.sh")), "['bash', '-eo', 'pipefail', 'migrate.sh']");
    }

    fn seen(status: Option<&str>, release: Option<&str>) -> Migration {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Migration { script: None, status: bytes(status), release: bytes(release) }
    }

    #[test]
    fn due_follows_from_inputs_alone() {
        let inputs = MigrationInputs::parse("program db1");
        let table = [
            (None, None, None, true, "never run"),
            (Some("FAILED"), None, None, true, "failed before"),
            (Some("odd"), None, None, true, "an unknown status counts as missing"),
            (Some("COMPLETED"), None, None, false, "the Python framework's"),
            (Some("COMPLETED"), None, Some("another db1"), true, "another program"),
            (Some("COMPLETED"), None, Some("program"), true, "a new database"),
            (Some("COMPLETED"), None, Some(""), true, "nonsense remembered"),
            (Some("COMPLETED"), None, Some("program db1"), false, "done"),
            (Some("COMPLETED"), None, Some("program db1 db2"), false, "a removed database"),
            (None, None, Some("program db1"), true, "a new start of a rock without metadata"),
            (None, Some("r1"), Some("program db1"), false, "a new start of the same release"),
            (Some("FAILED"), Some("r1"), Some("program db1"), false, "the stored inputs have priority over the file"),
        ];
        for (status, release, remembered, expected, why) in table {
            let remembered = remembered.map(MigrationInputs::parse);
            assert_eq!(is_due(&seen(status, release), &inputs, remembered.as_ref()), expected, "{why}");
        }
        assert_eq!(inputs.to_string(), "program db1");
    }

    fn database(uri: &str) -> Database {
        Database {
            uri: uri.into(),
            database: String::new(),
            username: None,
            password: None,
            endpoints: Vec::new(),
            read_only_endpoints: Vec::new(),
            version: None,
        }
    }

    #[test]
    fn inputs_are_script_release_and_address_of_the_database_not_its_password() {
        let script = Script { name: "migrate.sh", version: b"1".to_vec() };
        let other = Script { version: b"2".to_vec(), ..script.clone() };
        let inputs = |seen: &Migration, script: &Script, uri: &str| {
            MigrationInputs::of(seen, script, &[("postgresql", &database(uri))])
        };
        let base = inputs(&seen(None, Some("r1")), &script, "postgresql://u:old@h:5432/d");
        assert_eq!(base, inputs(&seen(Some("FAILED"), Some("r1")), &script, "postgresql://v:new@h:5432/d?x=1"));
        assert_ne!(base, inputs(&seen(None, Some("r2")), &script, "postgresql://u:old@h:5432/d"));
        assert_ne!(base, inputs(&seen(None, Some("r1")), &other, "postgresql://u:old@h:5432/d"));
        assert_ne!(base, inputs(&seen(None, Some("r1")), &script, "postgresql://u:old@h2:5432/d"));
        assert_ne!(base, inputs(&seen(None, Some("r1")), &script, "postgresql://u:old@h:5432/e"));
    }
}
