//! What goes on while the table isn't there yet, on standard error.

use std::io::{self, Write};

use rock::{Cancel, Work};

/// Says what is being done.
pub(crate) fn say(line: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "bench: {line}");
}

/// The build of a rock, told line by line.
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
