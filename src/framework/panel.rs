//! Panels of a framework's dashboard, as rows of tables; [`telemetry`](crate::telemetry) makes Grafana's JSON of them.
//!
//! In an expression, `@` stands for the matchers that select the application's series in Juju, and `#` for the
//! framework's name.

/// Panel of a dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panel {
    /// Title for people.
    pub title: &'static str,
    /// Form of the panel.
    pub kind: Kind,
    /// Unit of the values, by Grafana's name.
    pub unit: &'static str,
    /// Expressions, each with the legend of its series.
    pub queries: &'static [(&'static str, &'static str)],
}

/// Form of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The last values as numbers.
    Numbers,
    /// Values over time.
    Series,
    /// Lines of the application's logs.
    Logs,
}

impl Panel {
    /// Panel of numbers.
    #[must_use]
    pub const fn numbers(
        title: &'static str,
        unit: &'static str,
        queries: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { title, kind: Kind::Numbers, unit, queries }
    }

    /// Panel of values over time.
    #[must_use]
    pub const fn series(
        title: &'static str,
        unit: &'static str,
        queries: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { title, kind: Kind::Series, unit, queries }
    }
}

/// Logs of the application.
pub const LOGS: Panel = Panel { title: "Application log", kind: Kind::Logs, unit: "", queries: &[("{@}", "")] };

/// Share of the responses whose status begins with a digit.
macro_rules! share {
    ($metric:literal, $label:literal, $digit:literal) => {
        concat!(
            "sum(rate(",
            $metric,
            "{@, ",
            $label,
            "=~\"",
            $digit,
            "..\"}[$__rate_interval])) / sum(rate(",
            $metric,
            "{@}[$__rate_interval]))"
        )
    };
}

/// Quantile of a histogram.
macro_rules! quantile {
    ($quantile:literal, $metric:literal) => {
        concat!("histogram_quantile(", $quantile, ", sum by (le) (rate(", $metric, "_bucket{@}[$__rate_interval])))")
    };
}

/// Sum of a counter's rates.
macro_rules! rate {
    ($counter:literal) => {
        concat!("sum(rate(", $counter, "{@}[$__rate_interval]))")
    };
}

pub(super) use {quantile, rate, share};
