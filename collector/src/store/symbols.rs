//! Every text that labels are made of, once.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A text of this store's labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

#[derive(Default)]
pub struct Symbols {
    texts: Vec<Box<str>>,
    places: HashTable<u32>,
}

impl Symbols {
    pub fn find(&self, text: &str) -> Option<Symbol> {
        let same = |place: &u32| *self.texts[*place as usize] == *text;
        self.places.find(xxh3_64(text.as_bytes()), same).copied().map(Symbol)
    }

    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(known) = self.find(text) {
            return known;
        }
        let place = self.texts.len() as u32;
        self.texts.push(text.into());
        let texts = &self.texts;
        let hash = |place: &u32| xxh3_64(texts[*place as usize].as_bytes());
        self.places.insert_unique(xxh3_64(text.as_bytes()), place, hash);
        Symbol(place)
    }

    /// What the texts from a place on take, in bytes.
    pub fn text_bytes(&self, from: usize) -> u64 {
        self.texts[from..].iter().map(|text| text.len() as u64).sum()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.0 as usize]
    }
}
