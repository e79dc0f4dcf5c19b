//! Room in a list, counted by the budget before it is taken.

use crate::samples::{Held, ReadError};

/// Makes room for more items; `memory` holds what the list takes, for as long as it lives.
pub fn make_room<T>(
    list: &mut Vec<T>,
    more: usize,
    memory: &mut Held<'_>,
) -> Result<(), ReadError> {
    let (wanted, room) = (list.len() + more, list.capacity());
    if wanted > room {
        let larger = wanted.max(room + room / 2);
        // While the items move, both places are taken.
        memory.more(bytes_of::<T>(larger))?;
        list.reserve_exact(larger - list.len());
        memory.less(bytes_of::<T>(room));
    }
    Ok(())
}

/// Gives back the room that no item takes.
pub fn give_back_spare<T>(list: &mut Vec<T>, memory: &mut Held<'_>) {
    let spare = list.capacity() - list.len();
    list.shrink_to_fit();
    memory.less(bytes_of::<T>(spare));
}

/// What so many items take.
pub fn bytes_of<T>(count: usize) -> u64 {
    (count * size_of::<T>()) as u64
}
