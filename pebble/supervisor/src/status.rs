//! How a task or change stands: Pebble's words and the numbers it keeps them as.

use serde::{Deserialize, Serialize};

/// How a task or change stands. The numbers are those of Pebble's state file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub(crate) enum Status {
    /// A task to do; a change that stands as its tasks do.
    #[default]
    Default = 0,
    /// Given up before it began.
    Hold,
    /// To do.
    Do,
    /// At work.
    Doing,
    /// Went well.
    Done,
    /// Told to stop while at work.
    Abort,
    /// To be undone.
    Undo,
    /// Being undone.
    Undoing,
    /// Undone.
    Undone,
    /// Failed.
    Error,
    /// Waits for something outside.
    Wait,
}

/// In which order one task's status decides the change's.
const WEIGHT: [Status; 10] = [
    Status::Abort,
    Status::Undoing,
    Status::Undo,
    Status::Doing,
    Status::Do,
    Status::Wait,
    Status::Error,
    Status::Undone,
    Status::Done,
    Status::Hold,
];

const ALL: [Status; 11] = [
    Status::Default,
    Status::Hold,
    Status::Do,
    Status::Doing,
    Status::Done,
    Status::Abort,
    Status::Undo,
    Status::Undoing,
    Status::Undone,
    Status::Error,
    Status::Wait,
];

impl Status {
    /// Whether nothing more will happen.
    pub(crate) fn is_ready(self) -> bool {
        matches!(self, Status::Done | Status::Undone | Status::Hold | Status::Error)
    }

    /// The word clients see.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Status::Default => "Default",
            Status::Hold => "Hold",
            Status::Do => "Do",
            Status::Doing => "Doing",
            Status::Done => "Done",
            Status::Abort => "Abort",
            Status::Undo => "Undo",
            Status::Undoing => "Undoing",
            Status::Undone => "Undone",
            Status::Error => "Error",
            Status::Wait => "Wait",
        }
    }

    /// How a change stands whose tasks stand so; one without tasks is on hold.
    pub(crate) fn of_change(tasks: impl Iterator<Item = Status>) -> Status {
        let tasks: Vec<Status> = tasks.collect();
        WEIGHT.into_iter().find(|status| tasks.contains(status)).unwrap_or(Status::Hold)
    }
}

impl From<Status> for u8 {
    fn from(status: Status) -> u8 {
        status as u8
    }
}

impl TryFrom<u8> for Status {
    type Error = String;

    fn try_from(number: u8) -> Result<Status, String> {
        ALL.get(usize::from(number)).copied().ok_or_else(|| format!("no status has the number {number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_file() {
        for status in ALL {
            assert_eq!(Status::try_from(u8::from(status)), Ok(status));
        }
        assert!(Status::try_from(11).is_err());
    }

    #[test]
    fn a_change_stands_as_its_most_pressing_task() {
        let of = |tasks: &[Status]| Status::of_change(tasks.iter().copied());
        assert_eq!(of(&[]), Status::Hold);
        assert_eq!(of(&[Status::Done, Status::Doing]), Status::Doing);
        assert_eq!(of(&[Status::Done, Status::Error, Status::Hold]), Status::Error);
        assert_eq!(of(&[Status::Doing, Status::Abort]), Status::Abort);
    }
}
