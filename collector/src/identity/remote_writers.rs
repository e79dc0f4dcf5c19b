//! Who may write by remote write, and which series: a writer's token names instances and jobs. What
//! agents say of their own hosts is theirs alone, whatever a writer's token names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use headroom_proto::metric::{BBB_JOB, BROWSER, NODE_JOB, OWN_JOB, PROBE_JOB};

use super::{Agent, TokenHash};

/// The jobs that the agent of an instance has for itself.
pub const RESERVED_JOBS: [&str; 4] = [NODE_JOB, BBB_JOB, PROBE_JOB, OWN_JOB];

/// Stands for every job.
pub const EVERY_JOB: &str = "*";

/// The name of whoever shows no token where none is asked for.
const NAMELESS: &str = "a writer without a token";

/// Which instances a writer may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instances {
    /// Those of these names.
    Named(HashSet<String>),
    /// Those whose names begin so; all of them, if it is empty.
    Prefix(String),
}

/// Which jobs a writer may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jobs {
    /// Every one.
    Every,
    /// Those of these names.
    Named(HashSet<String>),
}

/// Somebody who writes by remote write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteWriter {
    /// Its name in the log.
    pub name: Arc<str>,
    /// Which instances it may write.
    pub instances: Instances,
    /// Which jobs.
    pub jobs: Jobs,
}

/// A writer and its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterToken {
    /// The token, hashed.
    pub token: TokenHash,
    /// Whose it is.
    pub writer: RemoteWriter,
}

/// Whether a writer needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entry {
    /// It does.
    #[default]
    WithToken,
    /// It does not, and may write all that is not reserved.
    Open,
}

/// All who may write by remote write.
#[derive(Debug, Clone)]
pub struct RemoteWriters {
    by_token: HashMap<TokenHash, Arc<RemoteWriter>>,
    nameless: Option<Arc<RemoteWriter>>,
    /// The instances of agents.
    reserved: HashSet<Arc<str>>,
    /// The instance under which the collector tells of itself.
    own: Arc<str>,
}

/// A series that a writer may not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotYours {
    /// The agent of the instance has that job.
    #[error("instance {instance:?} with job {job:?} is for that host's own agent alone")]
    Reserved {
        /// The instance.
        instance: String,
        /// The job.
        job: String,
    },
    /// The agent of the vantage tells of its pings, the collector of members' checks.
    #[error(
        "pings of vantage {vantage:?} with job \"probe\" are for that vantage's own agent alone"
    )]
    Pings {
        /// The vantage.
        vantage: String,
    },
    /// The writer's token does not name it.
    #[error("writer {writer:?} may not write instance {instance:?} with job {job:?}")]
    Scope {
        /// The writer.
        writer: Arc<str>,
        /// The instance.
        instance: String,
        /// The job.
        job: String,
    },
}

/// What of a series says whose it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whose<'s> {
    /// Its host, or what is probed.
    pub instance: &'s str,
    /// Its job.
    pub job: &'s str,
    /// Who probed.
    pub vantage: &'s str,
    /// By what means.
    pub kind: &'s str,
}

impl RemoteWriter {
    /// One who may write all that is not reserved.
    pub fn of_everything(name: &str) -> Self {
        let instances = Instances::Prefix(String::new());
        Self { name: name.into(), instances, jobs: Jobs::Every }
    }

    fn may(&self, instance: &str, job: &str) -> bool {
        let instances = match &self.instances {
            Instances::Named(names) => names.contains(instance),
            Instances::Prefix(prefix) => instance.starts_with(prefix),
        };
        let jobs = match &self.jobs {
            Jobs::Every => true,
            Jobs::Named(names) => names.contains(job),
        };
        instances && jobs
    }
}

