//! The cost of an event without changes of the charms in `charms/`, beside that of the published Python charms.
//!
//! The folder `WEBCHARM_PYTHON_CHARMS` has the Python charms under the names of ours, each as Juju unpacks it: with
//! `dispatch`, `metadata.yaml` and its packages. Without the variable, ours are measured alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use juju::{CharmFiles, ConfigValue, Event, UnitName};
use juju_testing::Model;

use crate::Result;
use crate::charm::{Cost, cost};
use crate::meter;
use crate::programs::{Programs, repository};
use crate::progress::say;
use crate::table::{Against, Budget, Quantity, Row, Unit as Of};
use crate::unit::{Deployed, Unit};

/// Variable with the folder of the Python charms.
const PYTHON: &str = "WEBCHARM_PYTHON_CHARMS";

/// The charm's folder in the unit's.
const CHARM: &str = "charm";

/// Peak of memory that each of them may have.
const PEAK: f64 = 15.0 * 1_048_576.0;

/// A charm and the model that it is measured in.
struct Subject {
    name: &'static str,
    /// Charms around it, and its options. It is deployed already, a subordinate without units.
    surround: fn(&mut Model) -> Result<()>,
    container: Option<&'static str>,
}

const SUBJECTS: [Subject; 3] = [
    Subject { name: "pgbouncer", surround: |_| Ok(()), container: Some("pgbouncer") },
    Subject { name: "backup-integrator", surround: backup_integrator, container: None },
    Subject { name: "velero-integrator", surround: velero_integrator, container: None },
];

/// A principal and an agent on one machine, and a fileset.
fn backup_integrator(model: &mut Model) -> Result<()> {
    model.add_application("site", Vec::new(), 1)?;
    let agent = repository().join("charms/backup-integrator/examples/agent");
    model.deploy("backup-agent", CharmFiles::read(&agent)?, 0)?;
    model.integrate("backup-integrator:juju-info", "site:juju-info")?;
    model.integrate("backup-agent:juju-info", "site:juju-info")?;
    model.integrate("backup-integrator:backup", "backup-agent:backup")?;
    let fileset = ("fileset".to_owned(), ConfigValue::from("/var/backups"));
    Ok(model.configure("backup-integrator", &[fileset].into())?)
}

/// A schedule, and no relation yet.
fn velero_integrator(model: &mut Model) -> Result<()> {
    let schedule = ("schedule".to_owned(), ConfigValue::from("0 2 * * *"));
    Ok(model.configure("velero-integrator", &[schedule].into())?)
}

/// Their rows of the table.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    let python = std::env::var_os(PYTHON).map(PathBuf::from);
    let mut rows = Vec::new();
    for subject in &SUBJECTS {
        say(&format!("{}: an event without changes", subject.name));
        let ours = measured(subject, programs, unpacked(subject, programs)?)?;
        let theirs = python.as_deref().map(|charms| measured(subject, programs, of_python(subject, charms)?));
        // One may need what isn't here, such as Kubernetes' API.
        let theirs = theirs.and_then(|measured| {
            measured
                .map_err(|error| say(&format!("{}: the Python charm does not run here: {error}", subject.name)))
                .ok()
        });
        rows.extend(compared(subject, &ours, theirs.as_ref()));
    }
    Ok(rows)
}

/// A folder with our charm as Juju unpacks it.
fn unpacked(subject: &Subject, programs: &Programs) -> Result<TempDir> {
    let dir = tempfile::tempdir()?;
    let binary = pack::entry(&packed(subject, &programs.dist)?, "dispatch")?;
    let charm = pack::Charm::with_dispatch(&repository().join("charms").join(subject.name), binary)?;
    charm.unpack(&dir.path().join(CHARM))?;
    Ok(dir)
}

/// The charm in the release's folder, whose name has its base and architecture.
fn packed(subject: &Subject, dist: &Path) -> Result<PathBuf> {
    let names = fs::read_dir(dist)?.flatten().map(|entry| entry.path());
    let is_it = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(subject.name) && name.ends_with(".charm")
    };
    let found = names.filter(is_it).min();
    found.ok_or_else(|| format!("there is no {} in {}", subject.name, dist.display()).into())
}

/// A folder with everything of the Python charm.
fn of_python(subject: &Subject, charms: &Path) -> Result<TempDir> {
    let dir = tempfile::tempdir()?;
    fs::create_dir(dir.path().join(CHARM))?;
    let python = charms.join(subject.name);
    let entries = fs::read_dir(&python).map_err(|error| format!("cannot read {}: {error}", python.display()))?;
    for entry in entries {
        let entry = entry?;
        symlink(entry.path().canonicalize()?, dir.path().join(CHARM).join(entry.file_name()))?;
    }
    Ok(dir)
}

/// Settles a unit of the charm in `dir`, and measures a config-changed.
fn measured(subject: &Subject, programs: &Programs, dir: TempDir) -> Result<Cost> {
    let charm = dir.path().join(CHARM);
    meter::install(&charm)?;
    let files = CharmFiles::read(&charm)?;
    let name = UnitName::new(&files.metadata.name, 0);
    let endpoints = files.metadata.endpoints.len();
    let mut model = Model::new("bench");
    let units = u32::from(!files.metadata.subordinate);
    model.deploy(name.app(), files, units)?;
    (subject.surround)(&mut model)?;
    let mut unit = Unit::of(programs, Deployed { model, name, charm, endpoints }, dir)?;
    match subject.container {
        Some(container) => unit.start_plain(&programs.pebble, container)?,
        None => unit.settle()?,
    }
    cost(&unit, &Event::ConfigChanged)
}

fn compared(subject: &Subject, ours: &Cost, theirs: Option<&Cost>) -> Vec<Row> {
    let row = |what: String, unit, of: fn(&Cost) -> f64, budget| Row {
        what,
        measured: Quantity { value: of(ours), unit },
        against: theirs.map(|cost| Against { quantity: Quantity { value: of(cost), unit }, is_of_this_run: true }),
        budget,
    };
    let more = |what: &str| format!("… {what}");
    vec![
        row(format!("{}, no-op config-changed: wall", subject.name), Of::Seconds, |cost| cost.wall, Budget::None),
        row(more("processor time, hook tools included"), Of::Seconds, |cost| cost.cpu, Budget::None),
        row(more("peak memory of the charm itself"), Of::Memory, |cost| cost.peak, Budget::AtMost(PEAK)),
        row(more("hook-tool processes"), Of::Count, |cost| cost.tools, Budget::None),
    ]
}
