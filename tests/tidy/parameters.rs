//! Parameters: one that is a tuple of unlike things, or a bare bool, says nothing where it is given.

use syn::visit::Visit;

use crate::Source;

/// Functions with such parameters, each in a line.
pub fn speechless(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !source.shipped().is_empty()) {
        let tree = syn::parse_file(&source.text).expect("sources that compile");
        let mut reader = Reader { path: &source.path, found: &mut found };
        reader.visit_file(&tree);
    }
    found
}

struct Reader<'r> {
    path: &'r str,
    found: &'r mut Vec<String>,
}

impl Reader<'_> {
    fn look(&mut self, signature: &syn::Signature) {
        for input in &signature.inputs {
            let syn::FnArg::Typed(input) = input else { continue };
            let what = match &*input.ty {
                syn::Type::Tuple(tuple) if is_of_unlike_things(tuple) => "a tuple of unlike things",
                syn::Type::Path(path) if path.path.is_ident("bool") => "a bare bool",
                _ => continue,
            };
            let (path, name) = (self.path, &signature.ident);
            self.found.push(format!("{path}: {name} takes {what}"));
        }
    }
}

/// Two of the same type are a pair: from and to, first and last.
fn is_of_unlike_things(tuple: &syn::TypeTuple) -> bool {
    let mut words = tuple.elems.iter().map(words);
    let first = words.next();
    words.any(|other| Some(other) != first)
}

/// A type in its words.
fn words(of: &syn::Type) -> Vec<String> {
    let mut words = Words(Vec::new());
    words.visit_type(of);
    words.0
}

struct Words(Vec<String>);

impl<'ast> Visit<'ast> for Words {
    fn visit_ident(&mut self, word: &'ast syn::Ident) {
        self.0.push(word.to_string());
    }

    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        self.0.push("&".into());
        self.visit_type(&reference.elem);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let tests = |attribute: &syn::Attribute| {
            matches!(&attribute.meta, syn::Meta::List(list)
                if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
        };
        if !module.attrs.iter().any(tests) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look(&function.sig);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.look(&function.sig);
        syn::visit::visit_impl_item_fn(self, function);
    }

    /// What a trait of others demands cannot be said otherwise.
    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        if block.trait_.is_none() {
            syn::visit::visit_item_impl(self, block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_says_nothing_is_found() {
        let found = |text: &str| {
            speechless(&[Source { path: "agent/src/run.rs".into(), text: text.into() }])
        };
        let tuple = ["agent/src/run.rs: f takes a tuple of unlike things"];
        assert_eq!(found("fn f((a, b): (u8, &str)) {}"), tuple);
        assert_eq!(found("impl A { fn f(&self, a: (u8, &str)) {} }"), tuple);
        assert_eq!(found("fn f(a: bool) {}"), ["agent/src/run.rs: f takes a bare bool"]);
        assert_eq!(found("fn f((from, to): (i64, i64)) {}"), [""; 0]);
        assert_eq!(found("impl From<(u8, i8)> for A { fn from(a: (u8, i8)) -> A { A } }"), [""; 0]);
        assert_eq!(found("#[cfg(test)] mod tests { fn f(a: bool) {} }"), [""; 0]);
    }
}
