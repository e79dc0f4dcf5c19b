//! How soon the allocator gives memory back that is freed. It asks for nothing and frees nothing
//! itself.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Where mimalloc reads how long it keeps what is freed, in milliseconds. It has no other way to be
/// told that is safe, and reads it before `main` begins.
const VARIABLE: &str = "MIMALLOC_PURGE_DELAY";

/// As of its second version. The third keeps what is freed for a second: what requests took then,
/// and others take again on another thread, counts twice.
const DELAY_MS: &str = "10";

/// Becomes the same process anew, once, whose allocator soon gives back what is freed; returns at
/// once where somebody has set that already. An error says why nothing has changed.
pub fn give_back_soon() -> io::Result<()> {
    if std::env::var_os(VARIABLE).is_some() {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let program = std::env::current_exe()?;
    let called = arguments.next();
    let called = called.as_deref().unwrap_or(OsStr::new("headroom"));
    Err(Command::new(program).arg0(called).args(arguments).env(VARIABLE, DELAY_MS).exec())
}
