//! Printer that tracks the column and the kind of the last text, as Go's yaml.v3 does.
//!
//! Its rules for line ends are those of yaml.v3, with their oddities: a literal block loses a line break at its
//! beginning, and line breaks other than line feeds are followed by the next line's indentation.

use super::scalar::{self, Style};

/// Context of a scalar or collection, which decides its indentation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A mapping's key or value.
    Mapping,
    /// A sequence's item.
    Sequence,
}

/// Printer with its text so far.
#[derive(Default)]
pub(super) struct Printer {
    out: String,
    column: usize,
    indent: usize,
    /// True if the line has only indentation and indicators that allow a nested block.
    fresh: bool,
    /// True if the last character is white space.
    space: bool,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self { fresh: true, space: true, ..Self::default() }
    }

    /// Ends the last line and returns the text.
    pub(super) fn finish(mut self) -> String {
        self.indent = 0;
        self.line();
        self.out
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.fresh = true;
    }

    /// Starts a new line, unless one was just started, and indents.
    pub(super) fn line(&mut self) {
        if !self.fresh || self.column > self.indent || self.column == self.indent && !self.space {
            self.line_break('\n');
        }
        while self.column < self.indent {
            self.put(' ');
        }
        self.space = true;
    }

    /// Writes `?`, `:` or `-`, or a quote or bracket. With `on_line` a nested block may continue on this line.
    pub(super) fn indicator(&mut self, text: &str, spaced: bool, on_line: bool) {
        if spaced && !self.space {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.space = false;
        self.fresh = self.fresh && on_line;
    }

    /// Calls `print` one level deeper.
    pub(super) fn nested(&mut self, place: Place, print: impl FnOnce(&mut Self)) {
        let before = self.indent;
        self.indent = match place {
            Place::Mapping => 4 * (before / 4 + 1),
            Place::Sequence => before + 2,
        };
        print(self);
        self.indent = before;
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, place: Place) {
        self.nested(place, |printer| match style {
            Style::Plain => printer.indicator(text, true, false),
            Style::Single => printer.single(text),
            Style::Double => {
                printer.indicator("\"", true, false);
                scalar::escaped(text).chars().for_each(|c| printer.put(c));
                printer.indicator("\"", false, false);
            }
            Style::Literal => printer.literal(text),
        });
    }

    fn single(&mut self, text: &str) {
        self.indicator("'", true, false);
        let mut broken = false;
        for c in text.chars() {
            if scalar::is_break(c) {
                self.line_break(c);
                broken = true;
                continue;
            }
            if broken && c != ' ' {
                self.line();
            }
            if c == '\'' {
                self.put('\'');
            }
            self.put(c);
            if c != ' ' {
                self.fresh = false;
                broken = false;
            }
        }
        self.indicator("'", false, false);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false);
        self.indicator(&scalar::hints(text), false, false);
        self.space = true;
        let mut broken = true;
        for c in text.chars() {
            if scalar::is_break(c) {
                self.line_break(c);
                broken = true;
                continue;
            }
            if broken {
                self.line();
            }
            self.put(c);
            self.fresh = false;
            broken = false;
        }
    }
}
