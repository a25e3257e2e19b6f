//! Terminal of a command: a pseudo-terminal whose master side the daemon holds.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::fs::{Gid, Mode, OFlags, Uid, fchown, open};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{ControlModes, InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use tokio::net::unix::pipe;

use crate::users::Owner;

/// Size of a terminal whose client names none.
const COLUMNS: u16 = 80;
const ROWS: u16 = 25;
/// The character that ends the input.
pub(super) const END_OF_INPUT: u8 = 4;

/// Master side of a terminal. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Master(Rc<OwnedFd>);

/// Opens a terminal; its other side, for the command, belongs to `owner`.
///
/// # Errors
/// The system's error.
pub(super) fn open_terminal(owner: Option<Owner>, width: i64, height: i64) -> io::Result<(Master, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let slave = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut modes = tcgetattr(&slave)?;
    modes.input_modes |= InputModes::IMAXBEL | InputModes::IUTF8 | InputModes::BRKINT | InputModes::IXANY;
    modes.control_modes |= ControlModes::HUPCL;
    tcsetattr(&slave, OptionalActions::Now, &modes)?;
    if let Some(owner) = owner {
        fchown(&slave, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
    }
    rustix::io::ioctl_fionbio(&master, true)?;
    let master = Master(Rc::new(master));
    master.resize(i64::from(COLUMNS), i64::from(ROWS))?;
    if width > 0 && height > 0 {
        master.resize(width, height)?;
    }
    Ok((master, slave))
}

impl Master {
    /// Sets the terminal's size, in characters.
    ///
    /// # Errors
    /// The system's error, or a size that is no size.
    pub(super) fn resize(&self, width: i64, height: i64) -> io::Result<()> {
        let cut = |size: i64| u16::try_from(size).map_err(|_| io::Error::from(Errno::INVAL));
        let size = Winsize { ws_row: cut(height)?, ws_col: cut(width)?, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(&*self.0, size)?)
    }

    /// Reader of the output. Reading fails when no process has the terminal open any more.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn output(&self) -> io::Result<pipe::Receiver> {
        pipe::Receiver::from_owned_fd_unchecked(self.0.try_clone()?)
    }

    /// Writer of the input.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn input(&self) -> io::Result<pipe::Sender> {
        pipe::Sender::from_owned_fd_unchecked(self.0.try_clone()?)
    }
}
