//! The API: the table of its paths, and a file for each noun.

mod call;
mod changes;
mod checks;
mod duration;
mod exec;
mod files;
#[cfg(fuzzing)]
#[allow(unreachable_pub, reason = "re-exported under that cfg by `crate::fuzzing`")]
pub mod fuzzing;
mod identities;
mod logs;
mod metrics;
mod notices;
mod plan;
mod route;
mod services;
mod shapes;
mod signals;
mod system;
mod tasks;

pub(crate) use identities::replace_identities;
pub(crate) use route::answer;
pub(crate) use services::{autostart, stop_all};

use call::Call;
use duration::limit;
