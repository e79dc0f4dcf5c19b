//! Open files: connections are files too, and so are the store's. As many are allowed as the system
//! lets a process allow itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the store and all else may have open beside connections.
const FOR_OTHERS: u64 = 512;

/// The fewest connections that there is room for, however few files may be open.
const FEWEST: u64 = 16;

/// How many files may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// The most; none if there is no limit.
    most: Option<u64>,
}

/// Raises the limit as far as it goes.
pub fn raise() -> Descriptors {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return Descriptors { most: current };
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => Descriptors { most: maximum },
        Err(error) => {
            tracing::warn!("failed to raise how many files may be open: {error}");
            Descriptors { most: current }
        }
    }
}

impl Descriptors {
    /// Tells the log.
    pub fn tell(self) {
        let most = self.most.map_or("any number of".to_owned(), |most| format!("up to {most}"));
        tracing::info!("{most} files may be open");
    }

    /// How many connections there is room for beside all else: half of the files, if they are few.
    pub fn connections(self) -> usize {
        let Some(most) = self.most else { return usize::MAX };
        let room = most.saturating_sub(FOR_OTHERS).max(most / 2).max(FEWEST);
        usize::try_from(room).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_store() {
        for (most, connections) in [
            (Some(1_048_576), 1_048_064),
            (Some(4096), 3584),
            (Some(1024), 512),
            (Some(128), 64),
            (Some(8), 16),
            (None, usize::MAX),
        ] {
            assert_eq!(Descriptors { most }.connections(), connections, "{most:?}");
        }
    }
}
