//! Edit distance of names, for finding the one that an author meant.

/// The known name that is most like `name`, if few enough letters differ for a typing mistake: at most a third of those
/// typed, and at least one.
///
/// ```
/// assert_eq!(webcharm_juju::nearest("databse", ["database", "ingress"]), Some("database"));
/// assert_eq!(webcharm_juju::nearest("cache", ["database", "ingress"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let near = known.into_iter().map(|known| (distance(name, known), known));
    near.filter(|(letters, known)| *letters <= most && *letters < known.chars().count()).min().map(|(_, known)| known)
}

/// Letters to insert, delete or replace to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_name_of_one_letter_is_like_no_other_one() {
        assert_eq!(nearest("x", ["a"]), None);
        assert_eq!(nearest("dbb", ["a", "db"]), Some("db"));
    }

    #[test]
    fn distances_count_letters() {
        let table = [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("db", "dbb", 1)];
        assert!(table.iter().all(|(a, b, letters)| distance(a, b) == *letters && distance(b, a) == *letters));
    }
}
