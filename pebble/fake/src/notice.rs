//! Custom notices.

use std::collections::BTreeMap;
use std::time::Duration;

use pebble::types::{Notice, NoticeType, Time};

use crate::{Pebble, clock};

/// A notice with the virtual times of its last occurrence and repetition.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) info: Notice,
    repeated: Duration,
}

impl Pebble {
    /// Adds an occurrence of a custom notice, as `pebble notify` does, and returns the notice's id. Within `repeat_after`
    /// of the last repetition the occurrence is counted and not repeated.
    pub fn notify(&mut self, key: &str, data: &[(&str, &str)], repeat_after: Option<Duration>) -> String {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.note(key, data, repeat_after)
    }

    pub(crate) fn note(&mut self, key: &str, data: BTreeMap<String, String>, repeat_after: Option<Duration>) -> String {
        let now = self.tick();
        let text = Time::from(clock::text(now));
        let quiet = repeat_after.unwrap_or_default();
        let next = (self.notices.len() + 1).to_string();
        let known = self.notices.iter_mut().find(|noted| noted.info.key == key);
        let Some(noted) = known else {
            let info = Notice {
                id: next.clone(),
                kind: NoticeType::Custom,
                key: key.to_owned(),
                first_occurred: text.clone(),
                last_occurred: text.clone(),
                last_repeated: text,
                occurrences: 1,
                last_data: data,
                repeat_after: repeat_after.map(|span| format!("{}s", span.as_secs_f64())),
                expire_after: Some("168h0m0s".to_owned()),
                ..Notice::default()
            };
            self.notices.push(Noted { info, repeated: now });
            return next;
        };
        noted.info.occurrences += 1;
        noted.info.last_occurred.clone_from(&text);
        noted.info.last_data = data;
        if quiet.is_zero() || now > noted.repeated + quiet {
            (noted.info.last_repeated, noted.repeated) = (text, now);
        }
        noted.info.id.clone()
    }

    /// The notices, in the order of their last repetition.
    pub fn notices(&self) -> Vec<Notice> {
        let mut all: Vec<&Noted> = self.notices.iter().collect();
        all.sort_by_key(|noted| noted.repeated);
        all.into_iter().map(|noted| noted.info.clone()).collect()
    }

    /// The next moment of the virtual clock: no two notices or changes have one time.
    pub(crate) fn tick(&mut self) -> Duration {
        self.now += Duration::from_nanos(1);
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_repeats_the_notice_unless_it_comes_too_soon() {
        let mut pebble = Pebble::default();
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(pebble.notify("example.com/a", &[("k", "1")], None), "1");
        assert_eq!(pebble.notify("example.com/b", &[], hour), "2");
        assert_eq!(pebble.notify("example.com/a", &[("k", "2")], None), "1");
        let first = pebble.notices();
        assert_eq!(first.iter().map(|notice| notice.id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
        assert_eq!((first[1].occurrences, first[1].last_data["k"].as_str()), (2, "2"));
        pebble.notify("example.com/b", &[], hour);
        assert_eq!(pebble.notices()[0].last_repeated, first[0].last_repeated, "too soon");
        pebble.advance(Duration::from_secs(3601));
        pebble.notify("example.com/b", &[], hour);
        assert_eq!(pebble.notices()[1].id, "2");
    }
}
