//! Locks of the store. A panic of whoever held one to change something may have left half a change,
//! which nobody may see: the process ends.

use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use headroom_proto::panics;

pub fn read<T>(shared: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    shared.read().unwrap_or_else(|_| broken())
}

pub fn write<T>(shared: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shared.write().unwrap_or_else(|_| broken())
}

pub fn lock<T>(exclusive: &Mutex<T>) -> MutexGuard<'_, T> {
    exclusive.lock().unwrap_or_else(|_| broken())
}

/// The end of the process, for a lock whose holder panicked.
pub fn broken() -> ! {
    panics::end("whoever held a lock of the store")
}

#[cfg(test)]
mod tests;
