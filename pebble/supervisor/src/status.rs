//! Statuses of tasks and changes: Pebble's words and numbers.

use serde::{Deserialize, Serialize};

/// Status of a task or change. The numbers are those of Pebble's state file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub(crate) enum Status {
    /// Of a task: to do. Of a change: derived from its tasks.
    #[default]
    Default = 0,
    /// Aborted before it began.
    Hold,
    /// To do.
    Do,
    /// Running.
    Doing,
    /// Succeeded.
    Done,
    /// Aborted while running.
    Abort,
    /// Aborted after it succeeded.
    Undo,
    /// Being undone.
    Undoing,
    /// Undone.
    Undone,
    /// Failed.
    Error,
    /// Waiting for an external event.
    Wait,
}

/// Precedence of task statuses for the status of a change.
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
    /// True if the status is final.
    pub(crate) fn is_ready(self) -> bool {
        matches!(self, Status::Done | Status::Undone | Status::Hold | Status::Error)
    }

    /// The word in the API.
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

    /// Status of a change with these tasks' statuses; without tasks `Hold`.
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
