//! `config-get`.

use super::{Call, Error, HookTools};
use crate::config::Config;

/// Without a name it answers every option that has a value.
pub(super) fn get(tools: &HookTools) -> Result<Config, Error> {
    tools.ask(Call::new("config-get"))
}
