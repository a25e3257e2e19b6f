//! Patterns of file names: `*`, `?`, `[a-z]`, `[^a]` and backslashes, as in Go's `path.Match`.

/// An invalid pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// True if the whole name matches the pattern. No wildcard matches a slash.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool, Broken> {
    let pattern: Vec<char> = pattern.chars().collect();
    let tokens = parse(&pattern)?;
    let name: Vec<char> = name.chars().collect();
    Ok(fits(&tokens, &name))
}

enum Token {
    /// `*`: any number of characters.
    Any,
    /// `?`: one character.
    One,
    /// This character.
    Letter(char),
    /// One character in these ranges, or outside of all if negated.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, letter: char) -> bool {
        match self {
            Token::Any | Token::One => letter != '/',
            Token::Letter(own) => *own == letter,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

fn parse(mut pattern: &[char]) -> Result<Vec<Token>, Broken> {
    let mut tokens = Vec::new();
    while let Some((letter, rest)) = pattern.split_first() {
        pattern = rest;
        tokens.push(match letter {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => class(&mut pattern)?,
            '\\' => Token::Letter(next(&mut pattern)?),
            letter => Token::Letter(*letter),
        });
    }
    Ok(tokens)
}

fn next(pattern: &mut &[char]) -> Result<char, Broken> {
    let (letter, rest) = pattern.split_first().ok_or(Broken)?;
    *pattern = rest;
    Ok(*letter)
}

fn class(pattern: &mut &[char]) -> Result<Token, Broken> {
    let negated = pattern.first() == Some(&'^');
    if negated {
        next(pattern)?;
    }
    let mut ranges = Vec::new();
    while ranges.is_empty() || pattern.first() != Some(&']') {
        let low = bound(pattern)?;
        let high = if pattern.first() == Some(&'-') {
            next(pattern)?;
            bound(pattern)?
        } else {
            low
        };
        ranges.push((low, high));
    }
    next(pattern)?;
    Ok(Token::Class { negated, ranges })
}

fn bound(pattern: &mut &[char]) -> Result<char, Broken> {
    match next(pattern)? {
        '-' | ']' => Err(Broken),
        '\\' => next(pattern),
        letter => Ok(letter),
    }
}

/// Matches with backtracking to the last star only, which is enough: the part before it already matches at its
/// shortest. At most `tokens` × `name` steps.
fn fits(tokens: &[Token], name: &[char]) -> bool {
    let (mut token, mut letter) = (0, 0);
    let mut back = None;
    while letter < name.len() {
        match tokens.get(token) {
            Some(Token::Any) => {
                back = Some((token, letter));
                token += 1;
            }
            Some(one) if one.takes(name[letter]) => (token, letter) = (token + 1, letter + 1),
            _ => match back {
                Some((star, from)) if name[from] != '/' => {
                    back = Some((star, from + 1));
                    (token, letter) = (star + 1, from + 1);
                }
                _ => return false,
            },
        }
    }
    tokens[token..].iter().all(|token| matches!(token, Token::Any))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn matches_as_go_does() {
        let table = [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*b*c", "aXbYbc", Ok(true)),
            ("*x", "xxx", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[^b-d]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a\\*b", "ab", Ok(false)),
            ("a?b", "aéb", Ok(true)),
            ("a???b", "a☺b", Ok(false)),
            ("[\\]a]", "]", Ok(true)),
            ("", "", Ok(true)),
            ("", "a", Ok(false)),
            ("a", "", Ok(false)),
            ("[]a]", "]", Err(Broken)),
            ("[-]", "-", Err(Broken)),
            ("[x-]", "x", Err(Broken)),
            ("[a", "a", Err(Broken)),
            ("a\\", "a", Err(Broken)),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[a*?\\[\\]^\\\\-]{0,12}", name in "[a/]{0,12}") {
            let _ = matches(&pattern, &name);
        }

        #[test]
        fn every_name_fits_itself_escaped(name in any::<String>()) {
            let pattern: String = name.chars().flat_map(|letter| ['\\', letter]).collect();
            prop_assert_eq!(matches(&pattern, &name), Ok(true));
        }
    }
}
