//! A Python file, parsed; the variables and functions that it defines at its top level.

use ruff_python_ast::{PythonVersion, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextSize};

use super::nesting;

/// A fault of a file that isn't Python.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: usize,
    /// The parser's message.
    pub what: String,
}

/// A parsed file.
pub(crate) struct Module {
    lines: Lines,
    statements: Vec<Stmt>,
}

impl Module {
    /// Parses `text`, in the newest Python's grammar.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::parse_for(text, PythonVersion::latest())
    }

    /// Parses `text` as rockcraft's own Python does: version 3.12, without a byte order mark.
    pub(crate) fn parse_as_rockcraft(text: &str) -> Result<Self, SyntaxError> {
        if text.starts_with('\u{feff}') {
            return Err(SyntaxError { line: 1, what: "it begins with a byte order mark: remove it".to_owned() });
        }
        Self::parse_for(text, PythonVersion::PY312)
    }

    fn parse_for(text: &str, version: PythonVersion) -> Result<Self, SyntaxError> {
        let lines = Lines::of(text);
        let at = |offset: TextSize, what: String| SyntaxError { line: lines.line(offset), what };
        if nesting::is_excessive(text) {
            return Err(SyntaxError { line: 1, what: "the file is nested too deeply".to_owned() });
        }
        let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module).with_target_version(version));
        if let Some(error) = parsed.errors().first() {
            return Err(at(error.location.start(), error.error.to_string()));
        }
        if let Some(error) = parsed.unsupported_syntax_errors().first() {
            return Err(at(error.range().start(), error.to_string()));
        }
        let module = parsed.try_into_module().map(|module| module.into_suite());
        Ok(Self { lines, statements: module.into_iter().flatten().collect() })
    }

    /// The statements at the top level.
    pub(crate) fn statements(&self) -> &[Stmt] {
        &self.statements
    }

    /// Line of a node, counted from 1.
    pub(crate) fn line(&self, node: &impl Ranged) -> usize {
        self.lines.line(node.start())
    }

    /// Returns true if an assignment or a `from … import` at the top level binds `name`, as rockcraft looks for it:
    /// annotated assignments, unpacking and nested blocks don't count.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.statements.iter().any(|statement| match statement {
            Stmt::Assign(assign) => assign.targets.iter().any(|target| {
                let bound = target.as_name_expr();
                bound.is_some_and(|bound| bound.id.as_str() == name)
            }),
            Stmt::ImportFrom(import) => {
                import.names.iter().any(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str() == name)
            }
            _ => false,
        })
    }

    /// Returns true if the top level defines the function `name`; an `async` one doesn't count, as in rockcraft.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.statements.iter().any(|statement| {
            let function = statement.as_function_def_stmt();
            function.is_some_and(|function| !function.is_async && function.name.as_str() == name)
        })
    }
}

/// Offsets of the line ends of a text, except for one at its end: no line begins after that.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let text = text.strip_suffix('\n').unwrap_or(text);
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// Line of a byte offset, counted from 1.
    fn line(&self, offset: TextSize) -> usize {
        1 + self.0.partition_point(|end| *end < offset.to_usize())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_that_ends_too_early_is_refused_at_its_last_line() {
        for (text, line) in [("class X(\n", 1), ("class X(", 1), ("class X(\n\n", 2), ("x = 1\nclass X(\n", 2)] {
            assert_eq!(Module::parse(text).map(|_| ()).unwrap_err().line, line, "{text:?}");
        }
    }

    /// Each text with rockcraft's answer about a variable `app`, taken from its own function under Python 3.12.
    #[test]
    fn a_variable_is_one_that_rockcraft_finds() {
        for (text, expected) in [
            ("app = Flask(__name__)", true),
            ("\"\"\"docs\n\napp = create_app()\n\"\"\"", false),
            ("'''\napp = 1\n'''", false),
            ("x = '''\napp = 1\n'''", false),
            ("app: Flask = 1", false),
            ("app, x = 1, 2", false),
            ("[app] = 1,", false),
            ("app = x = 1", true),
            ("x = app = 1", true),
            ("(app) = 1", true),
            ("app \\\n  = 1", true),
            ("x = 1; app = 2", true),
            ("app += 1", false),
            ("if 1:\n  app = 1", false),
            ("try:\n  app = 1\nexcept Exception: pass", false),
            ("with x as app: pass", false),
            ("(app := 1)", false),
            ("import app", false),
            ("from x import *", false),
            ("from x import app as other", false),
            ("from x import (\n    a as app,\n    b,\n)", true),
            ("from . import app", true),
            ("def app(): pass", false),
            ("class app: pass", false),
            ("type app = int", false),
            ("return 1\napp = 1", true),
            ("  # app = 1", false),
            ("", false),
        ] {
            assert_eq!(Module::parse_as_rockcraft(text).unwrap().has_variable("app"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_factory_is_a_plain_function_at_the_top_level() {
        for (text, expected) in [
            ("def create_app(x=1): pass", true),
            ("@cached\ndef create_app() -> App:\n    ...", true),
            ("def create_app[T](x: T): pass", true),
            ("async def create_app(): pass", false),
            ("class X:\n    def create_app(self): pass", false),
            ("if 1:\n    def create_app(): pass", false),
            ("create_app = lambda: 1", false),
            ("'''\ndef create_app(): pass\n'''", false),
        ] {
            assert_eq!(Module::parse_as_rockcraft(text).unwrap().has_function("create_app"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_file_that_rockcraft_s_python_refuses_is_an_error_with_its_line() {
        for (text, line) in [
            ("print 'x'\napp = 1", 1),
            ("app = 1\n\tx", 2),
            ("\u{feff}app = 1", 1),
            ("x = 1\napp = 1\0", 2),
            ("x = 1\n\nx = t'{a}'", 3),
            ("(", 1),
            ("x = '", 1),
        ] {
            assert_eq!(Module::parse_as_rockcraft(text).err().map(|error| error.line), Some(line), "{text:?}");
        }
        assert!(Module::parse("x = t'{a}'").is_ok(), "newer than rockcraft's Python");
    }

    #[test]
    fn a_deeply_nested_file_is_refused_instead_of_exhausting_the_stack() {
        let many = 200_000;
        for text in [
            "(".repeat(many),
            format!("x = {}1", "-".repeat(many)),
            format!("x = {}1", "not ".repeat(many)),
            format!("x = 1{}", "+1".repeat(many)),
            format!("x = f{}", "()".repeat(many)),
            format!("x = f{}", "(1,)".repeat(many)),
            format!("x = f{}", ".a".repeat(many)),
            format!("x = {}1", "lambda:".repeat(many)),
            format!("x = {}1", "1 if 1 else ".repeat(many)),
            (0..1000).map(|depth| format!("{}if 1:\n", " ".repeat(depth))).collect::<String>()
                + &" ".repeat(1000)
                + "x",
        ] {
            let error = Module::parse(&text).err().map(|error| error.what);
            assert_eq!(error.as_deref(), Some("the file is nested too deeply"), "{}", &text[..20]);
        }
        let table = format!("x = [{}]\n", "(1, 'a'), ".repeat(50_000));
        assert!(Module::parse(&table).is_ok(), "a long table is flat");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|\n|def |app|=|\\(|\"){0,60}") {
            if let Ok(module) = Module::parse_as_rockcraft(&text) {
                prop_assert!(!(module.has_variable("app") || module.has_function("app")) || text.contains("app"));
            }
        }
    }
}
