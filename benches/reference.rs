//! Reference figures for programs that aren't measured in the same run.
//!
//! The Python charm is that of the framework paas-charm 1.12.3 for the same Flask application, measured on a quiet
//! machine with hook tools of the same kind (static executables that ask a model on that machine) and a real Pebble.
//! The Pebble is 1.32.1, measured there too. Neither is part of this repository, so only their figures are here, and
//! the table marks every comparison with them.

use crate::table::{Quantity, Unit};

/// Legend under the table.
pub(crate) const LEGEND: &str = "\
* measured earlier, on a quiet machine, not in this run: the Python charm of paas-charm 1.12.3 (79 hook-tool processes and
  23 Pebble requests for the same event; the Go charm of the same framework 0.65 s, 41 and 9), and Pebble 1.32.1.
Medians. Budgets with a fraction are shares of the figure compared with.";

/// A no-op `config-changed` of the Python charm.
pub(crate) mod python {
    use super::{Quantity, Unit};

    pub(crate) const WALL: Quantity = Quantity { value: 1.1, unit: Unit::Seconds };
    pub(crate) const CPU: Quantity = Quantity { value: 0.9, unit: Unit::Seconds };
    pub(crate) const PEAK: Quantity = Quantity { value: 58.0 * 1_048_576.0, unit: Unit::Memory };
    pub(crate) const TOOLS: Quantity = Quantity { value: 79.0, unit: Unit::Count };
    pub(crate) const REQUESTS: Quantity = Quantity { value: 23.0, unit: Unit::Count };
}

/// A real Pebble.
pub(crate) mod pebble {
    pub(crate) const START: f64 = 0.009;
    pub(crate) const IDLE: f64 = 12.0 * 1_048_576.0;
    pub(crate) const FIFTY: f64 = 24.0 * 1_048_576.0;
    pub(crate) const REPLAN: f64 = 1.14;
    pub(crate) const EXEC: f64 = 0.011;
    pub(crate) const PUSH: f64 = 0.25;
    pub(crate) const PULL: f64 = 0.057;
    pub(crate) const REQUESTS: f64 = 7800.0;
}
