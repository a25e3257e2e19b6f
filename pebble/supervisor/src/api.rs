//! The API: the table of its paths, and a file for each noun.

mod body;
mod call;
mod changes;
mod checks;
mod duration;
mod exec;
mod files;
#[cfg(fuzzing)]
#[allow(unreachable_pub, reason = "re-exported under that cfg by `crate::fuzzing`")]
pub mod fuzzing;
mod logs;
mod notices;
mod plan;
mod route;
mod services;
mod signals;
mod system;
mod tasks;

pub(crate) use route::answer;
pub(crate) use services::{autostart, stop_all};

use body::decode;
use call::Call;
use duration::duration;
