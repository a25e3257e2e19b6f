//! The provider's half of [`backup`](super): a backup agent on the machine of the requirer's unit. It only reads.

use juju::{Needs, View};

use super::{FILESET, Fault, Request};
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: true,
    remote_units: false,
    remote_unit_data: false,
    local_app: false,
    local_unit: false,
};

/// The request of one relation; an empty databag is waited for. A request with faults names their keys, separated by
/// commas, and tells the first one's fault.
///
/// ```
/// use interfaces::{Read, backup::provider};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("backup", RelationId(20));
/// view.app = Some("backup-integrator".into());
/// assert_eq!(provider::read(&view), Read::Waiting("fileset".into()));
/// view.remote_app = Databag::from_iter([("fileset", "/var/backups,/etc/my-app")]);
/// let request = provider::read(&view).ready().unwrap().clone();
/// assert_eq!(request.fileset.iter().count(), 2);
/// ```
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    Read::of(view, || match Request::from_databag(&view.remote_app) {
        _ if view.remote_app.is_empty() => Err(Stop::waiting(FILESET)),
        Ok(request) => Ok(request),
        Err(error) => Err(invalid(&error.0)),
    })
}

fn invalid(faults: &[Fault]) -> Stop {
    let keys: Vec<_> = faults.iter().map(|fault| fault.key).collect();
    Stop::invalid(&keys.join(", "), faults.first().map_or("", |fault| &fault.why))
}
