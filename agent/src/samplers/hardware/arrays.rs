//! Arrays of disks, from /proc/mdstat: how many disks each needs and has, and what is being rebuilt.
//!
//! The file is made for people. What is not understood of an array is not told, and takes no other along.

use std::path::Path;

use headroom_proto::catalogue::{
    NODE_MD_BLOCKS, NODE_MD_BLOCKS_SYNCED, NODE_MD_DISKS, NODE_MD_DISKS_REQUIRED, NODE_MD_STATE,
};

use super::facts::Facts;

/// State as it is told, and the word of it in the line on what is being done.
const WORK: [(&str, &str); 4] = [
    ("recovering", "recovery"),
    ("resync", "resync"),
    ("check", "check"),
    ("recovering", "reshape"),
];

const STATES: [&str; 5] = ["active", "check", "inactive", "recovering", "resync"];

/// One array.
#[derive(Debug, Default, PartialEq)]
struct Array {
    name: String,
    state: &'static str,
    active: u64,
    failed: u64,
    spare: u64,
    down: u64,
    required: u64,
    /// None if the kernel does not say.
    blocks: Option<u64>,
    synced: Option<u64>,
}

pub fn read(root: &Path, facts: &mut Facts) {
    let bytes = std::fs::read(root.join("proc/mdstat")).unwrap_or_default();
    for array in arrays(&String::from_utf8_lossy(&bytes)) {
        array.tell(facts);
    }
}

/// An array is a line `md0 : active raid1 sda1[0] sdb1[1](F)` and the indented ones behind it.
fn arrays(text: &str) -> Vec<Array> {
    let mut arrays = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut about = Vec::new();
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
            about.push(more);
        }
        arrays.extend(array(line, &about));
    }
    arrays
}

fn array(line: &str, about: &[&str]) -> Option<Array> {
    let (name, rest) = line.split_once(" : ")?;
    let mut words = rest.split_ascii_whitespace();
    let active = match words.next()? {
        "active" => true,
        "inactive" => false,
        _ => return None,
    };
    let mut array = Array {
        name: name.trim().to_owned(),
        state: if active { "active" } else { "inactive" },
        failed: rest.matches("(F)").count() as u64,
        spare: rest.matches("(S)").count() as u64,
        ..Array::default()
    };
    let status = about.iter().find(|line| line.contains(" blocks"));
    array.blocks = status.and_then(|line| first_number(line));
    array.synced = array.blocks;
    if active {
        // An array without copies has no marks: all of its disks are needed.
        let disks = rest.matches('[').count() as u64;
        let marks = about.iter().chain([&line]).find_map(|line| marks(line));
        (array.required, array.active, array.down) = marks.unwrap_or((disks, disks, 0));
    }
    let work = about.iter().find_map(|line| {
        let (state, _) = WORK.iter().find(|(_, word)| line.contains(word))?;
        Some((*state, *line))
    });
    if let Some((state, line)) = work {
        array.state = state;
        let waits = line.contains("PENDING") || line.contains("DELAYED");
        array.synced = if waits { Some(0) } else { done(line) };
    }
    Some(array)
}

/// `[3/2] [UU_]`: disks that are needed, that work and that are missing.
fn marks(line: &str) -> Option<(u64, u64, u64)> {
    let (before, marks) = line.trim_end().rsplit_once("] [")?;
    let marks = marks.split(']').next()?;
    marks.bytes().all(|mark| matches!(mark, b'U' | b'_')).then_some(())?;
    let (_, counts) = before.rsplit_once('[')?;
    let (required, active) = counts.split_once('/')?;
    let down = marks.bytes().filter(|mark| *mark == b'_').count() as u64;
    Some((required.trim().parse().ok()?, active.trim().parse().ok()?, down))
}

/// `recovery = 8.5% (16775552/195310144) finish=…`.
fn done(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once('(')?;
    rest.split_once('/')?.0.trim().parse().ok()
}

fn first_number(line: &str) -> Option<u64> {
    line.split_ascii_whitespace().next()?.parse().ok()
}

