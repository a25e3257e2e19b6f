//! The options as a request. Pure.

use std::collections::BTreeMap;

use interfaces::backup::{FILESET, Fileset, FilesetError, Moment, Request};
use juju::{Config, Hold};

use crate::scripts::Scripts;

/// Files to save and scripts to run, as the operator wants them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    fileset: Fileset,
    /// The scripts' texts.
    pub(crate) scripts: BTreeMap<Moment, String>,
}

impl Wanted {
    /// Reads the options. An empty script counts as unset; one of white space does not.
    pub(crate) fn of_options(options: &Config) -> Result<Self, Hold> {
        let fileset = Fileset::parse(options.text(FILESET).unwrap_or_default()).map_err(hold)?;
        let script = |moment: Moment| options.text(moment.key()).filter(|text| !text.is_empty());
        let scripts = Moment::ALL.into_iter().filter_map(|moment| Some((moment, script(moment)?.to_owned())));
        Ok(Self { fileset, scripts: scripts.collect() })
    }

    /// The request, with the paths of the scripts.
    pub(crate) fn request(&self, scripts: &Scripts) -> Request {
        let commands = self.scripts.keys().map(|moment| (*moment, scripts.path(*moment)));
        Request { fileset: self.fileset.clone(), commands: commands.collect() }
    }
}

fn hold(error: FilesetError) -> Hold {
    match error {
        FilesetError::Missing => Hold::blocked("missing fileset config"),
        _ => Hold::blocked("invalid config: fileset").with_log(format!("it {error}")),
    }
}
