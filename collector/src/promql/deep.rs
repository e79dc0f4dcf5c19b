//! Which expressions are too deep to be answered on the thread that asks, and how much stack those
//! take instead, which is memory like all else.

use super::QueryError;
use super::meter::Meter;
use crate::stack;

/// So deep an expression needs no thread of its own: threads of the runtime have 2 MiB of stack.
pub const SHALLOW: usize = 150;

/// What a level takes of the stack at most, in bytes, in a build that is wasteful with it too.
const LEVEL_BYTES: usize = 20 << 10;

/// What a thread takes of its stack before the first level.
const BASE_BYTES: usize = 1 << 20;

/// Does work on an expression of some depth, where there is stack enough for it.
pub fn with_stack<T: Send>(
    depth: usize,
    meter: &Meter<'_>,
    work: impl FnOnce() -> Result<T, QueryError> + Send,
) -> Result<T, QueryError> {
    if depth <= SHALLOW {
        return work();
    }
    let bytes = BASE_BYTES + depth * LEVEL_BYTES;
    let _stack = meter.hold(bytes as u64)?;
    let failed = |error| {
        let what = format!("failed to start a thread for an expression {depth} levels deep");
        QueryError::Execution(format!("{what}: {error}"))
    };
    stack::with_bytes(bytes, work).map_err(failed)?
}