impl Array {
    fn tell(&self, facts: &mut Facts) {
        let device = ("device", &*self.name);
        for state in STATES {
            let value = if state == self.state { 1.0 } else { 0.0 };
            facts.add(NODE_MD_STATE, &[device, ("state", state)], value);
        }
        for (state, count) in [
            ("active", self.active),
            ("down", self.down),
            ("failed", self.failed),
            ("spare", self.spare),
        ] {
            facts.add(NODE_MD_DISKS, &[device, ("state", state)], count as f64);
        }
        facts.add(NODE_MD_DISKS_REQUIRED, &[device], self.required as f64);
        for (metric, blocks) in
            [(NODE_MD_BLOCKS, self.blocks), (NODE_MD_BLOCKS_SYNCED, self.synced)]
        {
            if let Some(blocks) = blocks {
                facts.add(metric, &[device], blocks as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, state, then required/active down failed spare, and synced of all blocks.
    fn shown(text: &str) -> Vec<String> {
        let show = |array: &Array| {
            let Array { name, state, required, active, down, failed, spare, synced, blocks } =
                array;
            let [synced, blocks] = [synced, blocks]
                .map(|blocks| blocks.map_or_else(|| "-".to_owned(), |blocks| blocks.to_string()));
            format!("{name} {state} {required}/{active} {down} {failed} {spare} {synced}/{blocks}")
        };
        arrays(text).iter().map(show).collect()
    }

    #[test]
    fn arrays_are_told_whole_or_not_and_rebuilt_or_not() {
        for (text, expected) in [
            (
                "md0 : active raid1 sda1[0] sdb1[1]\n      248896 blocks [2/2] [UU]\n      \n",
                "md0 active 2/2 0 0 0 248896/248896",
            ),
            (
                "md1 : active raid1 sda2[0] sdb2[1](F)\n  1000 blocks super 1.2 [2/1] [U_]\n\
                 \x20 bitmap: 1/1 pages [4KB], 65536KB chunk\n\n",
                "md1 active 2/1 1 1 0 1000/1000",
            ),
            (
                "md2 : active raid6 sdb1[2] sdd1[3](S) sda1[0]\n  195310144 blocks level 6, 64k chunk, \
                 algorithm 2 [4/2] [U_U_]\n  [=>....]  recovery =  8.5% (16775552/195310144) finish=17.0min\n",
                "md2 recovering 4/2 2 0 1 16775552/195310144",
            ),
            (
                "md3 : active raid1 sda1[0] sdb1[1]\n  900 blocks [2/2] [UU]\n  \tresync=DELAYED\n",
                "md3 resync 2/2 0 0 0 0/900",
            ),
            (
                "md4 : active (auto-read-only) raid1 sda[0] sdb[1]\n  900 blocks [2/2] [UU]\n\
                 \x20 \tresync=PENDING\n",
                "md4 resync 2/2 0 0 0 0/900",
            ),
            (
                "md5 : active raid0 nvme0n2[1] nvme0n1[0]\n  786169856 blocks super 1.2 1024k chunks\n",
                "md5 active 2/2 0 0 0 786169856/786169856",
            ),
            (
                "md125 : inactive sdc1[29](S) sdb1[27](S)\n      41937920 blocks super 1.2\n",
                "md125 inactive 0/0 0 0 2 41937920/41937920",
            ),
            // All of its disks are gone, and the size with them.
            (
                "md126 : active raid5 super 1.2 level 5, 64k chunk, algorithm 2 [4/0] [____]\n",
                "md126 active 4/0 4 0 0 -/-",
            ),
            (
                "md7 : active raid6 sdb1[0] sde1[3]\n  7 blocks [4/4] [UUUU]\n\
                 \x20 [=>.]  check = 44.6% (3/7) finish=1min\n",
                "md7 check 4/4 0 0 0 3/7",
            ),
            ("Personalities : [raid6] [raid5] [raid4]\nunused devices: <none>\n", ""),
            // Another kernel's file of that name.
            ("sbName=/boot/config/super.dat\nsbVersion=2.9.13\nmdState=STARTED\n", ""),
        ] {
            assert_eq!(shown(text).join("; "), expected, "{text}");
        }
    }

    #[test]
    fn one_array_takes_no_other_along() {
        let text = "Personalities : [raid1]\nmd0 : broken\nmd1 : active raid1 a[0] b[1]\n\
                    \x20     8 blocks [2/x] [UU]\n\nmd2 : active raid1 a[0] b[1]\n  8 blocks [2/2] [UU]\n";
        assert_eq!(shown(text), ["md1 active 2/2 0 0 0 8/8", "md2 active 2/2 0 0 0 8/8"]);
    }
}
