//! Who may write by remote write: `[[writers]]` with a name, a token's hash, instances and jobs.

use std::collections::HashSet;

use headroom_proto::configuration::Section;

use super::agents::{INSTANCE_RULE, is_instance};
use crate::identity::{
    Agent, EVERY_JOB, Instances, Jobs, RemoteWriter, TokenHash, WriterToken, is_reserved,
};

pub fn build(sections: &[Section<'_>], agents: &[Agent]) -> Vec<WriterToken> {
    let mut names = HashSet::new();
    let mut tokens: HashSet<TokenHash> = agents.iter().map(|agent| agent.token).collect();
    let mut writers = Vec::new();
    for section in sections {
        let name: Option<String> = section.required("name");
        let token: Option<TokenHash> = section.required("token_sha256");
        if let Some(name) = &name {
            if !is_instance(name) {
                section.mistake("name", INSTANCE_RULE);
            }
            if !names.insert(name.clone()) {
                section.mistake("name", "stands twice; each writer has its own");
            }
        }
        if token.is_some_and(|token| !tokens.insert(token)) {
            section.mistake("token_sha256", "stands twice; each writer and agent has its own");
        }
        let instances = build_instances(section);
        let jobs = build_jobs(section);
        let (Some(instances), Some(jobs)) = (instances, jobs) else { continue };
        check_reserved(section, &instances, &jobs, agents);
        if let (Some(name), Some(token)) = (name, token) {
            let writer = RemoteWriter { name: name.into(), instances, jobs };
            writers.push(WriterToken { token, writer });
        }
    }
    writers
}

fn build_instances(section: &Section<'_>) -> Option<Instances> {
    let prefix: Option<String> = section.value("instance_prefix");
    let named: Option<Vec<String>> = section.list("instances");
    if section.has("instances") && section.has("instance_prefix") {
        section.mistake("instance_prefix", "stands beside instances; one of them says it all");
    }
    if !section.has("instances") && !section.has("instance_prefix") {
        section.mistake(
            "instances",
            "is missing: name the instances it may write, or their beginning as instance_prefix \
             (\"\" for all)",
        );
    }
    let named = named.map(|names| Instances::Named(names.into_iter().collect()));
    named.or(prefix.map(Instances::Prefix))
}

fn build_jobs(section: &Section<'_>) -> Option<Jobs> {
    if !section.has("jobs") {
        section.mistake("jobs", "is missing: name the jobs it may write, or [\"*\"] for all");
    }
    let names: HashSet<String> = section.list("jobs")?.into_iter().collect();
    Some(if names.contains(EVERY_JOB) { Jobs::Every } else { Jobs::Named(names) })
}

/// What a token names and never gives would be found out much later.
fn check_reserved(section: &Section<'_>, instances: &Instances, jobs: &Jobs, agents: &[Agent]) {
    let (Instances::Named(instances), Jobs::Named(jobs)) = (instances, jobs) else { return };
    let of_agent = agents.iter().find(|agent| instances.contains(&*agent.instance));
    let reserved = jobs.iter().filter(|job| is_reserved(job)).min();
    if let (Some(agent), Some(job)) = (of_agent, reserved) {
        let instance = &agent.instance;
        section.mistake(
            "jobs",
            format_args!("must not name {job:?} for instance {instance:?}, whose agent has it"),
        );
    }
}
