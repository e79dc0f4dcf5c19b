//! Recordings under retention: they have a steady state, no trend. How much they grow, what the worst
//! days brought, and what a purge after so many days leaves. Pure.

/// What is known of a host's recordings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recordings {
    /// What there is now, in bytes.
    pub stored_bytes: f64,
    /// What came in each hour that was read, in bytes, one behind the other.
    pub hours: Vec<f64>,
    /// Where they lie.
    pub mount: Option<Mount>,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mount {
    /// Where it is mounted.
    pub mountpoint: String,
    /// Its size.
    pub size_bytes: f64,
    /// What is left.
    pub left_bytes: f64,
}

impl Recordings {
    /// What a day brings in the mean.
    pub fn day_bytes(&self) -> f64 {
        24.0 * self.hours.iter().sum::<f64>() / (self.hours.len() as f64).max(1.0)
    }

    /// What so many days at most have brought; none if fewer were read.
    pub fn worst_bytes(&self, days: usize) -> Option<f64> {
        let hours = days * 24;
        let windows = self.hours.windows(hours.max(1));
        windows.map(|window| window.iter().sum::<f64>()).reduce(f64::max)
    }

    /// The whole days that were read.
    pub fn days(&self) -> usize {
        self.hours.len() / 24
    }
}

/// The file system that holds a path: the longest mount point that begins it.
pub fn holding<'m>(mounts: &'m [Mount], path: &str) -> Option<&'m Mount> {
    let holds = |mount: &&Mount| {
        let rest = path.strip_prefix(mount.mountpoint.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    mounts.iter().filter(holds).max_by_key(|mount| mount.mountpoint.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_leaves_what_its_days_brought_at_worst() {
        let mut hours = vec![1.0; 24 * 10];
        hours[100..124].fill(5.0);
        let recordings = Recordings { hours, ..Recordings::default() };
        assert_eq!(recordings.days(), 10);
        assert_eq!(recordings.worst_bytes(1), Some(120.0));
        assert_eq!(recordings.worst_bytes(2), Some(144.0));
        assert_eq!(recordings.worst_bytes(11), None);
        assert!((recordings.day_bytes() - 33.6).abs() < 1e-9);
    }

    #[test]
    fn the_longest_mount_point_holds_a_path() {
        let mount = |name: &str| Mount { mountpoint: name.into(), ..Mount::default() };
        let mounts = [mount("/"), mount("/var"), mount("/var/big"), mount("/srv")];
        let found = |path| holding(&mounts, path).map(|mount| &*mount.mountpoint);
        assert_eq!(found("/var/bigbluebutton"), Some("/var"));
        assert_eq!(found("/home"), Some("/"));
        assert_eq!(holding(&mounts[3..], "/home"), None);
    }
}
