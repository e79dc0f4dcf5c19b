//! `[processes]`: commands that are groups of their own, beside those that are known anyway.

use headroom_proto::configuration::Section;

use crate::samplers::CommandName;

/// The most of them; each is some ten series.
const MAX_COMMANDS: usize = 20;

pub fn build(section: &Section<'_>) -> Vec<CommandName> {
    let commands: Vec<CommandName> = section.list("also").unwrap_or_default();
    if commands.len() > MAX_COMMANDS {
        let rule = format_args!("must be at most {MAX_COMMANDS} commands, not {}", commands.len());
        section.mistake("also", rule.to_string());
    }
    commands
}
