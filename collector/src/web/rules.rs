//! What the pages know of rules: what is on the board, and whom to ask for a new reading of the
//! files.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::rules::Board;

/// Where the outcome of a new reading is told: what needs a restart, or every mistake, a line each.
pub type Reload = oneshot::Sender<Result<Vec<String>, String>>;

/// The most that wait for a new reading.
pub const RELOADS: usize = 8;

/// The way to the rules.
pub struct Rules {
    /// What is known of them.
    pub board: Arc<Board>,
    /// Who reads their files.
    pub reloads: mpsc::Sender<Reload>,
}
