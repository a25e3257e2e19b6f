//! The table: each figure with its reference, its budget and the verdict.

use std::fmt;

/// Unit of a value.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Time in seconds.
    Seconds,
    /// Bytes in memory, printed in powers of two.
    Memory,
    /// Bytes in a file, printed in powers of ten.
    Size,
    /// Number of calls.
    Count,
    /// Number in a second.
    Rate,
}

/// A value with its unit.
#[derive(Clone, Copy)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) unit: Unit,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        match self.unit {
            Unit::Seconds if value >= 0.5 => write!(f, "{value:.2} s"),
            Unit::Seconds => write!(f, "{:.1} ms", value * 1e3),
            Unit::Memory => write!(f, "{:.1} MiB", value / 1_048_576.0),
            Unit::Size => write!(f, "{:.2} MB", value / 1e6),
            Unit::Count => write!(f, "{value:.0}"),
            Unit::Rate => write!(f, "{value:.0}/s"),
        }
    }
}

/// Budget of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Budget {
    /// At most the reference divided by this number.
    OneIn(f64),
    /// At most this share of the reference.
    Share(f64),
    /// At least this many times the reference.
    Times(f64),
    /// At most this value.
    AtMost(f64),
    /// No budget: the figure is printed without a verdict.
    None,
}

/// Reference of a figure.
#[derive(Clone, Copy)]
pub(crate) struct Against {
    pub(crate) quantity: Quantity,
    /// True if it was measured in this run.
    pub(crate) is_of_this_run: bool,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) measured: Quantity,
    pub(crate) against: Option<Against>,
    pub(crate) budget: Budget,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.against.map(|against| self.measured.value / against.quantity.value)
    }

    fn verdict(&self) -> &'static str {
        let is_kept = match (self.budget, self.ratio()) {
            (Budget::OneIn(parts), Some(ratio)) => ratio * parts <= 1.0,
            (Budget::Share(share), Some(ratio)) => ratio <= share,
            (Budget::Times(times), Some(ratio)) => ratio >= times,
            (Budget::AtMost(most), _) => self.measured.value <= most,
            (Budget::OneIn(_) | Budget::Share(_) | Budget::Times(_), None) | (Budget::None, _) => return "",
        };
        if is_kept { "ok" } else { "over" }
    }

    fn budget(&self) -> String {
        match self.budget {
            Budget::OneIn(1.0) => "≤ 1".to_owned(),
            Budget::OneIn(parts) => format!("≤ 1/{parts}"),
            Budget::Share(share) => format!("≤ {share}"),
            Budget::Times(times) => format!("≥ {times} ×"),
            Budget::AtMost(most) => format!("≤ {}", Quantity { value: most, unit: self.measured.unit }),
            Budget::None => String::new(),
        }
    }

    fn cells(&self) -> [String; 6] {
        let against = self.against.map(|against| {
            let mark = if against.is_of_this_run { "" } else { " *" };
            format!("{}{mark}", against.quantity)
        });
        let ratio = self.ratio().map(fraction);
        [
            self.what.clone(),
            self.measured.to_string(),
            against.unwrap_or_default(),
            ratio.unwrap_or_default(),
            self.budget(),
            self.verdict().to_owned(),
        ]
    }
}

/// A ratio in the budgets' form: below 0.95 as a fraction.
fn fraction(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("1/{:.0}", 1.0 / ratio),
        ..0.95 => format!("1/{:.1}", 1.0 / ratio),
        _ => format!("{ratio:.2}"),
    }
}

/// The rows under a heading as an aligned Markdown table.
pub(crate) fn text(rows: &[Row]) -> String {
    let heading = ["what", "measured", "compared with", "ratio", "budget", ""].map(str::to_owned);
    let mut lines = vec![heading];
    lines.extend(rows.iter().map(Row::cells));
    let widths: [usize; 6] =
        std::array::from_fn(|i| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0));
    let mut text: Vec<String> = lines.iter().map(|line| aligned(line, &widths)).collect();
    text.insert(1, aligned(&widths.map(|width| "-".repeat(width)), &widths));
    text.join("\n")
}

fn aligned(cells: &[String; 6], widths: &[usize; 6]) -> String {
    let cells: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("| {} |", cells.join(" | "))
}

/// The median; of an even number of values, the upper of the middle two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
