//! What the programs are made of, and under which licences: `headroom licences` prints it.
//!
//! `tests/tidy/licences.rs` holds the list of crates true, and writes it.

/// Each crate that both programs are made of: name, version and licence, one on a line.
const CRATES: &str = include_str!("../licences/crates.txt");

/// The licence of the font in pictures, which must go wherever the font goes.
const FONT: &str = include_str!("../licences/Ubuntu-font-1.0.txt");

/// All of it, for people.
pub fn text() -> String {
    format!(
        "Headroom is free software under the GNU General Public License, version 3 or later.\n\n\
         The font in its pictures is Ubuntu Light 0.83, unchanged.\n\
         Copyright 2011 Canonical Ltd. Licensed under the Ubuntu Font Licence 1.0.\n\
         Ubuntu and Canonical are registered trademarks of Canonical Ltd.\n\n\
         {FONT}\n\
         Crates in headroom and headroom-agent, each with its version and licence:\n\n\
         {CRATES}"
    )
}
