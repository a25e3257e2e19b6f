//! The way out of failures of the machine's that any step can meet: a full disk, or one that can't be written.

use std::error::Error;
use std::io;

/// What mends an error, by the causes below it; empty where that can't be told.
pub(crate) fn of(error: &(dyn Error + 'static)) -> &'static str {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let kinds = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().find_map(mend).unwrap_or_default()
}

fn mend(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "; free some space there, or have XDG_RUNTIME_DIR (the model) and XDG_CACHE_HOME (what is built) name folders \
             on another disk",
        ),
        io::ErrorKind::ReadOnlyFilesystem => Some(
            "; have XDG_RUNTIME_DIR (the model) and XDG_CACHE_HOME (what is built) name folders that can be written",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write it")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_full_disk_s_remedy_is_found_below_other_errors() {
        let remedy = |errno: rustix::io::Errno| of(&Outer(errno.into()));
        assert!(remedy(rustix::io::Errno::NOSPC).starts_with("; free some space there"));
        assert!(remedy(rustix::io::Errno::DQUOT).starts_with("; free some space there"));
        assert!(remedy(rustix::io::Errno::ROFS).contains("folders that can be written"));
        assert_eq!(remedy(rustix::io::Errno::PERM), "");
    }
}
