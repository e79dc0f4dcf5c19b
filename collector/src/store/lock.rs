//! Locks are taken whatever became of who held them before: what a panic leaves is whole, for a
//! change is made last, and a program that ships ends with its first panic.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub fn read<T>(shared: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

pub fn write<T>(shared: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shared.write().unwrap_or_else(PoisonError::into_inner)
}

pub fn lock<T>(exclusive: &Mutex<T>) -> MutexGuard<'_, T> {
    exclusive.lock().unwrap_or_else(PoisonError::into_inner)
}
