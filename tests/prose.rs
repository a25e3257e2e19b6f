//! Check of the sources' comments: first lines of documentation name the thing, and sentences have concrete subjects.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{repository, rust_sources};

/// First words of a doc line that announce a question instead of naming the thing.
const QUESTIONS: [&str; 9] = ["What", "Which", "Where", "Whether", "Who", "Whose", "Why", "How", "When"];
/// Words that leave the subject open.
const INDEFINITE: [&str; 7] = ["nobody", "whoever", "whatever", "nothing", "none", "somebody", "shall"];
/// Limits: questions in a hundred first lines, and indefinite words in a thousand. Well-kept codebases are below them.
const MOST_QUESTIONS: usize = 3;
const MOST_INDEFINITE: usize = 2;

/// A comment of a source, without its slashes.
struct Comment<'a> {
    /// Line number, from 1.
    line: usize,
    text: &'a str,
    is_doc: bool,
    /// True for the first line of a run of comment lines.
    opens: bool,
}

fn comments(source: &str) -> Vec<Comment<'_>> {
    let mut found: Vec<Comment<'_>> = Vec::new();
    for (line, text) in (1..).zip(source.lines()) {
        let Some(text) = text.trim_start().strip_prefix("//") else { continue };
        let is_doc = text.starts_with(['/', '!']);
        let text = text.trim_start_matches(['/', '!']).trim();
        let opens = found.last().is_none_or(|last| last.line + 1 != line);
        found.push(Comment { line, text, is_doc, opens });
    }
    found
}

/// Words outside of code spans.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').step_by(2).flat_map(letters)
}

fn letters(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty())
}

fn asks(comment: &Comment<'_>) -> bool {
    words(comment.text).next().is_some_and(|word| QUESTIONS.contains(&word))
}

fn is_indefinite(word: &str) -> bool {
    INDEFINITE.iter().any(|indefinite| word.eq_ignore_ascii_case(indefinite))
}

/// Counts over a package's sources, with the places to mend.
#[derive(Default)]
struct Prose {
    first_lines: usize,
    questions: usize,
    words: usize,
    indefinite: usize,
    places: String,
}

impl Prose {
    fn add(&mut self, path: &Path, source: &str) {
        for comment in comments(source) {
            let counted = words(comment.text).count();
            let indefinite = words(comment.text).filter(|word| is_indefinite(word)).count();
            let is_first = comment.is_doc && comment.opens && counted > 0;
            let question = is_first && asks(&comment);
            self.first_lines += usize::from(is_first);
            self.questions += usize::from(question);
            self.words += counted;
            self.indefinite += indefinite;
            if question || indefinite > 0 {
                writeln!(self.places, "{}:{}: {}", path.display(), comment.line, comment.text).unwrap();
            }
        }
    }

    fn is_plain(&self) -> bool {
        self.questions * 100 <= self.first_lines * MOST_QUESTIONS
            && self.indefinite * 1000 <= self.words * MOST_INDEFINITE
    }
}

/// Folders that the check covers.
const FOLDERS: [&str; 13] = [
    "benches",
    "charms",
    "explain",
    "fuzz/fuzz_targets",
    "interfaces",
    "juju",
    "pack",
    "pebble",
    "playground",
    "rock",
    "src",
    "tests",
    "yaml",
];

#[test]
fn doc_lines_name_their_thing() {
    for package in FOLDERS.map(|folder| repository().join(folder)) {
        let mut prose = Prose::default();
        for path in rust_sources(&package) {
            let source = std::fs::read_to_string(&path).unwrap();
            prose.add(path.strip_prefix(repository()).unwrap(), &source);
        }
        assert!(prose.first_lines > 0, "no documentation below {}", package.display());
        let Prose { first_lines, questions, words, indefinite, places, .. } = &prose;
        assert!(
            prose.is_plain(),
            "{}: {questions} questions among {first_lines} first lines (at most {MOST_QUESTIONS} %), \
             {indefinite} indefinite words of {words} (at most {MOST_INDEFINITE} in a thousand):\n{places}",
            package.display(),
        );
    }
}

#[test]
fn questions_and_indefinite_words_are_found() {
    let mut prose = Prose::default();
    prose.add(
        Path::new("a.rs"),
        "/// What it is.\n/// More of it: `None`.\nfn a() {}\n// Nobody knows.\n/// A noun.\n\n/// Nonesuch.\n",
    );
    assert_eq!((prose.first_lines, prose.questions, prose.indefinite), (2, 1, 1));
    assert_eq!(prose.places, "a.rs:1: What it is.\na.rs:4: Nobody knows.\n");
    assert!(!prose.is_plain());
}
