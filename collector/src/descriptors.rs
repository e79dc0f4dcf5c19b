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

/// Raises the limit as far as it goes, and tells the log.
pub fn raise() -> Descriptors {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let shown =
        |limit: Option<u64>| limit.map_or("any number of".to_owned(), |most| most.to_string());
    if current == maximum {
        tracing::info!("up to {} descriptors, so many files may be open", shown(current));
        return Descriptors { most: current };
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => {
            let (most, before) = (shown(maximum), shown(current));
            tracing::info!("up to {most} descriptors, so many files may be open; it was {before}");
            Descriptors { most: maximum }
        }
        Err(error) => {
            let most = shown(current);
            tracing::warn!("up to {most} descriptors, and failed to raise that: {error}");
            Descriptors { most: current }
        }
    }
}

impl Descriptors {
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
