//! Limit of a file's nesting, checked before it is parsed: a syntax tree is walked and freed by recursion.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Largest number of open brackets, and of indented blocks. Python's own limits are 200 and 100.
const BRACKETS: usize = 200;
const BLOCKS: usize = 100;

/// Largest number of tokens between two commas of one statement, added up over the open brackets. A node of the syntax
/// tree has at least one of them, so the tree is no deeper.
const TOKENS: usize = 3000;

/// Returns true if `text` exceeds a limit.
pub(super) fn is_excessive(text: &str) -> bool {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut depth = Depth { blocks: 0, tokens: vec![0] };
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return false,
            token => depth.add(token),
        }
        if depth.is_excessive() {
            return true;
        }
    }
}

/// Depth at a token.
struct Depth {
    blocks: usize,
    /// Tokens since the last comma, for the statement and for each open bracket.
    tokens: Vec<usize>,
}

impl Depth {
    fn add(&mut self, token: TokenKind) {
        match token {
            TokenKind::Newline => self.tokens = vec![0],
            TokenKind::NonLogicalNewline | TokenKind::Comment => {}
            TokenKind::Indent => self.blocks += 1,
            TokenKind::Dedent => self.blocks = self.blocks.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => self.tokens.push(1),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if self.tokens.len() > 1 => {
                self.tokens.pop();
                *self.innermost() += 1;
            }
            TokenKind::Comma => *self.innermost() = 1,
            _ => *self.innermost() += 1,
        }
    }

    fn innermost(&mut self) -> &mut usize {
        self.tokens.last_mut().expect("the statement is always open")
    }

    fn is_excessive(&self) -> bool {
        self.tokens.len() > BRACKETS || self.blocks > BLOCKS || self.tokens.iter().sum::<usize>() > TOKENS
    }
}