impl RemoteWriters {
    /// Writers beside agents; `own` is the instance under which the collector tells of itself.
    pub fn new<'a>(
        writers: impl IntoIterator<Item = WriterToken>,
        entry: Entry,
        agents: impl IntoIterator<Item = &'a Agent>,
        own: &str,
    ) -> Self {
        let known = |WriterToken { token, writer }| (token, Arc::new(writer));
        let nameless = || Arc::new(RemoteWriter::of_everything(NAMELESS));
        let instances = agents.into_iter().map(|agent| Arc::clone(&agent.instance));
        Self {
            by_token: writers.into_iter().map(known).collect(),
            nameless: match entry {
                Entry::WithToken => None,
                Entry::Open => Some(nameless()),
            },
            reserved: instances.collect(),
            own: own.into(),
        }
    }

    /// Who presents `token`, if anybody is known by it.
    pub fn by_token(&self, token: &str) -> Option<Arc<RemoteWriter>> {
        self.by_token.get(&TokenHash::of(token)).cloned()
    }

    /// Who presents none, where that is allowed.
    pub fn nameless(&self) -> Option<Arc<RemoteWriter>> {
        self.nameless.clone()
    }

    /// Whether a writer may write series of those labels.
    pub fn check(&self, writer: &RemoteWriter, written: Whose<'_>) -> Result<(), NotYours> {
        let Whose { instance, job, vantage, kind } = written;
        let (named, of) = (instance.to_owned(), job.to_owned());
        let of_agent = is_reserved(job) && self.reserved.contains(instance);
        if job == PROBE_JOB && (self.reserved.contains(vantage) || kind == BROWSER) {
            return Err(NotYours::Pings { vantage: vantage.to_owned() });
        }
        if of_agent || (job == OWN_JOB && instance == &*self.own) {
            return Err(NotYours::Reserved { instance: named, job: of });
        }
        if !writer.may(instance, job) {
            let writer = Arc::clone(&writer.name);
            return Err(NotYours::Scope { writer, instance: named, job: of });
        }
        Ok(())
    }
}

/// Whether a job is for agents alone where there are any.
pub fn is_reserved(job: &str) -> bool {
    RESERVED_JOBS.contains(&job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_writes_what_its_token_names_and_nothing_of_agents() {
        let agent = Agent { instance: "ca1".into(), token: TokenHash::of("agent"), interval: None };
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let writer = |instances, jobs| RemoteWriter { name: "w".into(), instances, jobs };
        let everything = RemoteWriter::of_everything("all");
        let databases = writer(Instances::Prefix("db".into()), Jobs::Named(set(&["mysql", ""])));
        let named =
            writer(Instances::Named(set(&["ca1", "web1"])), Jobs::Named(set(&["node", "nginx"])));
        let token = |text: &str, writer: &RemoteWriter| WriterToken {
            token: TokenHash::of(text),
            writer: writer.clone(),
        };
        let tokens = [token("a", &everything), token("d", &databases), token("n", &named)];
        let writers = RemoteWriters::new(tokens, Entry::WithToken, [&agent], "mon1");
        for (token, allowed, refused) in [
            (
                "a",
                &[("ca1", "mysql"), ("ca2", "node"), ("", ""), ("ca1", ""), ("mon1", "node")][..],
                &[
                    ("ca1", "node"),
                    ("ca1", "bbb"),
                    ("ca1", "probe"),
                    ("ca1", "headroom"),
                    ("mon1", "headroom"),
                ][..],
            ),
            (
                "d",
                &[("db1", "mysql"), ("db", "")],
                &[("db1", "node"), ("d", "mysql"), ("", "mysql")],
            ),
            (
                "n",
                &[("web1", "node"), ("ca1", "nginx")],
                &[("ca1", "node"), ("web2", "node"), ("web1", "")],
            ),
        ] {
            let writer = writers.by_token(token).unwrap();
            for (instance, job) in allowed {
                assert_eq!(
                    writers.check(&writer, Whose { instance, job, ..Whose::default() }),
                    Ok(()),
                    "{token} {instance} {job}"
                );
            }
            for (instance, job) in refused {
                let checked = writers.check(&writer, Whose { instance, job, ..Whose::default() });
                assert!(checked.is_err(), "{token} {instance} {job}");
            }
        }
        assert_eq!(writers.by_token("agent"), None, "an agent's token is none of a writer");
        assert_eq!(writers.by_token(""), None);
        assert_eq!(writers.nameless(), None);
        let open = RemoteWriters::new([], Entry::Open, [&agent], "mon1");
        let nameless = open.nameless().unwrap();
        let whose = |instance, job| Whose { instance, job, ..Whose::default() };
        assert_eq!(open.check(&nameless, whose("ca2", "node")), Ok(()));
        assert!(open.check(&nameless, whose("ca1", "node")).is_err());
        let pings = |vantage, kind| Whose { vantage, kind, ..whose("example.org", PROBE_JOB) };
        assert_eq!(open.check(&nameless, whose("example.org", PROBE_JOB)), Ok(()));
        assert_eq!(open.check(&nameless, pings("elsewhere", "icmp")), Ok(()));
        assert!(open.check(&nameless, pings("ca1", "icmp")).is_err());
        assert!(open.check(&nameless, pings("europe", BROWSER)).is_err());
    }
}
