//! What strangers, broken disks and wrong clocks do to the release programs, as a table: each attack,
//! what must hold, and what happened.

mod connections;
mod ground;
mod memory;
mod promises;
mod questions;
mod small;
mod stored;
mod writers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use anyhow::ensure;

use self::ground::{Attack, Finding};
use crate::table;

/// All attacks, by the part of a collector or an agent that they are made on.
const PARTS: [(&str, &[Attack]); 7] = [
    ("questions", questions::ATTACKS),
    ("memory", memory::ATTACKS),
    ("stored data", stored::ATTACKS),
    ("writers", writers::ATTACKS),
    ("promises", promises::ATTACKS),
    ("connections", connections::ATTACKS),
    ("small", small::ATTACKS),
];

/// `HEADROOM_ATTACK=WORDS` makes those only whose part or description has these words.
pub fn compare() -> anyhow::Result<()> {
    let wanted = std::env::var("HEADROOM_ATTACK").unwrap_or_default();
    let mut rows = Vec::new();
    let mut red = 0;
    for (part, attacks) in PARTS {
        let is_wanted = |attack: &&Attack| part.contains(&wanted) || attack.what.contains(&wanted);
        for attack in attacks.iter().filter(is_wanted) {
            let start = Instant::now();
            let Finding { holds, happened } = made(attack);
            let seconds = start.elapsed().as_secs();
            let result = if holds { "holds" } else { "RED" };
            println!("{result}: {part}: {} ({seconds} s): {happened}", attack.what);
            red += u32::from(!holds);
            let cells = [part, attack.what, attack.must, &happened, result];
            rows.push(cells.map(str::to_owned).to_vec());
        }
    }
    println!();
    table::print(&["part", "attack", "what must hold", "what happened", ""], &rows);
    ensure!(red == 0, "{red} of {} attacks do not hold", rows.len());
    Ok(())
}

/// An attack that cannot be made to its end does not hold.
fn made(attack: &Attack) -> Finding {
    match catch_unwind(AssertUnwindSafe(attack.run)) {
        Ok(Ok(finding)) => finding,
        Ok(Err(error)) => Finding::of(false, format!("{error:#}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
            Finding::of(false, text.lines().next().unwrap_or_default())
        }
    }
}
