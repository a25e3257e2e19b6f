//! The way out of failures of the machine's that any step can meet: a full disk, or one that can't be written.

use std::error::Error;
use std::io;

/// Words for a full disk in the output of programs such as pip, npm, Maven and initdb.
const FULL: [&str; 3] = ["no space left on device", "disk quota exceeded", "enospc"];

/// The remedy for an error, by the kinds of its causes and by the output of a program that is quoted in `text`.
pub(crate) fn of(error: &(dyn Error + 'static), text: &str) -> Option<&'static str> {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let mut kinds = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let text = text.to_lowercase();
    let quoted = || FULL.iter().any(|words| text.contains(words)).then_some(io::ErrorKind::StorageFull);
    kinds.find_map(mend).or_else(|| quoted().and_then(mend))
}

fn mend(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "free some space there, or have XDG_RUNTIME_DIR (the model) and XDG_CACHE_HOME (what is built) name folders \
             on another disk",
        ),
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("have XDG_RUNTIME_DIR (the model) and XDG_CACHE_HOME (what is built) name folders that can be written")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write it")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Said(&'static str);

    #[test]
    fn a_full_disk_s_remedy_is_found_below_other_errors() {
        let remedy = |errno: rustix::io::Errno| of(&Outer(errno.into()), "cannot write it");
        assert!(remedy(rustix::io::Errno::NOSPC).unwrap().starts_with("free some space there"));
        assert!(remedy(rustix::io::Errno::DQUOT).unwrap().starts_with("free some space there"));
        assert!(remedy(rustix::io::Errno::ROFS).unwrap().contains("folders that can be written"));
        assert_eq!(remedy(rustix::io::Errno::PERM), None);
    }

    #[test]
    fn a_full_disk_that_a_program_met_has_the_same_remedy() {
        for said in [
            "pip cannot install the dependencies (is PyPI reachable?); it said:\nERROR: Could not install packages due to \
             an OSError: [Errno 28] No space left on device",
            "npm failed; it said:\nnpm error code ENOSPC\nnpm error nospc There appears to be insufficient space",
            "mvn failed; it said:\nwrite: Disk quota exceeded",
        ] {
            let told = crate::chain(&Said(said));
            let remedy = "free some space there, or have XDG_RUNTIME_DIR (the model) and XDG_CACHE_HOME (what is built) \
                          name folders on another disk";
            assert_eq!(told, format!("{said}\n{remedy}"));
        }
        assert_eq!(
            crate::chain(&Said("pip failed; it said:\nno such package")),
            "pip failed; it said:\nno such package"
        );
    }

    #[test]
    fn a_remedy_that_a_child_has_told_is_not_told_twice() {
        let once = crate::chain(&Outer(rustix::io::Errno::NOSPC.into()));
        assert_eq!(once.matches("free some space").count(), 1, "{once}");
        let again = crate::chain(&Said(Box::leak(format!("the pod ended; its log ends with:\nerror: {once}").into())));
        assert_eq!(again.matches("free some space").count(), 1, "{again}");
    }
}
