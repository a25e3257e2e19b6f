//! Progress on standard error.

use std::io::{self, Write};

use rock::{Cancel, Work};

/// Prints a line of progress.
pub(crate) fn say(line: &str) {
    // A closed standard error is no reason to stop.
    let _ = writeln!(io::stderr(), "bench: {line}");
}

/// The build of a rock, with its lines as progress.
#[derive(Default)]
pub(crate) struct Build(Cancel);

impl Work for Build {
    fn say(&self, line: &str) {
        say(line);
    }

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}
