//! What each file names: the paths of its imports and of its code, with what `use` stands for.

use std::collections::HashMap;

use syn::visit::Visit;

use crate::Source;

/// A module: its package's folder, then the names of modules down to it.
pub type Place = Vec<String>;

/// What one file takes from elsewhere.
pub struct File {
    pub path: String,
    pub place: Place,
    /// Names that `use` brought in, and where they come from.
    names: HashMap<String, Place>,
    /// Every path that it names, those of its `use` among them.
    pub paths: Vec<Vec<String>>,
}

/// All files, and where they stand.
pub struct House {
    pub files: Vec<File>,
    places: HashMap<Place, usize>,
}

impl House {
    pub fn of(sources: &[Source]) -> Self {
        let files: Vec<File> = sources.iter().filter_map(File::read).collect();
        let places = files.iter().enumerate().map(|(n, file)| (file.place.clone(), n)).collect();
        Self { files, places }
    }

    /// Every place in its package that a file names.
    pub fn named(&self, file: &File) -> impl Iterator<Item = Place> {
        file.paths.iter().filter_map(|path| self.absolute(file, path))
    }

    /// Where a path leads, if it stays in this package.
    fn absolute(&self, file: &File, path: &[String]) -> Option<Place> {
        let (first, rest) = path.split_first()?;
        let begin = match first.as_str() {
            "crate" => file.place[..1].to_vec(),
            "self" => file.place.clone(),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                let kept = file.place.len().checked_sub(ups).filter(|kept| *kept > 0)?;
                return Some([&file.place[..kept], &path[ups..]].concat());
            }
            name => {
                let child = [&file.place[..], &path[..1]].concat();
                let child = self.places.contains_key(&child).then_some(child);
                file.names.get(name).cloned().or(child)?
            }
        };
        Some([&begin[..], rest].concat())
    }

    /// The file that defines what stands at a place: the deepest module on the way, or whence that
    /// module has the name itself.
    pub fn definer(&self, place: &[String]) -> Option<usize> {
        let mut place = place.to_vec();
        // Re-exports of re-exports are followed, but not for ever.
        for _ in 0..8 {
            let depth = (1..=place.len()).rev().find(|n| self.places.contains_key(&place[..*n]))?;
            let file = self.places[&place[..depth]];
            let handed_on = place.get(depth).and_then(|name| self.files[file].names.get(name));
            match handed_on {
                Some(origin) => place = [&origin[..], &place[depth + 1..]].concat(),
                None => return Some(file),
            }
        }
        None
    }
}

impl File {
    fn read(source: &Source) -> Option<Self> {
        let (package, inside) = source.path.split_once("/src/")?;
        let stem = inside.strip_suffix(".rs").filter(|stem| *stem != "main")?;
        let names = stem.split('/').filter(|name| *name != "lib").map(str::to_owned);
        let place: Place = std::iter::once(package.to_owned()).chain(names).collect();
        if source.shipped().is_empty() {
            return None;
        }
        let tree = syn::parse_file(&source.text).expect("sources that compile");
        let mut reader = Reader { place: &place, names: HashMap::new(), paths: Vec::new() };
        reader.visit_file(&tree);
        let Reader { names, paths, .. } = reader;
        Some(Self { path: source.path.clone(), place, names, paths })
    }
}

struct Reader<'p> {
    place: &'p Place,
    names: HashMap<String, Place>,
    paths: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn take(&mut self, tree: &syn::UseTree, mut path: Vec<String>) {
        match tree {
            syn::UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.take(&inner.tree, path);
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                let own = path.last().cloned().unwrap_or_default();
                self.bring(own, path);
            }
            syn::UseTree::Name(name) => {
                path.push(name.ident.to_string());
                self.bring(name.ident.to_string(), path);
            }
            syn::UseTree::Rename(rename) => {
                path.push(rename.ident.to_string());
                self.bring(rename.rename.to_string(), path);
            }
            syn::UseTree::Glob(_) => self.paths.push(path),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.take(item, path.clone());
                }
            }
        }
    }

    fn bring(&mut self, name: String, path: Vec<String>) {
        let within = |kept: usize, rest: &[String]| [&self.place[..kept], rest].concat();
        let ups = path.iter().take_while(|name| *name == "super").count();
        let place = match path.first().map(String::as_str) {
            Some("crate") => Some(within(1, &path[1..])),
            Some("self") => Some(within(self.place.len(), &path[1..])),
            Some("super") => {
                self.place.len().checked_sub(ups).map(|kept| within(kept, &path[ups..]))
            }
            _ => None,
        };
        if let Some(place) = place {
            self.names.insert(name, place);
        }
        self.paths.push(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let tests = |attribute: &syn::Attribute| {
            matches!(&attribute.meta, syn::Meta::List(list)
                if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
        };
        let attributes = match item {
            syn::Item::Mod(module) => &module.attrs[..],
            syn::Item::Use(import) => &import.attrs[..],
            syn::Item::Fn(function) => &function.attrs[..],
            syn::Item::Impl(block) => &block.attrs[..],
            _ => &[],
        };
        if !attributes.iter().any(tests) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.take(&import.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }
}
