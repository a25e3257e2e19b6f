//! Edit distance of names, for finding the one that an author meant.

/// Letters to insert, delete or replace to make one text of the other.
///
/// ```
/// assert_eq!(juju::distance("databse", "database"), 1);
/// ```
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
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
    use super::distance;

    #[test]
    fn distances_count_letters() {
        let table = [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("db", "dbb", 1)];
        assert!(table.iter().all(|(a, b, letters)| distance(a, b) == *letters && distance(b, a) == *letters));
    }
}
