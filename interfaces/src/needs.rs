//! Parts of a relation that several interfaces read; most read only the two applications' databags.

use juju::Needs;

/// The two applications' databags.
pub(crate) const APPS: Needs = Needs {
    peer: false,
    remote_app: true,
    remote_units: false,
    remote_unit_data: false,
    local_app: true,
    local_unit: false,
};

/// The other application's databag and those of its units.
pub(crate) const OTHER_SIDE: Needs = Needs { remote_units: true, remote_unit_data: true, local_app: false, ..APPS };
